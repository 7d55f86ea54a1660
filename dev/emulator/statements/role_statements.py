"""CREATE, ALTER, DROP of users and roles; GRANT and REVOKE of roles, system privileges, objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import (
    Plan,
    identifier,
    literal,
    syntax_error,
    text_array,
    unsupported,
)
from dev.emulator.statements.relations import relation_sql, schema_of
from dev.emulator.usernames import check_new, is_reserved

if TYPE_CHECKING:
    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.syntax import Clause, Role
    from dev.emulator.versions import Series

SYSTEM_PRIVILEGES = {
    "ALL",
    "BACKUP",
    "BYPASSRLS",
    "CANCELQUERY",
    "CONTROLJOB",
    "CREATEDB",
    "CREATELOGIN",
    "CREATEROLE",
    "EXTERNALCONNECTION",
    "EXTERNALIOIMPLICITACCESS",
    "INSPECT",
    "MODIFYCLUSTERSETTING",
    "MODIFYSQLCLUSTERSETTING",
    "NOSQLLOGIN",
    "REPAIRCLUSTER",
    "REPLICATION",
    "RESTORE",
    "VIEWACTIVITY",
    "VIEWACTIVITYREDACTED",
    "VIEWCLUSTERMETADATA",
    "VIEWCLUSTERSETTING",
    "VIEWDEBUG",
    "VIEWJOB",
    "VIEWSYSTEMTABLE",
}
DATABASE_PRIVILEGES = {"ALL", "CONNECT", "CREATE", "DROP"}
TABLE_PRIVILEGES = {"ALL", "SELECT", "INSERT", "UPDATE", "DELETE"}
# Role options that not every version has, and the first series that does.
LATER_OPTIONS: dict[str, Series] = {"SUBJECT": (24, 1), "PROVISIONSRC": (25, 3)}
_ALL_ON_TABLES = "SELECT, INSERT, UPDATE, DELETE"


def create_role(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of CREATE USER and CREATE ROLE."""
    kind, if_not_exists, role, *options = parts
    names, given = _options(options, dialect)
    if kind.kind == "role_kind" and "LOGIN" not in names and "NOLOGIN" not in names:
        names, given = [*names, "NOLOGIN"], [*given, "NULL"]
    call = (
        f"CALL emulator.create_role({literal(role.name)}, {_problem_with_new(role)}, "
        f"{_boolean(if_not_exists)}, {text_array(names)}, ARRAY[{', '.join(given)}]::text[])"
    )
    return Plan(source, call, tag="CREATE ROLE")


