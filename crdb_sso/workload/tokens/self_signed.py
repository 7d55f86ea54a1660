"""Tokens that the workload signs itself, with a key that the cluster trusts."""

import json
import os
import time
from collections.abc import Mapping, Sequence

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.printing import shown
from crdb_sso.tokens.issuers import Issuer
from crdb_sso.tokens.private_keys import signing_key
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.given import Given
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token

LONGEST_LIFE_S = 86_400
BACKDATED_S = 30
"""How far, in seconds, `iat` lies back: the cluster gives no leeway to a clock that is ahead."""

DEFAULT_LIFE_S = 300
_OWN_CLAIMS = ("iss", "sub", "aud", "iat", "exp")


class SelfSigned(CachedSource):
    """An issuer of your own: the workload holds a private key, and signs its token with it.

    The key is read whenever a token is made, so that it can be rotated: PEM, or a JWK. Its `kid` is
    its thumbprint (RFC 7638), unless a JWK says another one.

    Args:
        issuer: The `iss` of the token.
        subject: Its `sub`.
        audience: Its `aud`.
        key_file: Path of the private key; or
        key_env: the name of the environment variable that holds it; or
        key_command: a command that prints it.
        lifetime_s: How long a token lives, in seconds.
        claims: More claims.
        clock: Tells the time.
    """

    kind = "self_signed"
    main = "key_file"

    def __init__(
        self,
        issuer: str,
        subject: str,
        audience: str,
        *,
        key_file: str | os.PathLike[str] | None = None,
        key_env: str | None = None,
        key_command: str | Sequence[str] | None = None,
        lifetime_s: int = DEFAULT_LIFE_S,
        claims: Mapping[str, object] | None = None,
        clock: Clock = time.time,
    ) -> None:
        check_lifetime(int(lifetime_s))
        self._claims = claims_of(issuer, subject, audience, claims)
        self._key = Given("the private key", "key", None, key_env, key_file, key_command)
        self._lifetime_s, self._clock = int(lifetime_s), clock
        super().__init__(issuer=issuer, subject=subject, audience=audience, clock=clock)

    def _fetch(self) -> Token:
        return self_signed_token(self._claims, self._key.read(), self._clock(), self._lifetime_s)


def self_signed_token(
    claims: Mapping[str, object], key_text: str, now_s: float, life_s: int
) -> Token:
    """Return a token that a private key signs.

    Args:
        claims: Its claims, without its times.
        key_text: A private key, PEM or JWK.
        now_s: The time, in seconds since 1970.
        life_s: How long it lives, in seconds.

    Raises:
        TokenUnavailable: It is not a private key that a cluster can verify with.
    """
    times = {"iat": int(now_s) - BACKDATED_S, "exp": int(now_s) + life_s}
    try:
        return Token(signing_key(key_text).sign({**claims, **times}))
    except InvalidInput as error:
        raise TokenUnavailable(error.what, hint=error.hint) from None


def claims_of(
    issuer: str, subject: str, audience: str, more: Mapping[str, object] | None
) -> dict[str, object]:
    """Return the claims of a token, without its times.

    Raises:
        InvalidInput: A further claim is one that is given otherwise, or a text can't be a claim.
    """
    Issuer(issuer)
    for name, text in {"subject": subject, "audience": audience}.items():
        if not text:
            raise InvalidInput(f"the {name} is empty", hint="Give what the login expects.")
    for name in more or {}:
        if name in _OWN_CLAIMS:
            raise InvalidInput(
                f"the claim {name!r} can't be given among the others",
                hint="Give issuer, subject, audience and lifetime by their own names.",
            )
    claims = {**(more or {}), "iss": issuer, "sub": subject, "aud": audience}
    for name, value in claims.items():
        _check_claim(name, value)
    return claims


def _check_claim(name: str, value: object) -> None:
    """Check that a claim can be signed: that it is JSON, in UTF-8."""
    try:
        json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        reason = "holds half a character, or bytes that are not UTF-8"
    except (ValueError, TypeError, RecursionError):
        reason = "is not JSON"
    else:
        return
    raise InvalidInput(
        f"the claim {shown(name)} {reason}", hint="Give texts, numbers, or lists and maps of them."
    )


def check_lifetime(lifetime_s: int, given_as: str = "") -> None:
    """Check how long a token is to live.

    Args:
        lifetime_s: In seconds.
        given_as: Name and text in an error; by default those of the parameter.

    Raises:
        InvalidInput: Not at all, or for longer than a day.
    """
    if not 0 < lifetime_s <= LONGEST_LIFE_S:
        given = given_as or f"lifetime_s {lifetime_s}"
        raise InvalidInput(
            f"{given} is not between 1 and {LONGEST_LIFE_S} seconds",
            hint="Five minutes will do: only the login is checked.",
        )
