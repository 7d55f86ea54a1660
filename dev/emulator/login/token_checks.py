"""The judge of token logins: the checks of CockroachDB since 24.1 in their order and words.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go. Whether the user exists and may log
in at all is checked before, in by_token.py. Up to 23.1, and from 25.4 on before the user is looked
up: token_check_orders.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.go.text import sprint_strings
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.jose.pointers import is_pointer
from dev.emulator.jose.tokens import read_unverified, verify
from dev.emulator.setting_texts.identity_map import parse_identity_map
from dev.emulator.setting_texts.issuers_and_audiences import audience_list, issuer_list
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import may_not_use_jwt, normalise

if TYPE_CHECKING:
    from dev.emulator.jose.claims import Claims

REFUSED = "28000"


@dataclass(frozen=True, slots=True)
class JwtSettings:
    """The cluster settings that decide a token login; each text has passed its validator.

    Attributes:
        enabled: `server.jwt_authentication.enabled`.
        jwks: `server.jwt_authentication.jwks`, JSON.
        issuers: `server.jwt_authentication.issuers`, by whatever name.
        audience: `server.jwt_authentication.audience`.
        claim: `server.jwt_authentication.claim`; empty means `sub`.
        identity_map: `server.identity_map.configuration`.
        reads_issuer_map: Whether this version reads `issuers` as 24.2.1 and later do.
        reads_pointers: Whether `claim` may be a JSON Pointer.
        infers_algorithm: Whether a key without `alg` verifies anything, as it does from 23.1 on.
        folds_identities: Whether this version reads `identity_map` as 26.1 and later do.
    """

    enabled: bool
    jwks: str = field(repr=False)
    issuers: str
    audience: str
    claim: str
    identity_map: str
    reads_issuer_map: bool = True
    reads_pointers: bool = False
    infers_algorithm: bool = True
    folds_identities: bool = False

    def accepted_issuers(self) -> list[str]:
        """Return the issuers whose tokens are accepted."""
        return issuer_list(self.issuers) if self.reads_issuer_map else audience_list(self.issuers)


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
        raise unparsed(exc) from exc
    check_principal(settings, said, user)
    check_user_and_audience(settings, verified, user)


def check_enabled(settings: JwtSettings) -> None:
    """Check that tokens are accepted at all.

    Raises:
        SqlError: They are not.
    """
    if not settings.enabled:
        raise refusal("not enabled")


def check_issuer(settings: JwtSettings, claims: Claims) -> None:
    """Check that a token comes from an accepted issuer.

    Raises:
        SqlError: It does not.
    """
    if claims.issuer not in settings.accepted_issuers():
        raise refusal("invalid issuer", f"token issued by {claims.issuer}")


def check_user_and_audience(settings: JwtSettings, claims: Claims, user: str) -> None:
    """Check that the user may use tokens, and that the token is meant for this cluster.

    Raises:
        SqlError: One of these does not hold.
    """
    if may_not_use_jwt(user):
        detail = f"cannot use JWT auth to login to a reserved user {user}"
        raise refusal("invalid identity", detail)
    if not set(claims.audience) & set(audience_list(settings.audience)):
        shown = sprint_strings(claims.audience)
        raise refusal("invalid audience", f"token issued with an audience of {shown}")


def readable_claims(settings: JwtSettings, token: str) -> Claims:
    """Return what a token says, without believing it.

    Raises:
        SqlError: Token logins are off, or the token can't be read.
    """
    check_enabled(settings)
    try:
        return read_unverified(token)
    except GoError as exc:
        raise refusal("invalid token", f"token parsing failed: {exc}") from exc


def accepted_claims(settings: JwtSettings, token: str) -> Claims:
    """Return what a token of an accepted issuer says, without believing it.

    Raises:
        SqlError: Token logins are off, the token can't be read, or its issuer is not listed.
    """
    said = readable_claims(settings, token)
    check_issuer(settings, said)
    return said


def unparsed(why: GoError) -> SqlError:
    """Return the refusal of a token whose signature or times are wrong."""
    return refusal("invalid token", f"unable to parse token: {why}")


def unverifiable() -> SqlError:
    """Return the refusal of a token whose keys could not be fetched; the client is not told why."""
    return refusal("unable to validate token")


def check_principal(settings: JwtSettings, claims: Claims, user: str) -> None:
    """Check that the claim, through the identity map, names the user.

    Args:
        settings: What the cluster accepts.
        claims: What the token says.
        user: The SQL user, normalised.

    Raises:
        SqlError: It has no such claim, or the claim names somebody else.
    """
    principals = _principals(settings, claims)
    if principals is None:
        detail = f"token does not contain a claim for {settings.claim}"
        raise refusal("missing claim", detail)
    identity_map = parse_identity_map(settings.identity_map, folds=settings.folds_identities)
    accepted = [name for one in principals for name in identity_map.users(claims.issuer, one)]
    shown = sprint_strings(principals)
    if not accepted:
        detail = f"the value {shown} for the issuer {claims.issuer} is invalid"
        raise refusal("invalid principal", detail)
    if user not in accepted:
        detail = f"token issued for {shown} and login was for {user}"
        raise refusal("invalid principal", detail)


def _principals(settings: JwtSettings, claims: Claims) -> list[str] | None:
    if not (settings.reads_pointers and is_pointer(settings.claim)):
        return claims.principals(settings.claim)
    try:
        return claims.principals_at(settings.claim)
    except GoError as exc:
        detail = f"failed to extract claim {settings.claim}: {exc}"
        raise refusal("failed to extract claim", detail) from exc


def refusal(reason: str, detail: str | None = None) -> SqlError:
    """Return what the client of a refused login is told."""
    return SqlError(f"JWT authentication: {reason}", sqlstate=REFUSED, detail=detail)