def alter_role(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of ALTER USER and ALTER ROLE."""
    _, if_exists, role, *options = parts
    names, given = _options(options, dialect)
    call = (
        f"CALL emulator.alter_role({role.sql}, {_boolean(if_exists)}, "
        f"{text_array(names)}, ARRAY[{', '.join(given)}]::text[])"
    )
    return Plan(source, call, tag="ALTER ROLE")


def drop_role(parts: list[Any], source: str) -> Plan:
    """Return the plan of DROP USER and DROP ROLE."""
    _, if_exists, roles = parts
    reserved = [role.name for role in roles if is_reserved(role.name) and not role.is_session]
    problem = "NULL"
    if reserved:
        text = f'role name "{reserved[0]}" is reserved'
        problem = _problem(SqlError(text, sqlstate="42939"))
    call = f"CALL emulator.drop_roles({_roles(roles)}, {problem}, {_boolean(if_exists)})"
    return Plan(source, call, tag="DROP ROLE")


def grant_role(parts: list[Any], source: str) -> Plan:
    """Return the plan of `GRANT role TO role`."""
    roles, members, with_admin = parts
    call = (
        f"CALL emulator.grant_roles({text_array(roles)}, {_roles(members)}, {_boolean(with_admin)})"
    )
    return Plan(source, call, tag="GRANT")


def revoke_role(parts: list[Any], source: str) -> Plan:
    """Return the plan of `REVOKE role FROM role`."""
    only_option, roles, members = parts
    call = (
        f"CALL emulator.revoke_roles({text_array(roles)}, {_roles(members)}, "
        f"{_boolean(only_option)})"
    )
    return Plan(source, call, tag="REVOKE")


def grant_system(parts: list[Any], source: str) -> Plan:
    """Return the plan of `GRANT SYSTEM privilege TO role`."""
    privileges, grantees, with_grant = parts
    held = text_array(_privileges(privileges, SYSTEM_PRIVILEGES))
    call = f"CALL emulator.grant_system({held}, {_roles(grantees)}, {_boolean(with_grant)})"
    return Plan(source, call, tag="GRANT")


def revoke_system(parts: list[Any], source: str) -> Plan:
    """Return the plan of `REVOKE SYSTEM privilege FROM role`."""
    only_option, privileges, grantees = parts
    held = text_array(_privileges(privileges, SYSTEM_PRIVILEGES))
    call = f"CALL emulator.revoke_system({held}, {_roles(grantees)}, {_boolean(only_option)})"
    return Plan(source, call, tag="REVOKE")


def grant_object(parts: list[Any], source: str) -> Plan:
    """Return the plan of GRANT on databases or tables."""
    privileges, target, grantees, with_grant = parts
    if target.kind == "databases":
        held = text_array(_privileges(privileges, DATABASE_PRIVILEGES))
        names = text_array(target.parts)
        return Plan(
            source,
            f"CALL emulator.grant_database({names}, {held}, {_roles(grantees)}, "
            f"{_boolean(with_grant)})",
            tag="GRANT",
        )
    option = " WITH GRANT OPTION" if with_grant else ""
    sql = f"GRANT {_on_tables(privileges, target)} TO {_grantees(grantees)}{option}"
    return Plan(source, sql, tag="GRANT", privilege="GRANT")


def revoke_object(parts: list[Any], source: str) -> Plan:
    """Return the plan of REVOKE on databases or tables."""
    only_option, privileges, target, grantees = parts
    if target.kind == "databases":
        held = text_array(_privileges(privileges, DATABASE_PRIVILEGES))
        names = text_array(target.parts)
        return Plan(
            source,
            f"CALL emulator.revoke_database({names}, {held}, {_roles(grantees)}, "
            f"{_boolean(only_option)})",
            tag="REVOKE",
        )
    option = "GRANT OPTION FOR " if only_option else ""
    sql = f"REVOKE {option}{_on_tables(privileges, target)} FROM {_grantees(grantees)}"
    return Plan(source, sql, tag="REVOKE", privilege="GRANT")


def _options(options: list[Clause], dialect: Dialect) -> tuple[list[str], list[str]]:
    """Return option names and, at the same places, their values as SQL expressions.

    Raises:
        SqlError: An option is named twice, or with its opposite, or this version lacks it.
    """
    names: list[str] = []
    given: list[str] = []
    for option in options:
        names.append(_option_name(option))
        given.append("NULL" if option.kind == "flag" else str(option.parts[-1]))
    for name in names:
        if dialect.version.series < LATER_OPTIONS.get(name, dialect.version.series):
            raise syntax_error(name.lower())
    if len(set(names)) < len(names):
        raise SqlError("redundant role options", sqlstate="42601")
    if any("NO" + name in names for name in names):
        raise SqlError("conflicting role options", sqlstate="42601")
    return names, given


def _option_name(option: Clause) -> str:
    if option.kind == "flag":
        return str(option.parts[0]).upper()
    return option.kind.upper().replace("_", " ")


def _problem_with_new(role: Role) -> str:
    """Return what is wrong with a new role's name, as SQL for `emulator.create_role`."""
    if role.is_session:
        text = f"{role.name} cannot be used as a role name here"
        return _problem(SqlError(text, sqlstate="42939"))
    try:
        check_new(role.name)
    except SqlError as exc:
        return _problem(exc)
    return "NULL"


def _problem(error: SqlError) -> str:
    return text_array([error.sqlstate, error.message, error.hint or ""])


def _privileges(names: list[str], known: set[str]) -> list[str]:
    """Return privileges in capitals; none at all means ALL.

    Raises:
        SqlError: One is not a privilege, or is not imitated for this kind of object.
    """
    wanted = [name.upper() for name in names] or ["ALL"]
    everything = SYSTEM_PRIVILEGES | DATABASE_PRIVILEGES | TABLE_PRIVILEGES
    for name in wanted:
        if name not in everything:
            raise SqlError(f'not a valid privilege: "{name.lower()}"', sqlstate="42601")
        if name not in known:
            raise unsupported(f"the privilege {name} on this kind of object")
    return wanted


def _on_tables(privileges: list[str], target: Clause) -> str:
    wanted = _privileges(privileges, TABLE_PRIVILEGES)
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


def _roles(roles: list[Role]) -> str:
    return "ARRAY[" + ", ".join(role.sql for role in roles) + "]::text[]"


def _grantees(roles: list[Role]) -> str:
    return ", ".join(_grantee(role) for role in roles)


def _grantee(role: Role) -> str:
    if role.is_session:
        return "SESSION_USER"
    return "PUBLIC" if role.name == "public" else identifier(role.name)


def _boolean(clause: object) -> str:
    return "true" if clause else "false"
