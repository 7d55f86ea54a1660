"""Type names that PostgreSQL lacks, or reads as a smaller type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.statements.tokens import NAME, QUOTED, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {
    "BYTES": "BYTEA",
    "BLOB": "BYTEA",
    "INT": "INT8",
    "INTEGER": "INT8",
    "STRING": "TEXT",
}


def exchange_types(tokens: list[Token]) -> None:
    """Write PostgreSQL's names of types in place of CockroachDB's.

    Args:
        tokens: A statement; changed in place.
    """
    for position in _type_positions(tokens):
        name = _TYPES.get(tokens[position].text.upper())
        if name is not None:
            tokens[position] = Token(NAME, name)


def _type_positions(tokens: list[Token]) -> Iterator[int]:
    is_definition = tokens[0].is_word("CREATE")  # where a type follows a column's name
    casts = 0  # how many CAST( are open whose AS is still to come
    for position in range(1, len(tokens)):
        before, token = tokens[position - 1], tokens[position]
        if before.is_word("CAST") and token.is_operator("("):
            casts += 1
        if token.kind != NAME:
            continue
        if before.is_operator("::"):
            yield position
        elif casts and before.is_word("AS"):
            casts -= 1
            yield position
        elif is_definition and before.kind in (NAME, QUOTED) and _opens(tokens[position - 2]):
            yield position


def _opens(token: Token) -> bool:
    """Return whether a column may begin after a token."""
    return token.is_operator("(") or token.is_operator(",")
