"""UPSERT, as the INSERT .. ON CONFLICT that does the same."""

from __future__ import annotations

from dev.emulator.statements.plan import identifier, unsupported
from dev.emulator.statements.tokens import NAME, QUOTED, Token


def upsert_clause(tokens: list[Token]) -> str:
    """Return the ON CONFLICT clause that an UPSERT stands for.

    A conflict is one on the primary key, which has the name that PostgreSQL and CockroachDB both
    give it: `<table>_pkey`.

    Args:
        tokens: The whole statement, from its word UPSERT on.

    Raises:
        SqlError: The statement does not list its columns.
    """
    position = 2  # after UPSERT INTO
    while position + 1 < len(tokens) and tokens[position + 1].is_operator("."):
        position += 2
    columns: list[str] = []
    if position + 1 < len(tokens) and tokens[position + 1].is_operator("("):
        for token in tokens[position + 2 :]:
            if token.is_operator(")"):
                break
            if token.kind in (NAME, QUOTED):
                columns.append(token.text)
    if not columns or columns[0].upper() in ("SELECT", "VALUES", "WITH"):
        raise unsupported("UPSERT without a list of columns")
    table = tokens[position]
    name = table.text[1:-1].replace('""', '"') if table.kind == QUOTED else table.text.lower()
    assigned = ", ".join(f"{column} = excluded.{column}" for column in columns)
    return f"ON CONFLICT ON CONSTRAINT {identifier(name + '_pkey')} DO UPDATE SET {assigned}"
