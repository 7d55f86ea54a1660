"""Keys and tokens of every kind, really signed, well-formed or not."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from dev.emulator.go.errors import GoError
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.jose.tokens import read_unverified, verify

NOW = 1_700_000_000
ISSUER = "https://idp.example.com"
CLAIMS = {"iss": ISSUER, "aud": "crdb", "sub": "kyle"}
SECRET = b"a secret that every reader of the setting knows"

Private: TypeAlias = (
    "rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | bytes"
)

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def verdict(keys: str, token: str) -> str:
    """What becomes of a token: `accepted`, `unreadable: ...` or `refused: ...`."""
    try:
        read_unverified(token)
    except GoError as exc:
        return f"unreadable: {exc}"
    try:
        verify(token, parse_jwks(keys), NOW)
    except GoError as exc:
        return f"refused: {exc}"
    return "accepted"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class Pair:
    """A private key, and what is published of it."""

    private: Private
    alg: str

    def jwk(self, **members: Any) -> dict[str, Any]:
        """The public key as a JWK of kid `k`, with members added or replaced."""
        return self._numbers() | {"kid": "k"} | members

    def _numbers(self) -> dict[str, Any]:
        if isinstance(self.private, bytes):
            return {"kty": "oct", "k": b64(self.private)}
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            raw = self.private.public_key().public_bytes_raw()
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        point = self.private.public_key().public_numbers()
        size = self._curve_bytes()
        curve = {32: "P-256", 48: "P-384", 66: "P-521"}[size]
        return {"kty": "EC", "crv": curve, "x": _number(point.x, size), "y": _number(point.y, size)}

    def _curve_bytes(self) -> int:
        assert isinstance(self.private, ec.EllipticCurvePrivateKey)
        return (self.private.curve.key_size + 7) // 8

    def sign(self, data: bytes, alg: str | None = None) -> bytes:
        alg = alg or self.alg
        if isinstance(self.private, bytes):
            return hmac.digest(self.private, data, _HASHES[alg[2:5]].name)
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        algorithm = _HASHES[alg[2:5]]
        if isinstance(self.private, rsa.RSAPrivateKey):
            pad: padding.AsymmetricPadding = padding.PKCS1v15()
            if alg.startswith("PS"):
                pad = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
            return self.private.sign(data, pad, algorithm)
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(algorithm)))
        size = self._curve_bytes()
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def token(
        self,
        claims: dict[str, Any] | str | bytes | None = None,
        header: dict[str, Any] | str | bytes | None = None,
        *,
        alg: str | None = None,
    ) -> str:
        """A compact token.

        Args:
            claims: The payload, or its raw text; `CLAIMS` by default.
            header: The header, or its raw text; alg and kid `k` by default.
            alg: What it is really signed with, whatever the header says.
        """
        default = {"alg": alg or self.alg, "kid": "k"}
        signed = b64(_raw(default if header is None else header))
        signed += "." + b64(_raw(CLAIMS if claims is None else claims))
        return f"{signed}.{b64(self.sign(signed.encode(), alg))}"


def _raw(value: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


@cache
def rsa_pair() -> Pair:
    return Pair(rsa.generate_private_key(65537, 2048), "RS256")


@cache
def other_rsa_pair() -> Pair:
    return Pair(rsa.generate_private_key(65537, 2048), "RS256")


@cache
def ec_pair(curve: str = "P-256") -> Pair:
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    algs = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
    return Pair(ec.generate_private_key(curves[curve]), algs[curve])


@cache
def okp_pair() -> Pair:
    return Pair(ed25519.Ed25519PrivateKey.generate(), "EdDSA")


@cache
def oct_pair() -> Pair:
    return Pair(SECRET, "HS256")
