"""SQL user and role names as CockroachDB accepts them (pkg/security/username/username.go)."""

import unicodedata
from string import digits

from crdb_sso.argument_names import Argument
from crdb_sso.errors import InvalidInput, InvalidUserName
from crdb_sso.printing import shown

LONGEST_NAME = 63
"""Bytes of UTF-8."""

NEVER_A_LOGIN = frozenset({"root", "node", "public", "none", "admin"})
"""Users that no token may ever log in as."""

NOBODY = frozenset({"", "root", "node", "public", "none"})
"""Names that the server refuses wherever a line of the identity map maps to them."""

RESERVED_PREFIXES = ("pg_", "crdb_internal_")


_KINDS_OF_I = {0x130: "i", 0x131: "i"}  # with and without dot, as in Turkish


def normalised(name: str) -> str:
    """Return a name as CockroachDB stores it: lower case, every kind of i an `i`, Unicode NFC."""
    lower = "".join(char.lower() for char in name.translate(_KINDS_OF_I))
    return unicodedata.normalize("NFC", lower)


def check_login_name(name: str) -> None:
    """Check the name of a SQL user that workloads log in as.

    Raises:
        InvalidUserName: It is empty, too long, reserved, has illegal characters, is not as the
            cluster would store it, or no token may log in as it.
    """
    check_role_name(name)
    if is_reserved(name):
        raise InvalidUserName(
            f"the SQL user {name!r} is reserved or too powerful for a token login",
            hint="Make a separate user, and give it what it needs through `roles`.",
        )


def is_reserved(name: str) -> bool:
    """Tell whether a user is one of the cluster's own, or named like one."""
    return name in NEVER_A_LOGIN or name.startswith(RESERVED_PREFIXES)


def check_role_name(name: str) -> None:
    """Check the name of a role.

    Raises:
        InvalidUserName: It is empty, too long, has illegal characters, or is not as the cluster
            would store it.
    """
    if not name or not _is_legal(normalised(name)):
        raise InvalidUserName(
            f"{name!r} is not a legal SQL user name",
            hint="Names start with a letter, digit or underscore, and continue with letters,"
            " digits, dashes, periods, underscores.",
        )
    if len(name.encode()) > LONGEST_NAME:
        raise InvalidUserName(
            f"the SQL user name {shown(name)} is too long: {len(name.encode())} bytes",
            hint=f"CockroachDB takes at most {LONGEST_NAME} bytes.",
        )
    if name != normalised(name):
        raise InvalidUserName(
            f"the SQL user name {name!r} is not as CockroachDB stores it",
            hint=f"Write {normalised(name)!r}: names are folded to lower case.",
        )


def check_registry_role(name: str) -> None:
    """Check the name of a role whose members use the claim tables.

    Raises:
        InvalidUserName: It is not the name of a role, or everybody, nobody or an admin has it.
    """
    check_role_name(name)
    if name in NEVER_A_LOGIN or name.startswith(RESERVED_PREFIXES):
        raise InvalidUserName(
            f"{name!r} is a reserved name, not a role for the operators of the claim tables",
            hint="Name a role of its own, e.g. 'sso_operators'; it is made if it does not exist.",
        )


def check_database_name(name: str) -> None:
    """Check the name of the registry database: the rules are those of roles; `system` is taken.

    Raises:
        InvalidInput: It is empty, too long, has illegal characters, or is `system`.
    """
    if not name or not _is_legal(name) or len(name.encode()) > LONGEST_NAME or name == "system":
        raise InvalidInput(
            f"{name!r} is not a legal name of a registry database",
            hint=f"Give at most {LONGEST_NAME} bytes of lower case letters, digits, dashes,"
            " periods, underscores, e.g. 'crdb_sso', but not `system`.",
        )


def _is_legal(name: str) -> bool:
    return _is_start(name[0]) and all(_is_start(c) or c in "-." for c in name)


def _is_start(char: str) -> bool:
    """Tell whether a name may begin with a character: a lower case letter, 0 to 9 or `_`."""
    return char == "_" or char in digits or unicodedata.category(char) == "Ll"


_MAP_THEM = f"have the subjects mapped: the issuer without {Argument.SUBJECT_IS_USERNAME}."


def check_name(subject: str, user: str) -> None:
    """Check that tokens with a subject log in as a user, where subjects are user names.

    Raises:
        InvalidInput: They log in as another user, or the subject is a regular expression.
    """
    if subject.startswith("/"):
        raise InvalidInput(
            f"{subject!r} is a regular expression, but here subjects are user names",
            hint=f"Give {user!r} as the subject, or {_MAP_THEM}",
        )
    if normalised(subject) != user:
        raise InvalidInput(
            f"tokens with the subject {subject!r} log in as {normalised(subject)!r} here, not as"
            f" {user!r}",
            hint=f"Name the login after its subject, or {_MAP_THEM}",
        )
