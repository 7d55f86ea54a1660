"""The refusals of tokens, and which reason wins when there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import every_version, holds, says
from tests.contract.raw_login import CLEARTEXT_PASSWORD
from tests.contract.spoilt_logins import (
    AUDIENCE,
    INVALID,
    ISSUER,
    LIBRARY_WORDS,
    NO_CLAIM,
    NO_LOGIN,
    NO_MAPPING,
    NO_USER,
    NOT_ENABLED,
    PRINCIPAL,
    RESERVED,
    UNPARSED,
    Attempt,
    bad_signature,
    disabled,
    empty,
    expired,
    foreign_issuer,
    garbled,
    malformed,
    no_claim,
    no_login,
    no_such_user,
    not_yet_issued,
    not_yet_valid,
    other_audience,
    other_subject,
    root,
    row,
    told,
    unmapped,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.spoilt_logins import Told
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = every_version


@holds(since="24.1.1", before="25.4")
@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        # each reason alone
        row(NO_USER, no_such_user),
        row(NO_LOGIN, no_login),
        row(NO_USER, empty),
        row(NOT_ENABLED, disabled),
        row(UNPARSED, malformed),
        row(UNPARSED, garbled),
        row(UNPARSED, unreadable),
        row(ISSUER, foreign_issuer),
        row(INVALID, bad_signature),
        row(INVALID, not_yet_issued),
        row(INVALID, expired),
        row(INVALID, not_yet_valid),
        row(NO_CLAIM, no_claim),
        row(NO_MAPPING, unmapped),
        row(PRINCIPAL, other_subject),
        row(RESERVED, root),
        row(AUDIENCE, other_audience),
        # the earlier of two reasons wins
        row(NO_USER, no_such_user, empty),
        row(NO_USER, no_such_user, disabled),
        row(NO_USER, no_such_user, malformed),
        row(NO_LOGIN, no_login, empty),
        row(NO_LOGIN, no_login, disabled),
        row(NO_LOGIN, no_login, malformed),
        row(NO_USER, empty, disabled),
        row(NOT_ENABLED, disabled, malformed),
        row(NOT_ENABLED, disabled, foreign_issuer),
        row(UNPARSED, unreadable, foreign_issuer),
        row(UNPARSED, unreadable, bad_signature),
        row(UNPARSED, unreadable, expired),
        row(ISSUER, foreign_issuer, bad_signature),
        row(ISSUER, foreign_issuer, expired),
        row(ISSUER, foreign_issuer, other_audience),
        row(INVALID, bad_signature, no_claim),
        row(INVALID, expired, no_claim),
        row(INVALID, expired, unmapped),
        row(INVALID, expired, other_audience),
        row(NO_CLAIM, no_claim, unmapped),
        row(NO_CLAIM, no_claim, other_audience),
        row(NO_MAPPING, unmapped, other_audience),
        row(NO_MAPPING, unmapped, root),
        row(PRINCIPAL, other_subject, root),
        row(PRINCIPAL, other_subject, other_audience),
        row(RESERVED, root, other_audience),
        row(ISSUER, foreign_issuer, bad_signature, expired, no_claim, other_audience),
    ],
)
def test_the_first_failing_check_names_the_reason(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: tuple[Callable[[Attempt], None], ...],
    expected: Told,
) -> None:
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    answer = attempt.made(cluster)
    sqlstate, message, detail = told(expected, attempt)
    assert (answer.sqlstate, answer.message) == (sqlstate, message)
    if expected in LIBRARY_WORDS:
        assert says(detail, answer.detail)
    else:
        assert (answer.detail or "") == detail
    assert answer.asked == (None if {no_such_user, no_login} & set(spoilt) else CLEARTEXT_PASSWORD)
    assert (answer.severity, answer.hint, answer.closed) == ("ERROR", None, True)


@holds(since="24.1.1")
@pytest.mark.parametrize(
    ("spoilt", "named"),
    [
        pytest.param([expired], "exp", id="exp"),
        pytest.param([not_yet_issued], "iat", id="iat"),
        pytest.param([not_yet_valid], "nbf", id="nbf"),
        pytest.param([not_yet_issued, expired], "iat", id="iat before exp"),
        pytest.param([expired, not_yet_valid], "exp", id="exp before nbf"),
        pytest.param([not_yet_issued, not_yet_valid], "iat", id="iat before nbf"),
    ],
)
def test_the_detail_names_the_time_that_is_wrong(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: list[Callable[[Attempt], None]],
    named: str,
) -> None:
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    detail = attempt.made(cluster).detail
    assert says(f'unable to parse token: .*"?{named}"? not satisfied.*', detail), detail


@pytest.mark.parametrize(
    ("identity_map", "sub"),
    [
        pytest.param("ISS SUB root", "service-1", id="mapped to root"),
        pytest.param("ISS /^.*$ root", "service-1", id="everybody mapped to root"),
        pytest.param("", "root", id="a subject called root"),
        pytest.param("", "ROOT", id="a subject called ROOT"),
    ],
)
def test_nobody_becomes_root(cluster: Cluster, sso: Sso, identity_map: str, sub: str) -> None:
    sso.trust(identity_map=identity_map.replace("ISS", sso.issuer).replace("SUB", sub))
    answer = cluster.knock("root", sso.token(sub=sub))
    assert (answer.message, answer.detail) == RESERVED[1:]


def test_alter_user_login_lets_a_user_in_again(cluster: Cluster, sso: Sso, users: Users) -> None:
    sso.trust()
    user = users.create()
    shut = f"{user} does not have login privilege"
    users.db.execute(f"ALTER USER {user} NOLOGIN")
    assert cluster.verdict(user, sso.token(sub=user)) == shut
    users.db.execute(f"ALTER USER {user} LOGIN")
    assert cluster.verdict(user, sso.token(sub=user)) == "admitted"


def test_a_role_may_not_log_in(cluster: Cluster, sso: Sso, users: Users) -> None:
    sso.trust()
    role = users.create(kind="ROLE")
    verdict = cluster.verdict(role, sso.token(sub=role))
    assert verdict == f"{role} does not have login privilege"


def test_a_dropped_user_is_out_at_once(cluster: Cluster, sso: Sso, users: Users) -> None:
    sso.trust()
    user = users.create()
    assert cluster.verdict(user, sso.token(sub=user)) == "admitted"
    users.db.execute(f"DROP USER {user}")
    verdict = cluster.verdict(user, sso.token(sub=user))
    assert verdict == f"password authentication failed for user {user}"
