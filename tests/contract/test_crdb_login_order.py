"""What a refused token is told, and which reason wins when there are several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.rows import holds, says
from tests.contract.tokens import token
from tests.contract.wire import CLEARTEXT_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.keeper import Users
    from tests.contract.sso import Sso
    from tests.contract.wire import Answer

pytestmark = holds(since="24.3", before="25.4")

PREFIX = "JWT authentication: "


@dataclass(slots=True)
class Attempt:
    """One login, good in every way until something is spoilt."""

    sso: Sso
    users: Users
    user: str
    settings: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    signer: str = "rsa"
    password: str | None = None

    def made(self, cluster: Cluster) -> Answer:
        """Write the settings, sign the token under the trusted key's kid, and try it."""
        self.sso.trust(**self.settings)
        if self.password is None:
            header = {"kid": self.sso.keys["rsa"].kid}
            claims = self.sso.claims(**{"sub": self.user, **self.claims})
            self.password = token(self.sso.keys[self.signer], claims, header)
        return cluster.knock(self.user, self.password)


def no_such_user(attempt: Attempt) -> None:
    attempt.user = attempt.users.name()


def no_login(attempt: Attempt) -> None:
    attempt.user = attempt.users.create("NOLOGIN")


def empty(attempt: Attempt) -> None:
    attempt.password = ""


def disabled(attempt: Attempt) -> None:
    attempt.settings["enabled"] = False


def malformed(attempt: Attempt) -> None:
    attempt.password = "abc"


def unreadable(attempt: Attempt) -> None:
    attempt.claims["jti"] = 5  # a jti that is no string: the claims do not parse


def foreign_issuer(attempt: Attempt) -> None:
    attempt.claims["iss"] = "https://elsewhere.example"


def bad_signature(attempt: Attempt) -> None:
    attempt.signer = "other rsa"


def expired(attempt: Attempt) -> None:
    attempt.claims["exp"] = int(attempt.sso.cluster.now_s()) - 30


def not_yet_issued(attempt: Attempt) -> None:
    attempt.claims["iat"] = int(attempt.sso.cluster.now_s()) + 300


def not_yet_valid(attempt: Attempt) -> None:
    attempt.claims["nbf"] = int(attempt.sso.cluster.now_s()) + 300


def no_claim(attempt: Attempt) -> None:
    attempt.settings["claim"] = "email"


def unmapped(attempt: Attempt) -> None:
    attempt.settings["identity_map"] = f"{attempt.sso.issuer} nobody somebody"


def other_subject(attempt: Attempt) -> None:
    attempt.claims["sub"] = "Someone-Else"


def root(attempt: Attempt) -> None:
    attempt.user = "root"


def other_audience(attempt: Attempt) -> None:
    attempt.claims["aud"] = ["x", "y"]


NO_USER = ("28P01", "password authentication failed for user USER", "")
NO_LOGIN = ("28000", "USER does not have login privilege", "")
NOT_ENABLED = ("28000", f"{PREFIX}not enabled", "")
UNPARSED = ("28000", f"{PREFIX}invalid token", "token parsing failed: .+")
ISSUER = ("28000", f"{PREFIX}invalid issuer", "token issued by https://elsewhere.example")
INVALID = ("28000", f"{PREFIX}invalid token", "unable to parse token: .+")
NO_CLAIM = ("28000", f"{PREFIX}missing claim", "token does not contain a claim for email")
NO_MAPPING = (
    "28000",
    f"{PREFIX}invalid principal",
    "the value [USER] for the issuer ISS is invalid",
)
PRINCIPAL = (
    "28000",
    f"{PREFIX}invalid principal",
    "token issued for [Someone-Else] and login was for USER",
)
RESERVED = (
    "28000",
    f"{PREFIX}invalid identity",
    "cannot use JWT auth to login to a reserved user root",
)
AUDIENCE = ("28000", f"{PREFIX}invalid audience", "token issued with an audience of [x y]")
LIBRARY_WORDS = (UNPARSED, INVALID)


