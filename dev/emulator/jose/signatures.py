"""Signature algorithms as jwx v2 checks them: which a key may use, and whether one holds.

The hash follows the algorithm's name and the curve follows the key: they need not belong together.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

if TYPE_CHECKING:
    from dev.emulator.jose.keys import Key

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_HMAC = ("HS256", "HS384", "HS512")
ALGORITHMS_OF_TYPE = {
    "RSA": _RSA,
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
    "oct": _HMAC,
}
"""The algorithms a token's header may choose from when the key names none."""

KNOWN_ALGORITHMS = frozenset({*_RSA, *_HMAC, "ES256", "ES256K", "ES384", "ES512", "EdDSA", "none"})
"""What counts as the name of a signature algorithm at all."""

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def holds(alg: str, key: Key, signed: bytes, signature: bytes) -> bool:
    """Tell whether a signature over `signed` was made by `key` with `alg`.

    A key of another type than the algorithm needs, or one that cannot be used (unknown curve,
    point off the curve), verifies nothing.
    """
    family = alg[:2]
    if family == "HS":
        return key.kty == "oct" and _hmac_holds(alg, key, signed, signature)
    try:
        if family in {"RS", "PS"} and key.kty == "RSA":
            _check_rsa(alg, key, signed, signature)
        elif family == "ES" and key.kty == "EC" and key.crv in CURVES:
            _check_ecdsa(alg, key, signed, signature)
        elif alg == "EdDSA" and key.kty == "OKP" and key.crv == "Ed25519":
            public = ed25519.Ed25519PublicKey.from_public_bytes(key.numbers["x"])
            public.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _hash(alg: str) -> hashes.HashAlgorithm:
    return _HASHES[alg[2:5]]


def _hmac_holds(alg: str, key: Key, signed: bytes, signature: bytes) -> bool:
    secret = key.numbers["k"]
    expected = hmac.digest(secret, signed, _hash(alg).name)
    return bool(secret) and hmac.compare_digest(expected, signature)


def _check_rsa(alg: str, key: Key, signed: bytes, signature: bytes) -> None:
    exponent, modulus = (int.from_bytes(key.numbers[name], "big") for name in "en")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    pad: padding.AsymmetricPadding = padding.PKCS1v15()
    if alg.startswith("PS"):
        pad = padding.PSS(padding.MGF1(_hash(alg)), padding.PSS.AUTO)
    public.verify(signature, signed, pad, _hash(alg))


def _check_ecdsa(alg: str, key: Key, signed: bytes, signature: bytes) -> None:
    curve = CURVES[key.crv]
    x, y = (int.from_bytes(key.numbers[name], "big") for name in "xy")
    public = ec.EllipticCurvePublicNumbers(x, y, curve).public_key()
    size = (curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_hash(alg)))
