"""Users that a token makes at its first login."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds, refusal, says
from tests.contract.setting_names import OWN_PASSWORD, PROVISIONING
from tests.contract.spoilt_logins import (
    AUDIENCE,
    INVALID,
    ISSUER,
    NO_CLAIM,
    PRINCIPAL,
    UNPARSED,
    Attempt,
    bad_signature,
    expired,
    foreign_issuer,
    malformed,
    no_claim,
    no_such_user,
    other_audience,
    other_subject,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = [every_version, holds(since="25.4")]

WRAPPED = "JWT provisioning: .+"


def attempt_of_nobody(sso: Sso, users: Users, *spoilt: Callable[[Attempt], None]) -> Attempt:
    """Return a spoilt login of a user that is not there."""
    attempt = Attempt(sso, users, sso.person)
    for spoil in (no_such_user, *spoilt):
        spoil(attempt)
    return attempt


def options_of(users: Users, user: str) -> list[str] | None:
    """Return the role options of a user; None if there is no such user."""
    asked = "SELECT options FROM [SHOW USERS] WHERE username = %s"
    row = users.db.execute(asked, [user]).fetchone()
    return None if row is None else list(row[0])


def test_by_default_a_token_makes_no_user(cluster: Cluster, sso: Sso, users: Users) -> None:
    user = users.name()
    sso.trust()
    assert (
        cluster.verdict(user, sso.token(sub=user))
        == f"password authentication failed for user {user}"
    )
    assert options_of(users, user) is None


def test_a_token_may_make_its_user_who_is_marked_with_the_issuer(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    user = users.name()
    sso.trust()
    sso.settings.put(PROVISIONING, value=True)
    assert cluster.verdict(user, sso.token(sub=user)) == ADMITTED
    assert options_of(users, user) == [f"PROVISIONSRC=jwt_token:{sso.issuer}"]
    assert cluster.verdict(user, sso.token(sub=user)) == ADMITTED


def test_the_user_is_the_one_that_the_identity_map_names(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    user = users.name()
    sso.trust(identity_map=f"{sso.issuer} service-1 {user}")
    sso.settings.put(PROVISIONING, value=True)
    assert cluster.verdict(user, sso.token(sub="service-1")) == ADMITTED
    assert options_of(users, user) == [f"PROVISIONSRC=jwt_token:{sso.issuer}"]


def test_an_existing_user_is_left_alone(cluster: Cluster, sso: Sso, users: Users) -> None:
    user = users.create("CREATEDB")
    sso.trust()
    sso.settings.put(PROVISIONING, value=True)
    assert cluster.verdict(user, sso.token(sub=user)) == ADMITTED
    assert options_of(users, user) == ["CREATEDB"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(expired, "JWT authentication: invalid token"), (other_audience, AUDIENCE[1])],
)
def test_a_token_that_may_not_log_in_yet_makes_its_user_if_issuer_and_signature_are_right(
    cluster: Cluster, sso: Sso, users: Users, spoil: Callable[[Attempt], None], message: str
) -> None:
    attempt = attempt_of_nobody(sso, users, spoil)
    assert attempt.made(cluster).message != message
    sso.settings.put(PROVISIONING, value=True)
    assert cluster.knock(attempt.user, attempt.password or "").message == message
    assert options_of(users, attempt.user) == [f"PROVISIONSRC=jwt_token:{sso.issuer}"]


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        pytest.param([foreign_issuer], f"{ISSUER[1]}|{WRAPPED}", id="issuer"),
        pytest.param([bad_signature], f"{INVALID[1]}|{WRAPPED}", id="signature"),
        pytest.param([bad_signature, foreign_issuer], f"{ISSUER[1]}|{WRAPPED}", id="issuer first"),
        pytest.param([other_subject], PRINCIPAL[1], id="principal"),
        pytest.param([other_subject, bad_signature], PRINCIPAL[1], id="principal before signature"),
        pytest.param([no_claim, foreign_issuer], NO_CLAIM[1], id="claim before issuer"),
        pytest.param([malformed], UNPARSED[1], id="form"),
    ],
)
def test_other_tokens_make_no_user(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: list[Callable[[Attempt], None]],
    told: str,
) -> None:
    """How 25.4 wraps what it finds while it makes a user is open."""
    attempt = attempt_of_nobody(sso, users, *spoilt)
    attempt.made(cluster)
    sso.settings.put(PROVISIONING, value=True)
    answer = cluster.knock(attempt.user, attempt.password or "")
    assert says(told, answer.message), answer.message
    assert options_of(users, attempt.user) is None


def test_provisioning_changes_nothing_for_a_user_that_may_not_log_in(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    user = users.create("NOLOGIN")
    sso.trust()
    sso.settings.put(PROVISIONING, value=True)
    shut = f"{user} does not have login privilege"
    assert cluster.verdict(user, sso.token(sub=user, iss="https://elsewhere.example")) == shut


def test_a_token_without_an_issuer_makes_no_user(cluster: Cluster, sso: Sso, users: Users) -> None:
    user = users.name()
    sso.trust(issuers="")
    sso.settings.put(PROVISIONING, value=True)
    answer = cluster.knock(user, sso.token(sub=user, iss=None))
    assert says("JWT provisioning: .+", answer.message), answer.message
    assert options_of(users, user) is None


# What such a user is: #149463, docs (restrictions of provisioned users), which have the text. That
# an admin may not alter the option of other users either is inferred.

ISSUER_MARK = "PROVISIONSRC=jwt_token:https://idp.example.com"
FIXED = "cannot alter PASSWORD/PROVISIONSRC option for provisioned user {}"


@pytest.mark.parametrize(
    ("made_with", "text"),
    [
        pytest.param(
            "PROVISIONSRC 'jwt_token:https://idp.example.com'", "{}", id="one that has it"
        ),
        pytest.param("", None, id="one that has not (inferred)"),
    ],
)
def test_the_mark_cannot_be_changed(users: Users, made_with: str, text: str | None) -> None:
    user = users.create(made_with)
    before = options_of(users, user)
    for value in ("'jwt_token:https://other.example.com'", "NULL"):
        said = refusal(users.db, f"ALTER USER {user} PROVISIONSRC {value}").message_primary
        assert text is None or said == FIXED.format(user)
    assert options_of(users, user) == before


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_user_with_the_mark_does_not_change_its_own_password(
    cluster: Cluster, settings: Settings, users: Users, *, is_allowed: bool
) -> None:
    password = secrets.token_urlsafe(12)
    mark = "PROVISIONSRC 'jwt_token:https://idp.example.com'"
    user = users.create(f"WITH PASSWORD '{password}' {mark}")
    settings.put(OWN_PASSWORD, is_allowed)
    with cluster.connect(user, password) as session:
        refusal(session, f"ALTER USER {user} WITH PASSWORD 'another-{password}'")
    cluster.connect(user, password).close()
    assert options_of(users, user) == [ISSUER_MARK]
