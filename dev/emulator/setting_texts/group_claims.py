"""Names of claims that hold groups (settings.go of the package jwtauth)."""

from __future__ import annotations

import re2

from dev.emulator.go.text import quoted, trimmed
from dev.emulator.sqlerror import SqlError

_NAME = re2.compile(r"^[A-Za-z0-9_.-]+$")


def validate_group_claims(text: str) -> None:
    """Check a value for `group_claim` or `userinfo_group_key`: names with commas between them.

    Only a list of one name is ever found in a token: it is looked up as a whole.

    Raises:
        SqlError: It is empty, a name is, or one has a character that names do not have.
    """
    if not trimmed(text):
        raise SqlError("JWT authentication: value cannot be empty")
    for name in map(trimmed, text.split(",")):
        if not name:
            raise SqlError("JWT authentication: empty token in list")
        if not _NAME.search(name):
            raise SqlError(f"JWT authentication: {quoted(name)} contains invalid characters")
