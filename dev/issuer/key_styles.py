"""How identity providers make their signing keys, and how they publish them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, Key, RSAKey, import_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RSA_BITS = 2048
ENTRA_KEYS_ISSUER = "https://login.microsoftonline.com/{tenantid}/v2.0"
"""The `issuer` of keys that sign for every tenant: it is published with the braces."""

_ENTRA_CERTIFICATE_NAME = "accounts.accesscontrol.windows.net"
_ENTRA_CERTIFICATE_DAYS = 5 * 365


@dataclass(frozen=True, slots=True)
class KeyStyle:
    """The habits of one identity provider.

    Attributes:
        makers: Makes a key pair, by algorithm.
        marked: Returns the `kid` of a new pair and the other members that are published with it;
            `alg` is always added.
        published: Turns a public JWK into the one that is published.
    """

    makers: Mapping[str, Callable[[], RSAKey | ECKey]]
    marked: Callable[[RSAKey | ECKey], dict[str, Any]]
    published: Callable[[dict[str, Any]], dict[str, Any]]

    def make(self, alg: str) -> Key:
        """Return a new key, with all its members.

        Args:
            alg: An algorithm that has a maker.
        """
        pair = self.makers[alg]()
        members = {"use": "sig", "alg": alg} | self.marked(pair)
        return import_key({**pair.as_dict(private=True), **members})


def _rsa() -> RSAKey:
    pair: RSAKey = RSAKey.generate_key(RSA_BITS)
    return pair


def _thumbprint(pair: RSAKey | ECKey) -> dict[str, Any]:
    return {"kid": pair.thumbprint()}


def _google_marks(pair: RSAKey | ECKey) -> dict[str, Any]:
    """Return a kid like Google's, 40 hexadecimal digits; how Google derives them is not known."""
    return {"kid": hashlib.sha256(pair.thumbprint().encode()).hexdigest()[:40]}


def _entra_marks(pair: RSAKey | ECKey) -> dict[str, Any]:
    """Return a self-signed certificate as `x5c`, and its thumbprint as `x5t` and `kid`."""
    certificate = _self_signed(pair.private_key)
    # RFC 7517, section 4.8: `x5t` is SHA-1
    digest = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - the standard's choice
    x5t = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    x5c = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return {"kid": x5t, "x5t": x5t, "x5c": [x5c]}


def _entra_published(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in ("kty", "use", "kid", "x5t", "n", "e", "x5c")} | {
        "issuer": ENTRA_KEYS_ISSUER
    }


def _unchanged(jwk: dict[str, Any]) -> dict[str, Any]:
    return jwk


def _self_signed(key: object) -> x509.Certificate:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("Entra ID signs with RSA keys only")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _ENTRA_CERTIFICATE_NAME)])
    now = dt.datetime.now(dt.timezone.utc)
    public = key.public_key()
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=now,
        not_valid_after=now + dt.timedelta(days=_ENTRA_CERTIFICATE_DAYS),
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256())


PLAIN = KeyStyle(
    {
        "RS256": _rsa,
        "ES256": lambda: ECKey.generate_key("P-256"),
        "ES384": lambda: ECKey.generate_key("P-384"),
    },
    _thumbprint,
    _unchanged,
)
"""The issuer's own: every member a key set may have; `kid` is the RFC 7638 thumbprint."""

GOOGLE = KeyStyle({"RS256": _rsa}, _google_marks, _unchanged)
"""As at googleapis.com/oauth2/v3/certs: alg, use, kid, kty, n, e."""

ENTRA = KeyStyle({"RS256": _rsa}, _entra_marks, _entra_published)
"""As at login.microsoftonline.com/common/discovery/v2.0/keys: no `alg`, but certificates."""
