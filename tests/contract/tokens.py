"""Keys and tokens made by hand, also those that no library would sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | bytes
HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


def b64(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_number(number: int, size: int | None = None) -> str:
    """Return a big-endian number as base64url, `size` bytes long (as short as possible if None)."""
    return b64(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair (or a shared secret) and the kid it is published under."""

    private: Private = field(repr=False)
    kid: str
    default_alg: str
    """What `token` signs with unless told otherwise."""

    def jwk(self, **members: Any) -> dict[str, Any]:
        """Return the public JWK; `members` replace or (when None) remove its members."""
        jwk = {**_public_members(self.private), "kid": self.kid, **members}
        return {name: value for name, value in jwk.items() if value is not None}

    def public_pem(self) -> bytes:
        """Return the public RSA key as PEM, which a careless verifier takes for a shared secret."""
        assert isinstance(self.private, rsa.RSAPrivateKey)
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def private_jwk(self) -> dict[str, Any]:
        """Return the JWK with the private RSA members, as an operator might paste it by mistake."""
        assert isinstance(self.private, rsa.RSAPrivateKey)
        numbers = self.private.private_numbers()
        private = {
            "d": numbers.d, "p": numbers.p, "q": numbers.q,
            "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp,
        }  # fmt: skip
        return self.jwk(**{name: b64_number(number) for name, number in private.items()})


def new_keys() -> dict[str, Key]:
    """Return fresh keys of every kind the tests need; RSA ones are slow, so make them once."""
    prefix = secrets.token_hex(4)

    def rsa_key() -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    made: dict[str, tuple[Private, str]] = {
        "rsa": (rsa_key(), "RS256"),
        "other rsa": (rsa_key(), "RS256"),
        "P-256": (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        "P-384": (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        "P-521": (ec.generate_private_key(ec.SECP521R1()), "ES512"),
        "ed25519": (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        "oct": (secrets.token_bytes(64), "HS256"),
    }
    return {
        name: Key(private=private, kid=f"{prefix}-{name.replace(' ', '-')}", default_alg=alg)
        for name, (private, alg) in made.items()
    }


def key_set(*jwks: Mapping[str, Any]) -> str:
    """Return the JWKS text of these JWKs."""
    return json.dumps({"keys": list(jwks)})


def token(
    key: Key,
    claims: Mapping[str, Any] | str,
    header: Mapping[str, Any] | None = None,
    sign_with: str | None = None,
) -> str:
    """Return a compact JWS.

    Args:
        key: Signs, and names the `kid` unless `header` does.
        claims: The payload; a text is taken as it is, so that it may hold what no dict can.
        header: Members that replace the usual ones; None as a value removes one.
        sign_with: The algorithm really used, whatever the header says.
    """
    alg = sign_with or key.default_alg
    usual = {"alg": alg, "typ": "JWT", "kid": key.kid}
    merged = {
        name: value for name, value in {**usual, **(header or {})}.items() if value is not None
    }
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    signed = f"{b64(json.dumps(merged).encode())}.{b64(payload.encode())}"
    return f"{signed}.{b64(signature(alg, key.private, signed.encode()))}"


def signature(alg: str, private: Private, data: bytes) -> bytes:
    """Return the JWS signature of `data` by an RFC 7518 algorithm, on any curve for the ES ones."""
    if alg == "none":
        return b""
    if isinstance(private, bytes):
        return hmac.digest(private, data, getattr(hashlib, f"sha{alg[2:]}"))
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(data)
    digest = HASHES[alg[2:]]()
    if isinstance(private, ec.EllipticCurvePrivateKey):
        size = (private.key_size + 7) // 8
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    if alg.startswith("PS"):
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=padding.PSS.DIGEST_LENGTH)
        return private.sign(data, pss, digest)
    return private.sign(data, padding.PKCS1v15(), digest)


def _public_members(private: Private) -> dict[str, Any]:
    if isinstance(private, bytes):
        return {"kty": "oct", "k": b64(private)}
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(private.public_key().public_bytes_raw())}
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": b64_number(numbers.n), "e": b64_number(numbers.e)}
    point = private.public_key().public_numbers()
    size = (private.key_size + 7) // 8
    curve = next(name for name, kind in CURVES.items() if isinstance(private.curve, kind))
    return {
        "kty": "EC",
        "crv": curve,
        "x": b64_number(point.x, size),
        "y": b64_number(point.y, size),
    }
