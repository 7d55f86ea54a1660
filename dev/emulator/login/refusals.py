"""Refusals of a login that are the same for every way in."""

from __future__ import annotations

from dev.emulator.sqlerror import SqlError


def wrong_password(user: str, sqlstate: str = "28P01") -> SqlError:
    """Return the refusal of an unknown user, or of a wrong secret."""
    return SqlError(f"password authentication failed for user {user}", sqlstate=sqlstate)


def no_login(user: str) -> SqlError:
    """Return the refusal of a user without LOGIN."""
    return SqlError(f"{user} does not have login privilege", sqlstate="28000")
