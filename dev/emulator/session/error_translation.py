"""PostgreSQL's errors in CockroachDB's words; nothing in them names the stand-in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dev.emulator.wire.messages import Notice

_TOLD = "SVCMDHn"  # severity, code, message, detail, hint, constraint


@dataclass(frozen=True)
class _Rule:
    """An error of PostgreSQL, and what CockroachDB says instead."""

    sqlstate: str
    pattern: re.Pattern[str]
    message: str
    new_sqlstate: str = ""


def _rule(sqlstate: str, pattern: str, message: str, new_sqlstate: str = "") -> _Rule:
    return _Rule(sqlstate, re.compile(pattern, re.DOTALL), message, new_sqlstate)


_NO_COLUMN = "42703"
_OF_CATALOG = "of a system catalog is not implemented in the embedded cluster"
_RETRY = "restart transaction: TransactionRetryWithProtoRefreshError: "
_RULES = (
    _rule(
        "42501",
        r"permission denied for (?:table|relation|view) (.*)",
        r"user {user} does not have {privilege} privilege on relation \1",
    ),
    _rule(
        "42501",
        r"must be owner of (?:table|relation|index) (.*)",
        r"user {user} does not have {privilege} privilege on relation \1",
    ),
    _rule(
        "42501",
        r"permission denied for schema .*\.public",
        r"user {user} does not have CREATE privilege on schema public",
    ),
    _rule(
        "3F000", r'schema "(.*)\.public" does not exist', r'database "\1" does not exist', "3D000"
    ),
    _rule("3F000", r"no schema has been selected.*", r"no database or schema specified", "3D000"),
    _rule("42P01", r'table "(.*)" does not exist', r'relation "\1" does not exist'),
    _rule("42704", r'role "(.*)" does not exist', r'role/user "\1" does not exist'),
    _rule("42703", r'column "(.*)" of relation ".*" does not exist', r'column "\1" does not exist'),
    _rule("42703", r"column (\w+\.\w+) does not exist", r'column "\1" does not exist'),
    _rule(
        "23502",
        r'null value in column "(.*)" of relation ".*" violates not-null constraint',
        r'null value in column "\1" violates not-null constraint',
    ),
    _rule(
        "23514",
        r'new row for relation ".*" violates check constraint "(.*)"',
        r"failed to satisfy CHECK constraint (\1)",
    ),
    _rule(
        "22P02", r'invalid input syntax for type (.*): "(.*)"', r'could not parse "\2" as type \1'
    ),
    _rule("42601", r'syntax error at or near "(.*)"', r'at or near "\1": syntax error'),
    _rule("42601", r"syntax error at end of input", r'at or near "EOF": syntax error'),
    _rule("57014", r".*statement timeout", r"query execution canceled due to statement timeout"),
    _rule("57014", r".*user request", r"query execution canceled"),
    _rule("40P01", r"deadlock detected", _RETRY + "TransactionAbortedError", "40001"),
    _rule("XX000", r"tuple concurrently (?:updated|deleted)", _RETRY + "WriteTooOldError", "40001"),
    _rule("23505", r'duplicate key .* constraint "pg_.*"', _RETRY + "WriteTooOldError", "40001"),
)


def translate(notice: Notice, user: str, privilege: str, *, catalogs: bool = False) -> Notice:
    """Return an error as CockroachDB would word it.

    Args:
        notice: What PostgreSQL said.
        user: The user of the session.
        privilege: What the statement needed on a table, e.g. `SELECT`.
        catalogs: Whether the statement reads system catalogs, which lack columns here.
    """
    fields = {code: text for code, text in notice.fields.items() if code in _TOLD and text}
    if catalogs and fields.get("C") == _NO_COLUMN:
        column = fields["M"].removeprefix("column ").removesuffix(" does not exist")
        return Notice(fields | {"C": "0A000", "M": f"the column {column} {_OF_CATALOG}"})
    for rule in _RULES:
        match = rule.pattern.fullmatch(fields.get("M", ""))
        if fields.get("C") == rule.sqlstate and match:
            message = match.expand(rule.message)
            fields["M"] = message.replace("{user}", user).replace("{privilege}", privilege)
            fields["C"] = rule.new_sqlstate or rule.sqlstate
            fields.pop("D", None)
            fields.pop("H", None)
            break
    return Notice(fields)
