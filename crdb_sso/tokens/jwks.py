"""Key sets (JWKS): as a person configured them, or as an issuer publishes them.

CockroachDB refuses a whole set for one key that it can't parse, and uses only the first of two keys
with the same kid. So a key it can't parse is left out, and one kid with two meanings is refused.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from crdb_sso.errors import InvalidJwks
from crdb_sso.printing import shown
from crdb_sso.tokens.jwk import (
    Flaw,
    FlawedKeyError,
    PublicKey,
    jwk_from_text,
    public_key,
    same_key,
    same_meaning,
    thumbprint,
)

__all__ = [
    "KeySet",
    "PublicKey",
    "jwk_from_text",
    "parse_fetched",
    "parse_given",
    "same_key",
    "same_meaning",
    "thumbprint",
]

_GIVE_KEYS = "Give the keys to use as `jwks` (the JSON text of a JWK or JWKS)."


@dataclass(frozen=True, slots=True)
class KeySet:
    """Public keys, sorted by kid, each kid once; never empty."""

    keys: tuple[PublicKey, ...]

    def text_by_kid(self) -> dict[str, str]:
        """Return the JWK text of each key under its kid."""
        return {key.kid: key.text for key in self.keys}


@dataclass(frozen=True, slots=True)
class _Refused:
    """A key that can't be handed to a cluster, and why, without key material."""

    flaw: Flaw
    message: str


def parse_given(text: str) -> KeySet:
    """Read the keys that a person configured; nothing is left out silently.

    Args:
        text: JSON text of one JWK or of a JWKS.

    Raises:
        InvalidJwks: It is neither, or one of its keys is private, symmetric, without kid, of an
            unknown type, broken, weak, not for signatures, or shares its kid with another key.
    """
    found = []
    for key in _read_keys(text):
        if isinstance(key, _Refused):
            raise InvalidJwks(key.message, hint=key.flaw.value)
        found.append(key)
    return _key_set(found, hint=Flaw.UNUSABLE.value)


def parse_fetched(text: str) -> tuple[KeySet, tuple[str, ...]]:
    """Read the key set that an issuer publishes; what CockroachDB can't use is left out.

    Args:
        text: JSON text of a JWKS, as fetched.

    Returns:
        The usable keys, and one warning for each key that was left out. Keys for encryption are
        left out without one: issuers rightly publish them beside the others.

    Raises:
        InvalidJwks: It is not a key set, contains a private or symmetric key, gives one kid two
            meanings, or has no usable key.
    """
    found, warnings = [], []
    for key in _read_keys(text):
        if isinstance(key, PublicKey):
            found.append(key)
        elif key.flaw is Flaw.EXPOSED:
            raise InvalidJwks(key.message, hint=key.flaw.value)
        elif key.flaw is Flaw.UNUSABLE:
            warnings.append(f"{key.message}; it is left out")
    if not found:
        left_out = "".join(f"\n  {warning}" for warning in warnings)
        raise InvalidJwks(f"the key set has no usable key{left_out}", hint=_GIVE_KEYS)
    return _key_set(found, hint=_GIVE_KEYS), tuple(warnings)


def _read_keys(text: str) -> Iterator[PublicKey | _Refused]:
    """Yield the keys of a JWKS, or the one key that stands alone."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidJwks(f"the key set is not JSON: {error}", hint=_GIVE_KEYS) from None
    if isinstance(value, dict) and isinstance(value.get("keys"), list):
        yield from map(_read_key, value["keys"], count(1))
    elif isinstance(value, dict) and "kty" in value:
        yield _read_key(value, 1)
    else:
        raise InvalidJwks("the text is neither a JWKS (`keys`) nor a JWK (`kty`)", hint=_GIVE_KEYS)


def _read_key(jwk: object, number: int) -> PublicKey | _Refused:
    try:
        return public_key(jwk)
    except FlawedKeyError as flawed:
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        label = f"key {shown(kid)}" if isinstance(kid, str) and kid else f"key number {number}"
        return _Refused(flawed.flaw, f"{label}: {flawed}")


def _key_set(found: list[PublicKey], *, hint: str) -> KeySet:
    by_kid: dict[str, PublicKey] = {}
    for key in found:
        first = by_kid.setdefault(key.kid, key)
        if not same_key(first, key):
            raise InvalidJwks(
                f"the kid {shown(key.kid)} stands for two different keys: a cluster would use only"
                " the first",
                hint=hint,
            )
    if not by_kid:
        raise InvalidJwks("the key set is empty", hint=hint)
    return KeySet(tuple(sorted(by_kid.values())))
