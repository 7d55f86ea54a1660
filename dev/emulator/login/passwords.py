"""Checks a password against the SCRAM verifier that PostgreSQL stores."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is stored of a password (RFC 5803)."""

    iterations: int
    salt: bytes = field(repr=False)
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`."""
        _, parameters, keys = text.split("$")
        iterations, salt = parameters.split(":")
        stored_key, server_key = keys.split(":")
        decode = base64.b64decode
        return cls(int(iterations), decode(salt), decode(stored_key), decode(server_key))

    def knows(self, client_key: bytes) -> bool:
        """Tell whether a client's key was made from the password."""
        return hmac.compare_digest(hashlib.sha256(client_key).digest(), self.stored_key)


def matches(password: str, verifier: str) -> bool:
    """Return whether a password is the one that a verifier was made from.

    Args:
        password: In clear; surrogates stand for bytes that are not UTF-8.
        verifier: As `Verifier.parse` reads it.
    """
    kept = Verifier.parse(verifier)
    salted = hashlib.pbkdf2_hmac("sha256", _prepared(password), kept.salt, kept.iterations)
    return kept.knows(hmac.digest(salted, b"Client Key", "sha256"))


def _prepared(password: str) -> bytes:
    """Return the bytes that PostgreSQL hashed; it normalises what is not plain ASCII."""
    plain = password if password.isascii() else unicodedata.normalize("NFKC", password)
    return plain.encode("utf-8", "surrogateescape")
