"""CANCEL SESSION and CANCEL SESSIONS, as an INSERT that has their effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.statements.ordinary import expression_sql, ordinary_plan
from dev.emulator.statements.plan import Plan, syntax_error, unsupported
from dev.emulator.statements.tokens import Token, join

if TYPE_CHECKING:
    from dev.emulator.statements.dialect import Dialect


def cancel_plan(tokens: list[Token], source: str, dialect: Dialect) -> Plan:
    """Return the plan of CANCEL SESSION with one session, or CANCEL SESSIONS with a query.

    Args:
        tokens: The statement, from its word CANCEL on.
        source: The statement as written.
        dialect: The SQL of the session.

    Raises:
        SqlError: It cancels something else, or names no session.
    """
    what, *rest = tokens[1:] or [Token("", "")]
    if not what.is_word("SESSION", "SESSIONS"):
        raise unsupported(f"the statement CANCEL {what.text.upper()}".strip())
    if_exists = [token.text.upper() for token in rest[:2]] == ["IF", "EXISTS"]
    rest = rest[2:] if if_exists else rest
    if not rest:
        raise syntax_error("EOF")
    sessions = _query(rest, dialect) if what.is_word("SESSIONS") else _value(rest, dialect)
    sql = f"INSERT INTO emulator.cancelling SELECT s.id, {str(if_exists).lower()} FROM ({sessions}) AS s(id)"  # noqa: S608, E501 - of our own and checked words
    return Plan(source, sql, tag="CANCEL SESSIONS")


def _query(tokens: list[Token], dialect: Dialect) -> str:
    inner = tokens[1:-1] if tokens[0].is_operator("(") else tokens
    if not inner or not inner[0].is_word("SELECT", "VALUES", "WITH"):
        raise syntax_error(tokens[0].text)
    return ordinary_plan(inner, join(inner), dialect).sql


def _value(tokens: list[Token], dialect: Dialect) -> str:
    return f"SELECT {expression_sql(join(tokens), dialect)}::text"
