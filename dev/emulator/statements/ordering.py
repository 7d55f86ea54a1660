"""Where NULL comes in an order: first in CockroachDB, last in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.statements.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS = ("LIMIT", "OFFSET", "FETCH", "FOR", "UNION", "INTERSECT", "EXCEPT", "RETURNING")


def order_nulls(tokens: list[Token]) -> None:
    """Say in each ORDER BY where NULL comes, unless the statement says so.

    Args:
        tokens: A statement; changed in place, without moving any token.
    """
    for position in range(len(tokens) - 1):
        if tokens[position].is_word("ORDER") and tokens[position + 1].is_word("BY"):
            for item in list(_items(tokens, position + 2)):
                _place_nulls(tokens, item)


def _items(tokens: list[Token], first: int) -> Iterator[list[int]]:
    """Yield the items of an ORDER BY, each as the positions of its tokens outside brackets."""
    depth = 0
    item: list[int] = []
    for position in range(first, len(tokens)):
        token = tokens[position]
        closes = token.is_operator(")") or token.is_operator("]")
        if depth == 0 and (closes or token.is_operator(",") or token.is_word(*_ENDS)):
            yield item
            item = []
            if not token.is_operator(","):
                return
            continue
        depth += (token.is_operator("(") or token.is_operator("[")) - closes
        if depth == 0 and token.text:
            item.append(position)
    yield item


def _place_nulls(tokens: list[Token], item: list[int]) -> None:
    if not item or any(tokens[position].is_word("NULLS") for position in item):
        return
    last = tokens[item[-1]]
    where = "LAST" if last.is_word("DESC") else "FIRST"
    tokens[item[-1]] = Token("sql", f"{last.text} NULLS {where}")
