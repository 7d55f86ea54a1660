"""SQL user names: how they are folded, which ones may be created (pkg/security/username)."""

from __future__ import annotations

import unicodedata

import re2

from dev.emulator.go.text import quoted
from dev.emulator.sqlerror import SqlError

HELP = (
    "Usernames are case insensitive, must start with a letter, digit or underscore, may contain "
    "letters, digits, dashes, periods, or underscores, and must not exceed 63 characters."
)
MAX_BYTES = 63
INVALID_NAME = "42602"
NAME_TOO_LONG = "42622"
RESERVED_NAME = "42939"

ROOT = "root"
_DOTTED_AND_DOTLESS_I = {0x130: "i", 0x131: "i"}
_MAY_BE_CREATED = re2.compile(r"^[\p{Ll}0-9_][-\p{Ll}0-9_.]*$")


def normalise(name: str) -> str:
    """Return a user name as the cluster compares and stores it.

    Lower case is taken character by character (a capital sigma at the end of a word stays an
    ordinary one), every kind of i becomes `i`, and the result is in Unicode's form NFC.
    """
    lower = "".join(character.lower() for character in name.translate(_DOTTED_AND_DOTLESS_I))
    return unicodedata.normalize("NFC", lower)


def is_reserved(name: str) -> bool:
    """Tell whether a normalised name belongs to the cluster itself; `admin` and `root` do not."""
    return name in {"public", "none", "node"} or name.startswith(("pg_", "crdb_internal_"))


def may_not_use_jwt(name: str) -> bool:
    """Tell whether a normalised name can never log in with a token."""
    return name == ROOT or is_reserved(name)


def check_new(name: str) -> None:
    """Check a name that is about to be created.

    Args:
        name: As it stands in the statement; it is normalised first.

    Raises:
        SqlError: The name is empty or has a character that is not allowed (42602), is longer than
            63 bytes (42622), or is reserved (42939).
    """
    user = normalise(name)
    if not user:
        raise SqlError(f"{quoted(user)}: username is empty", sqlstate=INVALID_NAME, hint=HELP)
    if len(user.encode()) > MAX_BYTES:
        raise SqlError(f"{quoted(user)}: username is too long", sqlstate=NAME_TOO_LONG, hint=HELP)
    if not _MAY_BE_CREATED.search(user):
        raise SqlError(f"{quoted(user)}: username is invalid", sqlstate=INVALID_NAME, hint=HELP)
    if is_reserved(user):
        raise SqlError(f"role name {quoted(user)} is reserved", sqlstate=RESERVED_NAME)
