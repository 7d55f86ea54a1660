"""Users that a cluster refuses to drop: what holds them, and the statements that help.

CockroachDB refuses with SQLSTATE 2BP01 (pkg/sql/drop_role.go), one kind of reason at a time: first
the grants, in one line; then what the user owns and its default or system privileges, in lines
below the message; then scheduled jobs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from crdb_sso.printing import first_told

MOST = 10
"""How many reasons and statements are shown for one user; the others are counted."""

MOST_USERS = 10
"""How many users are shown; the others are counted."""

_GRANTS = re.compile(r"grants still exist on (.+)", re.DOTALL)
_PART = r'(?:"(?:[^"]|"")+"|[^\s",.;]+)'
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*")
_OWNER = re.compile(r"owner of (database|schema|table|type|function|[a-z ]+?) (\S.*)")
_DEFAULT = re.compile(
    r"privileges for default privileges on new (\w+) (for all roles|belonging to role (\S+))"
    r"(?: in database (\S+))?.*"
)
_OWN_DEFAULT = re.compile(r"owner of default privileges on new .*")
_SYSTEM = re.compile(r"privileges on system: ([A-Z, ]+)")
_SCHEDULES = re.compile(r"it owns \d+ scheduled jobs?")

_KINDS = {1: "DATABASE", 2: "SCHEMA", 3: "TABLE"}
"""What kind of object a granted name is, by the number of its parts."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A user that can't be dropped.

    Attributes:
        user: Its name.
        reasons: What holds it, in the cluster's words, one line each.
        statements: What an admin may run to free it.
    """

    user: str
    reasons: tuple[str, ...]
    statements: tuple[str, ...]


def stuck_user(user: str, said: str, heir: str) -> Stuck:
    """Return why a user can't be dropped, and what helps.

    Args:
        user: The user.
        said: Message and detail of the cluster's refusal.
        heir: The SQL user who is to own what the stuck one owns.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if match := _GRANTS.search(said):
        names = _NAME.findall(match[1])
        statements = [_revoke(name, user) for name in names]
        return Stuck(user, tuple(f"grants on {name}" for name in names), tuple(statements))
    reasons = lines[1:] or lines
    helping = (text for line in reasons for text in _helping(line, user, heir))
    return Stuck(user, tuple(reasons), tuple(dict.fromkeys(helping)))


def stuck_reasons(stuck: Iterable[Stuck]) -> str:
    """Return who is stuck and why, in one bounded line."""
    return "; ".join(
        _first([f"{one.user} ({', '.join(_first(one.reasons))})" for one in stuck], MOST_USERS)
    )


def stuck_help(stuck: Iterable[Stuck]) -> str:
    """Return the statements that help: a bounded number of indented lines."""
    shown = [line for one in islice(stuck, MOST_USERS) for line in _first(one.statements)]
    return "".join(f"\n    {line}" for line in shown)


def _first(items: Iterable[str], most: int = MOST) -> list[str]:
    """Return the first items, and how many more there are."""
    return list(first_told(items, str, "... and {count} more", most))


def _revoke(name: str, user: str) -> str:
    kind = _KINDS.get(len(re.findall(_PART, name)))
    if kind is None:
        return _direct_grants("GRANTS", user)
    return f"REVOKE ALL ON {kind} {name} FROM {_quoted(user)};"


def _direct_grants(what: str, user: str) -> str:
    """Return a query for a user's own grants; newer versions list inherited ones too."""
    literal = "'" + user.replace("'", "''") + "'"
    return f"SELECT * FROM [SHOW {what} FOR {_quoted(user)}] WHERE grantee = {literal};"  # noqa: S608 - shown, never run


def _helping(reason: str, user: str, heir: str) -> Iterator[str]:
    """Yield what frees a user from one reason."""
    if match := _DEFAULT.fullmatch(reason):
        yield from _default_privileges(match, user)
    elif _OWN_DEFAULT.fullmatch(reason):
        yield f"SHOW DEFAULT PRIVILEGES FOR ROLE {_quoted(user)};"
    elif match := _OWNER.fullmatch(reason):
        yield from _handed_over(match[1], match[2], user, heir)
    elif match := _SYSTEM.fullmatch(reason):
        yield f"REVOKE SYSTEM {match[1].strip()} FROM {_quoted(user)};"
    elif _SCHEDULES.search(reason):
        yield f"SHOW SCHEDULES; -- then DROP SCHEDULE id; for each one that {user} owns"
    else:
        yield _direct_grants("GRANTS", user)
        yield _direct_grants("SYSTEM GRANTS", user)


_TARGETS: Mapping[str, str] = {
    "relations": "TABLES",
    "sequences": "SEQUENCES",
    "types": "TYPES",
    "schemas": "SCHEMAS",
    "functions": "FUNCTIONS",
}


def _default_privileges(match: re.Match[str], user: str) -> Iterator[str]:
    if match[1] not in _TARGETS:
        yield f"SHOW DEFAULT PRIVILEGES FOR GRANTEE {_quoted(user)};"
        return
    whose = f"ROLE {_quoted(match[3].strip(chr(34)))}" if match[3] else "ALL ROLES"
    use = f"USE {_quoted(match[4].strip(chr(34)))}; " if match[4] else ""
    yield (
        f"{use}ALTER DEFAULT PRIVILEGES FOR {whose}"
        f" REVOKE ALL ON {_TARGETS[match[1]]} FROM {_quoted(user)};"
    )


def _handed_over(kind: str, name: str, user: str, heir: str) -> Iterator[str]:
    """Yield what gives an object to the heir; REASSIGN OWNED affects the current database only."""
    parts = re.findall(_PART, name)
    if kind == "database":  # its name is never quoted
        yield f"ALTER DATABASE {_quoted(name.strip(chr(34)))} OWNER TO {_quoted(heir)};"
    elif len(parts) > 1:
        database = _quoted(parts[0].strip('"').replace('""', '"'))
        yield f"USE {database}; REASSIGN OWNED BY {_quoted(user)} TO {_quoted(heir)};"
    else:
        yield f"REASSIGN OWNED BY {_quoted(user)} TO {_quoted(heir)}; -- in each of its databases"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
