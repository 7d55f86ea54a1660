"""SHOW in all its forms, as queries: it may also stand in brackets where a table can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dev.emulator.setting_texts.settings import BOOL, DURATION, INT
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.object_statements import schema_databases
from dev.emulator.statements.plan import Plan, identifier, literal, text_array, unsupported
from dev.emulator.statements.relations import database_and_table
from dev.emulator.statements.variables import show_variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.syntax import Clause, Role
    from dev.emulator.versions import Version


def show(clause: Clause, source: str, dialect: Dialect) -> Plan:
    """Return the plan of a SHOW statement.

    Args:
        clause: What follows the word SHOW.
        source: The statement as written.
        dialect: The SQL of the session.

    Raises:
        SqlError: What is asked for does not exist, or is not imitated.
    """
    if clause.kind in _VARIABLES:
        return show_variable(_VARIABLES[clause.kind], source, dialect)
    if clause.kind == "show_variable":
        return show_variable(".".join(clause.parts[0]), source, dialect)
    if clause.kind == "show_cluster_setting":
        return Plan(source, _cluster_setting(clause.parts, dialect), tag="SHOW")
    if clause.kind in _QUERIES_BY_VERSION:
        return Plan(source, _QUERIES_BY_VERSION[clause.kind](dialect.version), tag="SHOW")
    if clause.kind in _GRANTS:
        return Plan(source, _GRANTS[clause.kind](clause.parts, dialect.version), tag="SHOW")
    return Plan(source, _QUERIES[clause.kind](clause.parts), tag="SHOW")


def _rows_of(function: str, *arguments: str) -> str:
    return f"SELECT * FROM {_function(function, *arguments)}"  # noqa: S608 - literals only


def _function(name: str, *arguments: str) -> str:
    return f"emulator.{name}({', '.join(arguments)})"


def _cluster_setting(parts: list[Any], dialect: Dialect) -> str:
    asked = ".".join(parts[0])
    name = dialect.settings.preferred(asked)
    setting = dialect.settings.by_name.get(name)
    if setting is None:
        raise SqlError(f'unknown setting: "{name}"')
    alias = literal(asked if asked.lower() != name else None)
    sql_writers = "true" if dialect.version.sql_writers_read_all else "false"
    arguments = f"{literal(name)}, {alias}, {sql_writers}"
    value = f"emulator.show_setting({arguments})"
    if setting.kind == BOOL:
        value += "::boolean"
    elif setting.kind == INT:
        value += "::int8"
    elif setting.kind == DURATION:
        value = f"emulator.show_duration({arguments})"
    return f"SELECT {value} AS {identifier(name)}"


def _settings_list(version: Version, *, every: bool) -> str:
    columns = ["variable", "value", "setting_type", *(["public"] if every else []), "description"]
    if version.lists_origin:
        columns += ["default_value", "origin"]
    listed = ", ".join(columns)
    only = "" if every else " WHERE public"
    return f"SELECT {listed} FROM emulator.show_settings(){only}"  # noqa: S608 - our own words


def _users(version: Version) -> str:
    if version.users_have_last_login:
        return _rows_of("users_and_last_logins")
    options = "array_to_string(options, ', ') AS options"
    return f"SELECT username, {options}, member_of FROM emulator.users_and_options()"  # noqa: S608 - our own words


def _tables(parts: list[Any]) -> str:
    path: list[str] | None = parts[0]
    if path is None or path == ["public"]:
        return _rows_of("tables_of", "emulator.current_database()")
    if len(path) == 1 or path[1:] == ["public"]:
        return _rows_of("tables_of", literal(path[0]))
    raise unsupported(f"SHOW TABLES FROM {'.'.join(path)}")


def _system_grants(parts: list[Any], version: Version) -> str:
    admins_only = "true" if version.only_admins_list_system_grants else "false"
    rows = _function("system_grants_of", _roles(parts[0]), _inherited(version), admins_only)
    privilege = f"privilege_type AS {version.system_privilege_column}"
    return f"SELECT grantee, {privilege}, is_grantable FROM {rows}"  # noqa: S608 - our own words


def _role_grants(parts: list[Any], version: Version) -> str:
    roles, members = parts
    return _rows_of("role_grants_of", _roles(roles), _roles(members), _inherited(version))


def _object_grants(parts: list[Any], version: Version) -> str:
    target, grantees = parts
    of_whom = _roles(grantees), _inherited(version)
    if target.kind == "databases":
        return _rows_of("database_grants_of", text_array(target.parts), *of_whom)
    if target.kind == "schemas":
        return _rows_of("schema_grants_of", schema_databases(target), *of_whom)
    if len(target.parts) > 1 or target.parts[0].kind != "one_table":
        raise unsupported("SHOW GRANTS on more than one table")
    database, table = database_and_table(target.parts[0].parts)
    return _rows_of("table_grants_of", literal(database), literal(table), *of_whom)


def _all_grants(parts: list[Any], version: Version) -> str:
    rows = _function("grants_of", _roles(parts[0]), _inherited(version))
    name = "object_name, object_type" if version.lists_object_types else "object_name relation_name"
    columns = f"database_name, schema_name, {name}, grantee, privilege_type, is_grantable"
    return f"SELECT {columns} FROM {rows}"  # noqa: S608 - our own words


def _inherited(version: Version) -> str:
    return literal(version.inherited_grants.value)


def _roles(roles: list[Role] | None) -> str:
    """Return roles as a SQL array; NULL, for everybody's, where none are named."""
    if roles is None:
        return "NULL"
    return "ARRAY[" + ", ".join(role.sql for role in roles) + "]::text[]"


_VARIABLES = {"show_time_zone": "timezone", "show_isolation": "transaction_isolation"}
_QUERIES_BY_VERSION: dict[str, Callable[[Version], str]] = {
    "show_public_settings": lambda version: _settings_list(version, every=False),
    "show_all_settings": lambda version: _settings_list(version, every=True),
    "show_users": _users,
}
_QUERIES: dict[str, Callable[[list[Any]], str]] = {
    "show_databases": lambda _: _rows_of("databases"),
    "show_sessions": lambda _: _rows_of("sessions"),
    "show_tables": _tables,
}
_GRANTS: dict[str, Callable[[list[Any], Version], str]] = {
    "show_system_grants": _system_grants,
    "show_role_grants": _role_grants,
    "show_object_grants": _object_grants,
    "show_grants": _all_grants,
}
