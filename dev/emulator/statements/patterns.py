"""Regular expressions: only those that mean the same in RE2, CockroachDB's, and PostgreSQL's."""

from __future__ import annotations

import re

from dev.emulator.statements.plan import unsupported
from dev.emulator.statements.tokens import STRING, Token

_OPERATORS = frozenset({"~", "~*", "!~", "!~*"})
# escapes, groups with options, and what only one of them knows in brackets or at the start
_DIFFERS = re.compile(r"\\|\(\?|\*\*\*|\[[.=]|\[:[<>]")


def check_patterns(tokens: list[Token]) -> None:
    """Refuse a regular expression that may mean something else in CockroachDB.

    Args:
        tokens: A statement.

    Raises:
        SqlError: One is not a literal, or holds more than both engines have in common.
    """
    for position, token in enumerate(tokens[:-1]):
        if token.text not in _OPERATORS:
            continue
        pattern = tokens[position + 1]
        if pattern.kind != STRING or _DIFFERS.search(pattern.text):
            raise unsupported(f"the regular expression {pattern.text}")
