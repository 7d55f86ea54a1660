"""Checks a password against the SCRAM verifier that PostgreSQL keeps of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata


def matches(password: str, verifier: str) -> bool:
    """Return whether a password is the one that a verifier was made from.

    Args:
        password: In clear.
        verifier: `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`.
    """
    _, parameters, keys = verifier.split("$")
    iterations, salt = parameters.split(":")
    stored_key = base64.b64decode(keys.split(":")[0])
    salted = hashlib.pbkdf2_hmac(
        "sha256", _prepared(password), base64.b64decode(salt), int(iterations)
    )
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hashlib.sha256(client_key).digest(), stored_key)


def _prepared(password: str) -> bytes:
    """Return the bytes that PostgreSQL hashed; it normalises what is not plain ASCII."""
    return (password if password.isascii() else unicodedata.normalize("NFKC", password)).encode()
