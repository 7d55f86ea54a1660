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
    if text and not any(_is_certificate(body) for body in _CERTIFICATE.findall(text)):
        raise SqlError("JWT authentication issuer custom CA certificate not valid")


def _is_certificate(body: str) -> bool:
    """Tell whether the text between two PEM markers is a certificate; PEM headers forbid it."""
    try:
        x509.load_der_x509_certificate(base64.b64decode("".join(body.split()), validate=True))
    except (binascii.Error, ValueError):
        return False
    return True
