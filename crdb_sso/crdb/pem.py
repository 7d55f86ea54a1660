"""Certificates as PEM text (RFC 7468): blocks, identified by their content."""

import base64
import hashlib
import re
import warnings
from collections.abc import Iterable

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from crdb_sso.errors import InvalidInput

_BLOCK = re.compile(r"-----BEGIN ([^-]+)-----(.*?)-----END \1-----", re.DOTALL)

_BEGIN = "-----BEGIN CERTIFICATE-----"
_LAYOUT = re.compile(rf"{_BEGIN}[ \t\r]*\n[A-Za-z0-9+/=\s]*\n-----END CERTIFICATE-----")
_PRIVATE = "PRIVATE KEY-----"


def blocks(text: str) -> tuple[tuple[str, str], ...]:
    """Return fingerprint and raw text of each block; text between blocks has no name.

    The fingerprint is the SHA-256 of the certificate, in hexadecimal digits.
    """
    found: list[tuple[str, str]] = []
    end = 0
    for match in _BLOCK.finditer(text):
        found.append(("", text[end : match.start()].strip()))
        found.append((_fingerprint(match[1], match[2]), match[0]))
        end = match.end()
    found.append(("", text[end:].strip()))
    return tuple((name, raw) for name, raw in found if raw)


def certificates(text: str) -> dict[str, str]:
    """Return the certificates in a text by fingerprint."""
    return {name: raw for name, raw in blocks(text) if name}


def check_certificates(text: str) -> None:
    """Check that a text holds certificates, and that a node can read each of them.

    Raises:
        InvalidInput: It holds none, or one is broken, cut off or indented: nodes would do without
            that one, and say nothing.
    """
    number = 0
    for name, raw in blocks(text):
        number += raw.count(_BEGIN)
        if _BEGIN in raw and not (name and _LAYOUT.fullmatch(raw) and _is_certificate(raw)):
            raise InvalidInput(
                f"its certificate number {number} is broken",
                hint=f"Copy the PEM text again, from {_BEGIN} to -----END CERTIFICATE-----: each"
                " line as it was, none indented.",
            )
    if not number:
        raise InvalidInput("it holds no certificate", hint=f"Give PEM text: {_BEGIN}...")


def _is_certificate(raw: str) -> bool:
    with warnings.catch_warnings():
        # some old roots in the bundles of systems have a serial number of 0
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            x509.load_pem_x509_certificate(raw.encode())
        except ValueError:
            return False
    return True


def without_keys(text: str) -> str:
    """Return a text as it is, but only its certificates if a private key stands beside them."""
    return joined(certificates(text).values()) if _PRIVATE in text else text


def joined(raw_blocks: Iterable[str]) -> str:
    """Put blocks together."""
    return "".join(f"{raw}\n" for raw in raw_blocks)


def _fingerprint(label: str, body: str) -> str:
    """Return the fingerprint of a block, "" if it is not a certificate."""
    try:
        content = base64.b64decode("".join(body.split()), validate=True)
    except ValueError:  # also where it is not ASCII
        return ""
    return hashlib.sha256(content).hexdigest() if label == "CERTIFICATE" and content else ""
