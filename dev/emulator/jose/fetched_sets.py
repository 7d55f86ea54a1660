"""What must be right about every key of a set that is fetched and kept (26.4; inferred).

Source: CockroachDB pkg/security/jwtauth/remote_jwks_cache.go. Earlier versions, and the setting
`jwks` in all versions, are content with what `parse_jwks` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dev.emulator.go.errors import GoError
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.jose.signatures import CURVES

if TYPE_CHECKING:
    from dev.emulator.jose.keys import Key

LARGEST_EXPONENT = 2**31 - 1

_NEEDED = {"RSA": "ne", "EC": "xy", "OKP": "x", "oct": "k"}
_COORDINATE_BYTES = {"Ed25519": 32, "X25519": 32, "Ed448": 57, "X448": 56}
_INVALID = "invalid JWK in JWK set"


def usable_keys(jwks: str) -> tuple[Key, ...]:
    """Read a fetched key set, which may be empty.

    Raises:
        GoError: It is not one, or one of its keys cannot verify anything.
    """
    keys = parse_jwks(jwks)
    for key in keys:
        _check(key)
    return keys


def _check(key: Key) -> None:
    if any(not key.numbers[name] for name in _NEEDED[key.kty]):
        raise GoError(f"{_INVALID}: a member is empty")
    if key.kty == "RSA":
        _check_rsa(key)
    elif key.kty == "EC":
        _check_point(key)
    elif key.kty == "OKP":
        _check_coordinate(key)


def _check_rsa(key: Key) -> None:
    exponent, modulus = (int.from_bytes(key.numbers[name], "big") for name in "en")
    if modulus == 0 or not 1 < exponent <= LARGEST_EXPONENT:
        raise GoError("unusable RSA public key in JWK set")


def _check_point(key: Key) -> None:
    if key.crv not in CURVES:
        raise GoError(f"{_INVALID}: invalid curve algorithm {key.crv}")
    x, y = (int.from_bytes(key.numbers[name], "big") for name in "xy")
    try:
        ec.EllipticCurvePublicNumbers(x, y, CURVES[key.crv]).public_key()
    except ValueError as exc:
        raise GoError("unusable EC public key in JWK set") from exc


def _check_coordinate(key: Key) -> None:
    size = _COORDINATE_BYTES.get(key.crv)
    if size is not None and len(key.numbers["x"]) != size:
        raise GoError("unusable OKP public key in JWK set")
    seed = key.numbers.get("d")
    if (
        seed is not None
        and key.crv in ("Ed25519", "X25519")
        and _public(key.crv, seed) != (key.numbers["x"])
    ):
        raise GoError(f"{_INVALID}: the private member does not fit")


def _public(curve: str, seed: bytes) -> bytes | None:
    """Return the coordinate that belongs to a private member; None if that is not one."""
    try:
        if curve == "Ed25519":
            public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
            return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        other = x25519.X25519PrivateKey.from_private_bytes(seed).public_key()
        return other.public_bytes(Encoding.Raw, PublicFormat.Raw)
    except ValueError:
        return None
