"""The judge of token logins: the checks of CockroachDB 25.2 in its order, with its words.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go. Whether the user exists and may log
in at all is checked before, by whoever asks for the token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dev.emulator.go_error import GoError
from dev.emulator.go_text import sprint_strings
from dev.emulator.identity_map import parse_identity_map
from dev.emulator.keys import parse_jwks
from dev.emulator.lists import audience_list, issuer_list
from dev.emulator.sqlerror import SqlError
from dev.emulator.tokens import read_unverified, verify
from dev.emulator.usernames import may_not_use_jwt, normalise

if TYPE_CHECKING:
    from dev.emulator.claims import Claims

REFUSED = "28000"


@dataclass(frozen=True, slots=True)
class JwtSettings:
    """The cluster settings that decide a token login; each text has passed its validator.

    Attributes:
        enabled: `server.jwt_authentication.enabled`.
        jwks: `server.jwt_authentication.jwks`, JSON.
        issuers: `server.jwt_authentication.issuers.configuration`.
        audience: `server.jwt_authentication.audience`.
        claim: `server.jwt_authentication.claim`; empty means `sub`.
        identity_map: `server.identity_map.configuration`.
    """

    enabled: bool
    jwks: str = field(repr=False)
    issuers: str
    audience: str
    claim: str
    identity_map: str


def judge(settings: JwtSettings, token: str, user: str, now: float) -> None:
    """Let a token in as a user, or say why not.

    Args:
        settings: What the cluster accepts.
        token: The password the client sent; not empty.
        user: The SQL user to log in as; it exists and has LOGIN.
        now: Seconds since 1970.

    Raises:
        SqlError: The first check that fails, SQLSTATE 28000.
    """
    user = normalise(user)
    said = accepted_claims(settings, token)
    try:
        verified = verify(token, parse_jwks(settings.jwks), now)
    except GoError as exc:
        raise _refusal("invalid token", f"unable to parse token: {exc}") from exc
    _check_principal(settings, said, user)
    if may_not_use_jwt(user):
        detail = f"cannot use JWT auth to login to a reserved user {user}"
        raise _refusal("invalid identity", detail)
    if not set(verified.audience) & set(audience_list(settings.audience)):
        shown = sprint_strings(verified.audience)
        raise _refusal("invalid audience", f"token issued with an audience of {shown}")


def accepted_claims(settings: JwtSettings, token: str) -> Claims:
    """Return what a token of an accepted issuer says, without believing it.

    Raises:
        SqlError: Token logins are off, the token can't be read, or its issuer is not listed.
    """
    if not settings.enabled:
        raise _refusal("not enabled")
    try:
        said = read_unverified(token)
    except GoError as exc:
        raise _refusal("invalid token", f"token parsing failed: {exc}") from exc
    if said.issuer not in issuer_list(settings.issuers):
        raise _refusal("invalid issuer", f"token issued by {said.issuer}")
    return said


def unverifiable() -> SqlError:
    """Return the refusal of a token whose keys can't be had: the client is not told why."""
    return _refusal("unable to validate token")


def _check_principal(settings: JwtSettings, claims: Claims, user: str) -> None:
    """Check that the claim, through the identity map, names the user."""
    principals = claims.principals(settings.claim)
    if principals is None:
        detail = f"token does not contain a claim for {settings.claim}"
        raise _refusal("missing claim", detail)
    identity_map = parse_identity_map(settings.identity_map)
    accepted = [name for one in principals for name in identity_map.users(claims.issuer, one)]
    shown = sprint_strings(principals)
    if not accepted:
        detail = f"the value {shown} for the issuer {claims.issuer} is invalid"
        raise _refusal("invalid principal", detail)
    if user not in accepted:
        detail = f"token issued for {shown} and login was for {user}"
        raise _refusal("invalid principal", detail)


def _refusal(reason: str, detail: str | None = None) -> SqlError:
    return SqlError(f"JWT authentication: {reason}", sqlstate=REFUSED, detail=detail)
