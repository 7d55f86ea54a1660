"""The setting `server.jwt_authentication.claim`: from 26.3 on it may be a JSON Pointer (inferred).

Source: CockroachDB pkg/security/jwtauth/settings.go.
"""

from __future__ import annotations

from dev.emulator.go.text import quoted
from dev.emulator.jose.pointers import is_pointer
from dev.emulator.sqlerror import SqlError

MAX_SEGMENTS = 10


def validate_claim(text: str) -> None:
    """Check a value: a pointer needs from one to ten segments, none of them empty.

    Raises:
        SqlError: The text is a pointer, and is not like that.
    """
    if not is_pointer(text):
        return
    segments = text[1:].split("/")
    complaint = f"JWT authentication: JSON Pointer {quoted(text)}"
    if "" in segments:
        raise SqlError(f"{complaint} contains an empty segment")
    if len(segments) > MAX_SEGMENTS:
        raise SqlError(f"{complaint} exceeds maximum depth of {MAX_SEGMENTS} segments")
