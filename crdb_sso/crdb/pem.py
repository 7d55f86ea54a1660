"""Certificates as PEM text (RFC 7468): blocks, identified by their content."""

import base64
import hashlib
import re
from collections.abc import Iterable

_BLOCK = re.compile(r"-----BEGIN ([^-]+)-----(.*?)-----END \1-----", re.DOTALL)


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