def _row(expected: tuple[str, str, str], *spoilt: Callable[[Attempt], None]) -> Any:
    return pytest.param(spoilt, expected, id=" and ".join(f.__name__ for f in spoilt))


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        # each reason alone
        _row(NO_USER, no_such_user),
        _row(NO_LOGIN, no_login),
        _row(NO_USER, empty),
        _row(NOT_ENABLED, disabled),
        _row(UNPARSED, malformed),
        _row(UNPARSED, unreadable),
        _row(ISSUER, foreign_issuer),
        _row(INVALID, bad_signature),
        _row(INVALID, not_yet_issued),
        _row(INVALID, expired),
        _row(INVALID, not_yet_valid),
        _row(NO_CLAIM, no_claim),
        _row(NO_MAPPING, unmapped),
        _row(PRINCIPAL, other_subject),
        _row(RESERVED, root),
        _row(AUDIENCE, other_audience),
        # the earlier of two reasons wins
        _row(NO_USER, no_such_user, empty),
        _row(NO_USER, no_such_user, disabled),
        _row(NO_USER, no_such_user, malformed),
        _row(NO_LOGIN, no_login, empty),
        _row(NO_LOGIN, no_login, disabled),
        _row(NO_LOGIN, no_login, malformed),
        _row(NO_USER, empty, disabled),
        _row(NOT_ENABLED, disabled, malformed),
        _row(NOT_ENABLED, disabled, foreign_issuer),
        _row(UNPARSED, unreadable, foreign_issuer),
        _row(UNPARSED, unreadable, bad_signature),
        _row(UNPARSED, unreadable, expired),
        _row(ISSUER, foreign_issuer, bad_signature),
        _row(ISSUER, foreign_issuer, expired),
        _row(ISSUER, foreign_issuer, other_audience),
        _row(INVALID, bad_signature, no_claim),
        _row(INVALID, expired, no_claim),
        _row(INVALID, expired, unmapped),
        _row(INVALID, expired, other_audience),
        _row(NO_CLAIM, no_claim, unmapped),
        _row(NO_CLAIM, no_claim, other_audience),
        _row(NO_MAPPING, unmapped, other_audience),
        _row(NO_MAPPING, unmapped, root),
        _row(PRINCIPAL, other_subject, root),
        _row(PRINCIPAL, other_subject, other_audience),
        _row(RESERVED, root, other_audience),
        _row(ISSUER, foreign_issuer, bad_signature, expired, no_claim, other_audience),
    ],
)
def test_the_first_failing_check_names_the_reason(
    cluster: Cluster,
    sso: Sso,
    users: Users,
    spoilt: tuple[Callable[[Attempt], None], ...],
    expected: tuple[str, str, str],
) -> None:
    attempt = Attempt(sso, users, sso.person)
    for spoil in spoilt:
        spoil(attempt)
    answer = attempt.made(cluster)
    sqlstate, message, detail = (
        text.replace("USER", attempt.user).replace("ISS", sso.issuer) for text in expected
    )
    assert (answer.sqlstate, answer.message) == (sqlstate, message)
    if expected in LIBRARY_WORDS:
        assert says(detail, answer.detail)
    else:
        assert (answer.detail or "") == detail
    assert answer.asked == (None if {no_such_user, no_login} & set(spoilt) else CLEARTEXT_PASSWORD)
    assert (answer.severity, answer.hint, answer.closed) == ("ERROR", None, True)


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


def test_a_login_that_was_shut_can_be_opened_again(
    cluster: Cluster, sso: Sso, users: Users
) -> None:
    sso.trust()
    user = users.create()
    shut = f"{user} does not have login privilege"
    users.db.execute(f"ALTER USER {user} NOLOGIN")
    assert cluster.verdict(user, sso.token(sub=user)) == shut
    users.db.execute(f"ALTER USER {user} LOGIN")
    assert cluster.verdict(user, sso.token(sub=user)) == "admitted"


def test_a_role_is_no_login(cluster: Cluster, sso: Sso, users: Users) -> None:
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
