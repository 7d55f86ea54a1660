"""From the text of a client to plans: the one way in to this package."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dev.emulator.statements import object_statements, role_statements, session_statements
from dev.emulator.statements.cancelling import cancel_plan
from dev.emulator.statements.dialect import DEFAULT_DIALECT
from dev.emulator.statements.ordinary import ordinary_plan
from dev.emulator.statements.show_statements import show
from dev.emulator.statements.syntax import read
from dev.emulator.statements.tokens import Token, join, statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.plan import Plan

_ORDINARY = ("SELECT", "WITH", "VALUES", "INSERT", "UPSERT", "UPDATE", "DELETE", "TABLE")
_ORDINARY_OBJECTS = ("TABLE", "INDEX", "UNIQUE")

_BUILDERS: dict[str, Callable[[list[Any], str], Plan]] = {
    builder.__name__: builder
    for builder in (
        role_statements.drop_role,
        role_statements.grant_role,
        role_statements.revoke_role,
        role_statements.grant_system,
        role_statements.revoke_system,
        session_statements.drop_database,
        object_statements.own_database,
        object_statements.own_table,
        session_statements.use,
        session_statements.set_transaction,
        session_statements.set_characteristics,
        session_statements.begin,
        session_statements.commit,
        session_statements.rollback,
        session_statements.savepoint,
        session_statements.release,
        session_statements.rollback_to,
        session_statements.deallocate,
    )
}
# What these mean depends on the version.
_BUILDERS_BY_DIALECT: dict[str, Callable[[list[Any], str, Dialect], Plan]] = {
    builder.__name__: builder
    for builder in (
        role_statements.create_role,
        role_statements.alter_role,
        object_statements.grant_object,
        object_statements.revoke_object,
        object_statements.create_database,
        object_statements.own_schema,
        session_statements.set_cluster_setting,
        session_statements.reset_cluster_setting,
        session_statements.set_variable,
        session_statements.set_time_zone,
        session_statements.reset_variable,
    )
}


_SCHEMA_CHANGES = {
    "create_role",
    "alter_role",
    "drop_role",
    "grant_role",
    "revoke_role",
    "grant_system",
    "revoke_system",
    "grant_object",
    "revoke_object",
    "create_database",
    "drop_database",
    "own_database",
    "own_schema",
    "own_table",
}


@functools.lru_cache(maxsize=1024)
def plans(sql: str, dialect: Dialect = DEFAULT_DIALECT) -> tuple[Plan, ...]:
    """Return what to do for each statement of a string; none for an empty one.

    Args:
        sql: The string.
        dialect: The SQL of the session.

    Raises:
        SqlError: One of them is not on the allow-list (0A000), or is wrong: none may run.
    """
    return tuple(_plan(tokens, sql, dialect) for tokens in statements(sql))


def _plan(tokens: list[Token], sql: str, dialect: Dialect) -> Plan:
    source = sql[tokens[0].start : tokens[-1].end]
    first = tokens[0]
    if first.is_word(*_ORDINARY) or first.is_operator("("):
        return ordinary_plan(tokens, source, dialect)
    if (
        len(tokens) > 1
        and first.is_word("CREATE", "DROP")
        and tokens[1].is_word(*_ORDINARY_OBJECTS)
    ):
        return ordinary_plan(tokens, source, dialect)
    if first.is_word("CANCEL"):
        return cancel_plan(tokens, source, dialect)
    tree = read(join(tokens))
    if tree.kind == "show":
        return show(tree.parts[0], source, dialect)
    if tree.kind in _BUILDERS_BY_DIALECT:
        plan = _BUILDERS_BY_DIALECT[tree.kind](tree.parts, source, dialect)
    else:
        plan = _BUILDERS[tree.kind](tree.parts, source)
    return replace(plan, changes_schema=tree.kind in _SCHEMA_CHANGES)
