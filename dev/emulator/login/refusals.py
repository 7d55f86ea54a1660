"""Refusals of a login that do not depend on how the user proves who it is."""

from __future__ import annotations

from dev.emulator.sqlerror import SqlError


def wrong_password(user: str, sqlstate: str = "28P01") -> SqlError:
    """Return what a client is told whose user is unknown, or whose secret is wrong."""
    return SqlError(f"password authentication failed for user {user}", sqlstate=sqlstate)


def no_login(user: str) -> SqlError:
    """Return what a client is told whose user has no LOGIN."""
    return SqlError(f"{user} does not have login privilege", sqlstate="28000")
