"""CREATE, ALTER, DROP of users and roles; GRANT and REVOKE of roles and system privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import Plan, boolean, literal, syntax_error, text_array
from dev.emulator.statements.privileges import SYSTEM_PRIVILEGES, known_privileges, role_array
from dev.emulator.usernames import check_new, is_reserved

if TYPE_CHECKING:
    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.syntax import Clause, Role
    from dev.emulator.versions import Series

# Role options that not every version has, and the first series that does.
LATER_OPTIONS: dict[str, Series] = {"SUBJECT": (24, 1), "PROVISIONSRC": (25, 3)}


def create_role(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of CREATE USER and CREATE ROLE."""
    kind, if_not_exists, role, *options = parts
    names, given = _options(options, dialect)
    if kind.kind == "role_kind" and "LOGIN" not in names and "NOLOGIN" not in names:
        names, given = [*names, "NOLOGIN"], [*given, "NULL"]
    call = (
        f"CALL emulator.create_role({literal(role.name)}, {_problem_with_new(role)}, "
        f"{boolean(if_not_exists)}, {text_array(names)}, ARRAY[{', '.join(given)}]::text[])"
    )
    return Plan(source, call, tag="CREATE ROLE")


def alter_role(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of ALTER USER and ALTER ROLE."""
    _, if_exists, role, *options = parts
    names, given = _options(options, dialect)
    call = (
        f"CALL emulator.alter_role({role.sql}, {boolean(if_exists)}, "
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
    call = f"CALL emulator.drop_roles({role_array(roles)}, {problem}, {boolean(if_exists)})"
    return Plan(source, call, tag="DROP ROLE")


def grant_role(parts: list[Any], source: str) -> Plan:
    """Return the plan of `GRANT role TO role`."""
    roles, members, with_admin = parts
    call = (
        f"CALL emulator.grant_roles({text_array(roles)}, {role_array(members)}, "
        f"{boolean(with_admin)})"
    )
    return Plan(source, call, tag="GRANT")


def revoke_role(parts: list[Any], source: str) -> Plan:
    """Return the plan of `REVOKE role FROM role`."""
    only_option, roles, members = parts
    call = (
        f"CALL emulator.revoke_roles({text_array(roles)}, {role_array(members)}, "
        f"{boolean(only_option)})"
    )
    return Plan(source, call, tag="REVOKE")


def grant_system(parts: list[Any], source: str) -> Plan:
    """Return the plan of `GRANT SYSTEM privilege TO role`."""
    privileges, grantees, with_grant = parts
    held = text_array(known_privileges(privileges, SYSTEM_PRIVILEGES))
    call = f"CALL emulator.grant_system({held}, {role_array(grantees)}, {boolean(with_grant)})"
    return Plan(source, call, tag="GRANT")


def revoke_system(parts: list[Any], source: str) -> Plan:
    """Return the plan of `REVOKE SYSTEM privilege FROM role`."""
    only_option, privileges, grantees = parts
    held = text_array(known_privileges(privileges, SYSTEM_PRIVILEGES))
    call = f"CALL emulator.revoke_system({held}, {role_array(grantees)}, {boolean(only_option)})"
    return Plan(source, call, tag="REVOKE")


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
