"""The certificates behind `server.jwt_authentication.issuers.custom_ca`."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography import x509

from dev.emulator.sqlerror import SqlError

_CERTIFICATE = re.compile(
    r"^-----BEGIN CERTIFICATE-----[ \t\r]*\n([^-]*)^-----END CERTIFICATE-----[ \t\r]*$",
    re.MULTILINE,
)


def validate_custom_ca(text: str) -> None:
    """Check a value: empty, or PEM text with at least one certificate; all else in it is ignored.

    Raises:
        SqlError: The text is not empty and no certificate can be read from it.
    """
    if text and not certificates(text):
        raise SqlError("JWT authentication issuer custom CA certificate not valid")


def certificates(text: str) -> bytes:
    """Return the certificates in a PEM text that can be read, in DER form, one after the other."""
    bodies = [_der(body) for body in _CERTIFICATE.findall(text)]
    return b"".join(der for der in bodies if der is not None)


def _der(body: str) -> bytes | None:
    """Return the certificate between two PEM markers, or None; PEM headers forbid it."""
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
        x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        return None
    return der
