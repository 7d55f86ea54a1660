"""SHOW in all its forms, as queries: it may also stand in brackets where a table can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dev.emulator.settings import BOOL, DURATION, INT, SETTINGS, preferred_name
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import Plan, identifier, literal, text_array, unsupported
from dev.emulator.statements.relations import database_and_table
from dev.emulator.statements.variables import show_variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from dev.emulator.statements.syntax import Clause, Role


def show(clause: Clause, source: str) -> Plan:
    """Return the plan of a SHOW statement.

    Args:
        clause: What follows the word SHOW.
        source: The statement as written.

    Raises:
        SqlError: What is asked for does not exist, or is not imitated.
    """
    if clause.kind in _VARIABLES:
        return show_variable(_VARIABLES[clause.kind], source)
    if clause.kind == "show_variable":
        return show_variable(".".join(clause.parts[0]), source)
    return Plan(source, _QUERIES[clause.kind](clause.parts), tag="SHOW")


def _rows_of(function: str, *arguments: str) -> str:
    return f"SELECT * FROM emulator.{function}({', '.join(arguments)})"  # noqa: S608 - literals only


def _cluster_setting(parts: list[Any]) -> str:
    asked = ".".join(parts[0])
    name = preferred_name(asked)
    setting = SETTINGS.get(name)
    if setting is None:
        raise SqlError(f'unknown setting: "{name}"')
    arguments = f"{literal(name)}, {literal(asked if asked.lower() != name else None)}"
    value = f"emulator.show_setting({arguments})"
    if setting.kind == BOOL:
        value += "::boolean"
    elif setting.kind == INT:
        value += "::int8"
    elif setting.kind == DURATION:
        value = f"emulator.show_duration({arguments})"
    return f"SELECT {value} AS {identifier(name)}"


def _tables(parts: list[Any]) -> str:
    path: list[str] | None = parts[0]
    if path is None or path == ["public"]:
        return _rows_of("tables_of", "emulator.current_database()")
    if len(path) == 1 or path[1:] == ["public"]:
        return _rows_of("tables_of", literal(path[0]))
    raise unsupported(f"SHOW TABLES FROM {'.'.join(path)}")


def _role_grants(parts: list[Any]) -> str:
    roles, members = parts
    return _rows_of("role_grants_of", _roles(roles), _roles(members))


def _object_grants(parts: list[Any]) -> str:
    target, grantees = parts
    if target.kind == "databases":
        return _rows_of("database_grants_of", text_array(target.parts), _roles(grantees))
    if len(target.parts) > 1 or target.parts[0].kind != "one_table":
        raise unsupported("SHOW GRANTS on more than one table")
    database, table = database_and_table(target.parts[0].parts)
    return _rows_of("table_grants_of", literal(database), literal(table), _roles(grantees))


def _roles(roles: list[Role] | None) -> str:
    """Return roles as a SQL array; NULL, for everybody's, where none are named."""
    if roles is None:
        return "NULL"
    return "ARRAY[" + ", ".join(role.sql for role in roles) + "]::text[]"


_VARIABLES = {"show_time_zone": "timezone", "show_isolation": "transaction_isolation"}
_QUERIES: dict[str, Callable[[list[Any]], str]] = {
    "show_cluster_setting": _cluster_setting,
    "show_public_settings": lambda _: _rows_of("show_public_settings"),
    "show_all_settings": lambda _: _rows_of("show_settings"),
    "show_users": lambda _: _rows_of("show_users"),
    "show_databases": lambda _: _rows_of("databases"),
    "show_tables": _tables,
    "show_system_grants": lambda parts: _rows_of("system_grants_of", _roles(parts[0])),
    "show_role_grants": _role_grants,
    "show_object_grants": _object_grants,
    "show_grants": lambda parts: _rows_of("grants_of", _roles(parts[0])),
}
