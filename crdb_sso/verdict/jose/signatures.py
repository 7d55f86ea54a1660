"""Whether a signature is by a key: as Go's crypto packages decide it.

The hash is that of the algorithm, whatever the curve of the key: ES256 with a P-384 key is legal.
"""

import hmac
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from crdb_sso.verdict.jose.keys import Key

_HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "256K": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_CURVES: Mapping[str, Callable[[], ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}
_ED25519_BYTES = 32
_BITS_IN_BYTE = 8


def is_signed_by(key: Key, algorithm: str, signed: bytes, signature: bytes) -> bool:
    """Tell whether a signature over some bytes is by a key.

    Args:
        key: Of any type; one that is not fit for the algorithm has signed nothing.
        algorithm: A name of RFC 7518 or RFC 8037, e.g. "RS256".
        signed: The bytes.
        signature: As in a token.
    """
    verify = _VERIFIERS.get((key.kty, algorithm[:2]))
    if verify is None:
        return False
    try:
        return verify(key, algorithm, signed, signature)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False


_LARGEST_EXPONENT = 2**31 - 1
"""The largest that Go takes; what is short of a safe modulus is only of no use (crypto/rsa)."""


def is_useful(key: Key) -> bool:
    """Tell whether a key of a fetched set is one that the stricter check of 26.3 takes."""
    try:
        if key.kty == "RSA":
            return _number(key, "n") > 0 and 1 < _number(key, "e") <= _LARGEST_EXPONENT
        if key.kty == "EC":
            return key.curve in _CURVES and bool(_ec_key(key))
        if key.kty == "OKP":
            return len(key.material["x"]) == _ED25519_BYTES
    except (UnsupportedAlgorithm, ValueError):
        return False
    return True


def _number(key: Key, name: str) -> int:
    return int.from_bytes(key.material[name], "big")


def _rsa_key(key: Key) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(_number(key, "e"), _number(key, "n")).public_key()


def _ec_key(key: Key) -> ec.EllipticCurvePublicKey:
    curve = _CURVES[key.curve]()
    return ec.EllipticCurvePublicNumbers(_number(key, "x"), _number(key, "y"), curve).public_key()


def _rsa(key: Key, algorithm: str, signed: bytes, signature: bytes) -> bool:
    kind = _HASHES[algorithm[2:]]()
    if algorithm.startswith("PS"):
        scheme: padding.AsymmetricPadding = padding.PSS(padding.MGF1(kind), padding.PSS.AUTO)
    else:
        scheme = padding.PKCS1v15()
    _rsa_key(key).verify(signature, signed, scheme, kind)
    return True


def _ec(key: Key, algorithm: str, signed: bytes, signature: bytes) -> bool:
    if key.curve not in _CURVES:
        return False
    public = _ec_key(key)
    size = -(-public.curve.key_size // _BITS_IN_BYTE)
    if len(signature) != 2 * size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    public.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(_HASHES[algorithm[2:]]()))
    return True


def _ed25519(key: Key, _algorithm: str, signed: bytes, signature: bytes) -> bool:
    if key.curve != "Ed25519":
        return False
    ed25519.Ed25519PublicKey.from_public_bytes(key.material["x"]).verify(signature, signed)
    return True


def _hmac(key: Key, algorithm: str, signed: bytes, signature: bytes) -> bool:
    expected = hmac.digest(key.material["k"], signed, f"sha{algorithm[2:]}")
    return hmac.compare_digest(expected, signature)


_VERIFIERS: Mapping[tuple[str, str], Callable[[Key, str, bytes, bytes], bool]] = {
    ("RSA", "RS"): _rsa,
    ("RSA", "PS"): _rsa,
    ("EC", "ES"): _ec,
    ("OKP", "Ed"): _ed25519,
    ("oct", "HS"): _hmac,
}
