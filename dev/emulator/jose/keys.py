"""The key set behind `server.jwt_authentication.jwks`, as jwx v2 reads it.

Reading is lenient about what a key means (curve, algorithm, point) and strict about its members:
one key that lacks a member makes the whole set invalid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dev.emulator.go import base64 as go_base64
from dev.emulator.go.errors import GoError, wrapping
from dev.emulator.go.json import (
    Object,
    as_any,
    as_string,
    as_strings,
    first_value,
    mismatch,
    names_field,
)
from dev.emulator.go.text import quoted
from dev.emulator.jose.members import SHARED_TEXTS, check_chain, members, text_member
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.emulator.go.json import Json

_HINT_STRUCT = r'struct { Kty string "json:\"kty\""; D json.RawMessage "json:\"d\"" }'


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a key of one type is made of; members in `needed` are checked in this order."""

    go_name: str
    needed: tuple[str, ...]
    binary: frozenset[str]


_KINDS = {
    ("RSA", False): _Kind("rsaPublicKey", ("e", "n"), frozenset("en")),
    ("RSA", True): _Kind("rsaPrivateKey", ("d", "e", "n"), frozenset({*"denpq", "dp", "dq", "qi"})),
    ("EC", False): _Kind("ecdsaPublicKey", ("crv", "x", "y"), frozenset("xy")),
    ("EC", True): _Kind("ecdsaPrivateKey", ("crv", "d", "x", "y"), frozenset("dxy")),
    ("OKP", False): _Kind("okpPublicKey", ("crv", "x"), frozenset("x")),
    ("OKP", True): _Kind("okpPrivateKey", ("crv", "d", "x"), frozenset("dx")),
    ("oct", False): _Kind("symmetricKey", ("k",), frozenset("k")),
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a set.

    Attributes:
        kty: `RSA`, `EC`, `OKP` or `oct`.
        kid: Its id; empty if it has none: no token can select it then.
        alg: The algorithm it insists on; empty if the token's header may name one.
        use: `sig` or empty for keys that verify; with anything else the key verifies nothing.
        crv: The curve's name, known or not; empty for RSA and oct.
        numbers: Its binary members by name, decoded.
    """

    kty: str
    kid: str
    alg: str
    use: str
    crv: str
    numbers: Mapping[str, bytes] = field(repr=False)


def validate_jwks(jwks: str) -> None:
    """Check a value for `server.jwt_authentication.jwks`.

    Raises:
        SqlError: The text is neither a key set nor a key, or one of its keys is incomplete.
    """
    try:
        parse_jwks(jwks)
    except GoError as exc:
        raise SqlError(f"JWT authentication JWKS not a valid JWKS: {exc}") from exc


def parse_jwks(jwks: str) -> tuple[Key, ...]:
    """Read a key set, or a single key as a set of one.

    Args:
        jwks: JSON; what follows the first JSON value is ignored.

    Returns:
        The keys in the order of the text; two may share a kid.

    Raises:
        GoError: As `jwk.Parse` refuses it.
    """
    with wrapping("failed to unmarshal JWK set"):
        value, _ = first_value(jwks)
        return _keys_of(value)


def parse_key(value: Json) -> Key:
    """Read one key.

    Raises:
        GoError: The value is not an object, its type is unknown, or a member is missing or broken.
    """
    kty, private = _hint(value)
    shape = _KINDS.get((kty, private and kty != "oct"))
    if shape is None or not isinstance(value, Object):
        raise GoError(f"invalid key type from JSON ({kty})")
    with wrapping(f"failed to unmarshal JSON into key (*jwk.{shape.go_name})"):
        return _key(kty, shape, value)


def _keys_of(value: Json) -> tuple[Key, ...]:
    if not isinstance(value, (Object, list)):
        raise GoError("error reading token: EOF")
    keys: list[Key] = []
    is_set = False
    for name, member in members(value):
        if name == "keys":
            is_set = True
            keys += _listed_keys(member)
            continue
        with wrapping(f"failed to decode value for key {quoted(name)}"):
            as_any(member)
    if is_set:
        return tuple(keys)
    try:
        return (parse_key(value),)
    except GoError as exc:
        raise GoError("failed to parse sole key in key set") from exc


def _listed_keys(value: Json) -> list[Key]:
    if value is None:
        return []
    if not isinstance(value, list):
        error = mismatch(value, "Go value of type []json.RawMessage")
        raise GoError(f'failed to decode "keys": {error}')
    keys = []
    for index, element in enumerate(value):
        with wrapping(f'failed to decode key #{index} in "keys"'):
            keys.append(parse_key(element))
    return keys


def _hint(value: Json) -> tuple[str, bool]:
    """Return type and privateness of a key; here, and only here, the case of names is ignored."""
    if value is None:
        return "", False
    kty, private = "", False
    with wrapping("failed to unmarshal JSON into key hint"):
        if not isinstance(value, Object):
            raise mismatch(value, f"Go value of type {_HINT_STRUCT}")
        for name, member in value.pairs:
            if names_field(name, "kty") and member is not None:
                kty = as_string(member, "Go struct field .kty of type string")
            private = private or names_field(name, "d")
    return kty, private


def _key(kty: str, shape: _Kind, value: Object) -> Key:
    texts: dict[str, str] = {}
    numbers: dict[str, bytes] = {}
    for name, member in value.pairs:
        if name == "kty":
            if as_string(member) != kty:
                raise GoError(f"invalid kty value for {shape.go_name} ({as_string(member)})")
            continue
        with wrapping(f"failed to decode value for key {name}"):
            found = _member(name, member, shape)
        if isinstance(found, bytes):
            numbers[name] = found
        elif found is not None:
            texts[name] = found
    for name in shape.needed:
        if name not in numbers and name not in texts:
            raise GoError(f"required field {name} is missing")
    return Key(
        kty=kty,
        kid=texts.get("kid", ""),
        alg=texts.get("alg", ""),
        use=texts.get("use", ""),
        crv=texts.get("crv", ""),
        numbers=numbers,
    )


def _member(name: str, value: Json, shape: _Kind) -> bytes | str | None:
    """Read one member of a key; None for a member whose kind alone is checked."""
    if name in shape.binary:
        return _binary(value)
    if name in SHARED_TEXTS or name == "use":
        return text_member(value)
    if name == "alg" or (name == "crv" and "crv" in shape.needed):
        return as_string(value)
    if name == "x5c":
        check_chain(value)
    elif name == "key_ops":
        as_strings(value)
    else:
        as_any(value)
    return None


def _binary(value: Json) -> bytes:
    encoded = text_member(value)
    try:
        return go_base64.decode(encoded)
    except GoError as exc:
        raise GoError("expected base64 encoded []byte (string)") from exc
