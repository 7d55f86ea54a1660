"""The other orders in which versions of CockroachDB judge a token.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go, later pkg/security/jwtauth, and
pkg/sql/pgwire/auth_methods.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.jose.tokens import verify, verify_signature
from dev.emulator.login.token_checks import (
    accepted_claims,
    check_enabled,
    check_issuer,
    check_principal,
    check_user_and_audience,
    judge,
    readable_claims,
    refusal,
    unparsed,
)
from dev.emulator.usernames import normalise
from dev.emulator.versions import TokenChecks

if TYPE_CHECKING:
    from collections.abc import Callable

    from dev.emulator.jose.claims import Claims
    from dev.emulator.login.token_checks import JwtSettings


def judge_collapsed(settings: JwtSettings, token: str, user: str, now: float) -> None:
    """Let a token in as a user, or say why not, as 22.2 and the first patches of 23.1 do.

    One step checks form, signature and times, and says only that one of them is wrong. The issuer
    is checked after it.

    Args:
        settings: What the cluster accepts.
        token: The password the client sent; not empty.
        user: The SQL user to log in as; it exists and has LOGIN.
        now: Seconds since 1970.

    Raises:
        SqlError: The first check that fails, SQLSTATE 28000.
    """
    user = normalise(user)
    check_enabled(settings)
    try:
        keys = parse_jwks(settings.jwks)
        verified = verify(token, keys, now, infer=settings.infers_algorithm)
    except GoError as exc:
        raise refusal("invalid token") from exc
    check_issuer(settings, verified)
    check_principal(settings, verified, user)
    check_user_and_audience(settings, verified, user)


def identify(settings: JwtSettings, token: str, user: str) -> None:
    """Check whom a token says it is for, without believing it, as 25.4 and later do first.

    Neither the issuer nor a signature counts yet, and the user need not exist.

    Args:
        settings: What the cluster accepts.
        token: The password the client sent; not empty.
        user: The SQL user to log in as.

    Raises:
        SqlError: The first check that fails, SQLSTATE 28000.
    """
    check_principal(settings, readable_claims(settings, token), normalise(user))


def vouched_claims(settings: JwtSettings, token: str) -> Claims:
    """Return the claims of a token that may make its user: its issuer signed it.

    Neither its times nor its audience count.

    Args:
        settings: What the cluster accepts, with the issuer's keys.
        token: As for `identify`.

    Raises:
        SqlError: Issuer or signature are wrong, SQLSTATE 28000.
    """
    accepted_claims(settings, token)
    try:
        return verify_signature(token, parse_jwks(settings.jwks))
    except GoError as exc:
        raise unparsed(exc) from exc


JUDGES: dict[TokenChecks, Callable[[JwtSettings, str, str, float], None]] = {
    TokenChecks.COLLAPSED: judge_collapsed,
    TokenChecks.USER_FIRST: judge,
    TokenChecks.TOKEN_FIRST: judge,  # after `identify` and a look at the user
}
