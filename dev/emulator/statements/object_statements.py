"""Databases, schemas and tables as things that are owned: made, given away, granted, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import (
    Plan,
    boolean,
    identifier,
    literal,
    text_array,
    unsupported,
)
from dev.emulator.statements.privileges import (
    SCHEMA_PRIVILEGES,
    TABLE_PRIVILEGES,
    database_privileges,
    known_privileges,
    public_privileges,
    role_array,
)
from dev.emulator.statements.relations import database_and_table, relation_sql, schema_of

if TYPE_CHECKING:
    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.syntax import Clause, Role

_ALL_ON_TABLES = "SELECT, INSERT, UPDATE, DELETE"
_PUBLIC_IS_ALTERED_SINCE = (23, 1)


def create_database(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of CREATE DATABASE."""
    if_not_exists, name = parts
    call = (
        f"CALL emulator.create_database({literal(name)}, {boolean(if_not_exists)}, "
        f"{text_array(public_privileges(dialect.version))}, "
        f"{boolean(dialect.version.admin_owns_public)})"
    )
    return Plan(source, call, tag="CREATE DATABASE")


def own_database(parts: list[Any], source: str) -> Plan:
    """Return the plan of ALTER DATABASE .. OWNER TO."""
    name, role = parts
    call = f"CALL emulator.own_database({literal(name)}, {role.sql})"
    return Plan(source, call, tag="ALTER DATABASE")


def own_schema(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of ALTER SCHEMA .. OWNER TO.

    Raises:
        SqlError: This version leaves the schema `public` to admin.
    """
    path, role = parts
    database = _database_of_public(path)
    if dialect.version.series < _PUBLIC_IS_ALTERED_SINCE:
        raise SqlError(f'cannot modify schema "{".".join(path)}"', sqlstate="3F000")
    call = f"CALL emulator.own_schema({database}, {role.sql})"
    return Plan(source, call, tag="ALTER SCHEMA")


def own_table(parts: list[Any], source: str) -> Plan:
    """Return the plan of ALTER TABLE .. OWNER TO."""
    path, role = parts
    database, table = database_and_table(path)
    call = f"CALL emulator.own_table({literal(database)}, {literal(table)}, {role.sql})"
    return Plan(source, call, tag="ALTER TABLE")


def grant_object(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of GRANT on databases, schemas or tables."""
    privileges, target, grantees, with_grant = parts
    option = " WITH GRANT OPTION" if with_grant else ""
    if target.kind == "databases":
        held = text_array(known_privileges(privileges, database_privileges(dialect.version)))
        call = (
            f"CALL emulator.grant_database({text_array(target.parts)}, {held}, "
            f"{role_array(grantees)}, {boolean(with_grant)})"
        )
        return Plan(source, call, tag="GRANT")
    if target.kind == "schemas":
        return Plan(
            source, _schema_call("GRANT", privileges, target, grantees, option), tag="GRANT"
        )
    sql = f"GRANT {_on_tables(privileges, target)} TO {_grantees(grantees)}{option}"
    return Plan(source, sql, tag="GRANT", privilege="GRANT")


def revoke_object(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of REVOKE on databases, schemas or tables."""
    only_option, privileges, target, grantees = parts
    verb = "REVOKE GRANT OPTION FOR" if only_option else "REVOKE"
    if target.kind == "databases":
        held = text_array(known_privileges(privileges, database_privileges(dialect.version)))
        call = (
            f"CALL emulator.revoke_database({text_array(target.parts)}, {held}, "
            f"{role_array(grantees)}, {boolean(only_option)})"
        )
        return Plan(source, call, tag="REVOKE")
    if target.kind == "schemas":
        return Plan(source, _schema_call(verb, privileges, target, grantees, ""), tag="REVOKE")
    sql = f"{verb} {_on_tables(privileges, target)} FROM {_grantees(grantees)}"
    return Plan(source, sql, tag="REVOKE", privilege="GRANT")


def _schema_call(
    verb: str, privileges: list[str], target: Clause, grantees: list[Role], tail: str
) -> str:
    held = text_array(known_privileges(privileges, SCHEMA_PRIVILEGES))
    return (
        f"CALL emulator.change_schema_grant({literal(verb)}, {schema_databases(target)}, {held}, "
        f"{role_array(grantees)}, {literal(tail)})"
    )


def _database_of_public(path: list[str]) -> str:
    """Return the database whose schema `public` is named, as a SQL expression of type text."""
    *database, schema = path
    if schema != "public" or len(database) > 1:
        raise unsupported(f"the schema {'.'.join(path)}")
    return literal(database[0]) if database else "emulator.current_database()"


def schema_databases(target: Clause) -> str:
    """Return the databases whose schemas `public` are named, as a SQL array of text."""
    return "ARRAY[" + ", ".join(map(_database_of_public, target.parts)) + "]::text[]"


def _on_tables(privileges: list[str], target: Clause) -> str:
    wanted = known_privileges(privileges, TABLE_PRIVILEGES)
    held = _ALL_ON_TABLES if "ALL" in wanted else ", ".join(wanted)
    if all(pattern.kind == "one_table" for pattern in target.parts):
        names = [_table(pattern.parts) for pattern in target.parts]
        return f"{held} ON {', '.join(names)}"
    if any(pattern.kind == "one_table" for pattern in target.parts):
        raise unsupported("a GRANT on tables and on all tables at once")
    databases = [_database_of_star(pattern.parts) for pattern in target.parts]
    return f"{held} ON ALL TABLES IN SCHEMA {', '.join(map(schema_of, databases))}"


def _table(parts: list[str]) -> str:
    return relation_sql(parts) or identifier(parts[-1])


def _database_of_star(qualifiers: list[str]) -> str:
    if len(qualifiers) == 1 or qualifiers[1:] == ["public"]:
        return qualifiers[0]
    raise unsupported(f"the tables {'.'.join(qualifiers)}.*")


def _grantees(roles: list[Role]) -> str:
    return ", ".join(_grantee(role) for role in roles)


def _grantee(role: Role) -> str:
    if role.is_session:
        return "SESSION_USER"
    return "PUBLIC" if role.name == "public" else identifier(role.name)
