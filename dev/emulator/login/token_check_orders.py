"""The other orders in which versions of CockroachDB judge a token.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go and pkg/sql/pgwire/auth_methods.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.jose.tokens import read_unverified, verify, verify_signature
from dev.emulator.login.token_checks import (
    check_enabled,
    check_issuer,
    check_principal,
    check_user_and_audience,
    judge,
    refusal,
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
        verified = verify(token, parse_jwks(settings.jwks), now)
    except GoError as exc:
        raise refusal("invalid token") from exc
    check_issuer(settings, verified)
    check_principal(settings, verified, user)
    check_user_and_audience(settings, verified, user)


def readable_claims(settings: JwtSettings, token: str) -> Claims:
    """Return what a token of an accepted issuer says, without believing it, as 25.4 and later do.

    Raises:
        SqlError: Token logins are off, the token can't be read, or its issuer is not listed.
    """
    check_enabled(settings)
    try:
        said = read_unverified(token)
    except GoError as exc:
        raise refusal("invalid token format") from exc
    check_issuer(settings, said)
    return said


def identify(settings: JwtSettings, token: str, user: str) -> Claims:
    """Return the claims of a token that names a user, as 25.4 and later do before anything else.

    It checks neither times and audience nor whether the user exists.

    Args:
        settings: What the cluster accepts.
        token: The password the client sent; not empty.
        user: The SQL user to log in as.

    Raises:
        SqlError: The first check that fails, SQLSTATE 28000.
    """
    said = readable_claims(settings, token)
    try:
        signed = verify_signature(token, parse_jwks(settings.jwks))
    except GoError as exc:
        raise refusal("invalid token", str(exc)) from exc
    check_principal(settings, said, normalise(user))
    return signed


JUDGES: dict[TokenChecks, Callable[[JwtSettings, str, str, float], None]] = {
    TokenChecks.COLLAPSED: judge_collapsed,
    TokenChecks.USER_FIRST: judge,
    TokenChecks.TOKEN_FIRST: judge,  # after `identify`
}
