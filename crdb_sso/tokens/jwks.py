"""Key sets (JWKS): as a person configured them, or as an issuer publishes them.

CockroachDB refuses a whole set for one key that it can't parse, and uses only the first of two keys
with the same kid. So a key it can't parse is left out, and a kid stands for one key: several with
different algorithms become one that fits them all.
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
    algorithm,
    for_any_algorithm,
    jwk_from_text,
    public_key,
    same_key,
    same_material,
    same_meaning,
    thumbprint,
)

__all__ = [
    "KeySet",
    "PublicKey",
    "canonical_text",
    "jwk_from_text",
    "one_key",
    "parse_fetched",
    "parse_given",
    "public_text",
    "same_key",
    "same_meaning",
    "thumbprint",
]

MOST_KEYS = 100
"""Keys of one issuer; those that are not for signatures do not count."""

LARGEST_SET = 256_000
"""Characters of a key set."""

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
            unknown type, broken, weak, not for signatures, or shares its kid with another key; or
            there are too many.
    """
    found = []
    for key in _read_keys(text):
        if isinstance(key, _Refused):
            raise InvalidJwks(key.message, hint=key.flaw.value)
        found.append(key)
    keys, doubles = _one_a_kid(found)
    for kid in doubles:
        raise InvalidJwks(_two_keys(kid), hint=Flaw.UNUSABLE.value)
    if not keys:
        raise InvalidJwks("the key set is empty", hint=Flaw.UNUSABLE.value)
    return _key_set(keys)


def parse_fetched(text: str) -> tuple[KeySet, tuple[str, ...]]:
    """Read the key set that an issuer publishes; what CockroachDB can't use is left out.

    Args:
        text: JSON text of a JWKS, as fetched.

    Returns:
        The usable keys, and one warning for each key that was left out. Keys for encryption are
        left out without one: issuers rightly publish them beside the others.

    Raises:
        InvalidJwks: It is not a key set, contains a private or symmetric key, or has too many
            usable keys or none.
    """
    found, warnings = [], []
    for key in _read_keys(text):
        if isinstance(key, PublicKey):
            found.append(key)
        elif key.flaw is Flaw.EXPOSED:
            raise InvalidJwks(key.message, hint=key.flaw.value)
        elif key.flaw is Flaw.UNUSABLE:
            warnings.append(f"{key.message}; it is left out")
    keys, doubles = _one_a_kid(found)
    warnings += [f"{_two_keys(kid)}; the others are left out" for kid in doubles]
    if not keys:
        left_out = "".join(f"\n  {warning}" for warning in warnings)
        raise InvalidJwks(f"the key set has no usable key{left_out}", hint=_GIVE_KEYS)
    return _key_set(keys), tuple(warnings)


def public_text(kid: str, text: str) -> str:
    """Return the canonical text of the one key that a person gave under its kid.

    Raises:
        InvalidJwks: It is not a text, or not this one key, or as `parse_given` says.
    """
    named = parse_given(text).text_by_kid() if isinstance(text, str) else {}
    if list(named) != [kid] or jwk_from_text(text) is None:
        raise InvalidJwks(
            f"it is not one JWK with the kid {shown(kid)}",
            hint="Name each key by the kid inside it.",
        )
    return named[kid]


def one_key(text: str, other: str) -> str | None:
    """Return one text for two of the same key, None if they are different keys.

    If they are for different algorithms, it is for any.
    """
    a, b = jwk_from_text(text), jwk_from_text(other)
    if a is None or b is None or not same_material(a, b):
        return None
    return text if algorithm(a) == algorithm(b) else for_any_algorithm(a).text


def canonical_text(text: str) -> str:
    """Return the canonical text of a key that was checked before; another text stays as it is."""
    key = jwk_from_text(text)
    return text if key is None else key.text


def _read_keys(text: str) -> Iterator[PublicKey | _Refused]:
    """Yield the keys of a JWKS, or the one key that stands alone."""
    if len(text) > LARGEST_SET:
        raise InvalidJwks(
            f"the key set has {len(text)} characters; at most {LARGEST_SET} are read",
            hint=_GIVE_KEYS,
        )
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


def _one_a_kid(found: list[PublicKey]) -> tuple[list[PublicKey], list[str]]:
    """Return one key for each kid, and the kids that stand for different keys.

    Of different keys the first is taken, as a cluster does.
    """
    by_kid: dict[str, PublicKey] = {}
    doubles: dict[str, None] = {}
    for key in found:
        first = by_kid.setdefault(key.kid, key)
        if not same_material(first, key):
            doubles[key.kid] = None
        elif algorithm(first) != algorithm(key):
            by_kid[key.kid] = for_any_algorithm(first)
    return list(by_kid.values()), list(doubles)


def _two_keys(kid: str) -> str:
    return f"the kid {shown(kid)} stands for two different keys: a cluster would use only the first"


def _key_set(keys: list[PublicKey]) -> KeySet:
    if len(keys) > MOST_KEYS:
        raise InvalidJwks(
            f"the key set has {len(keys)} keys; a cluster gets at most {MOST_KEYS} of one issuer",
            hint=f"Have the issuer retire old keys. {_GIVE_KEYS}",
        )
    return KeySet(tuple(sorted(keys)))
