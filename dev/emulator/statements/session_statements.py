"""The current database, session variables, transactions, and the writing of cluster settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements import variables
from dev.emulator.statements.isolation import isolation_kept
from dev.emulator.statements.ordinary import expression_sql
from dev.emulator.statements.plan import Plan, SettingWrite, identifier, literal

if TYPE_CHECKING:
    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.syntax import Clause

_NOTHING = "CALL emulator.nothing()"


def set_cluster_setting(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of SET CLUSTER SETTING: PostgreSQL evaluates, the front end writes."""
    path, expression = parts
    if expression.upper() == "DEFAULT":
        return reset_cluster_setting([path], source, dialect)
    name, alias = _setting_name(path, dialect)
    given = _value(str(expression), dialect)
    kind = literal(dialect.settings.by_name[name].kind)
    call = (
        f"CALL emulator.offer_setting({literal(name)}, {alias}, {kind}, "
        f"({given})::text, pg_typeof({given})::text)"
    )
    return _writing(source, call, name, reset=False)


def reset_cluster_setting(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of RESET CLUSTER SETTING."""
    name, alias = _setting_name(parts[0], dialect)
    return _writing(
        source, f"CALL emulator.offer_reset({literal(name)}, {alias})", name, reset=True
    )


def _writing(source: str, call: str, name: str, *, reset: bool) -> Plan:
    return Plan(
        source,
        call,
        tag="SET CLUSTER SETTING",
        write=SettingWrite(name, reset=reset),
        batch_sql=f"CALL emulator.setting_in_batch({literal(name)})",
    )


def _setting_name(path: list[str], dialect: Dialect) -> tuple[str, str]:
    """Return the preferred name, and SQL for the alias that was used instead (or NULL)."""
    asked = ".".join(path)
    name = dialect.settings.preferred(asked)
    if name not in dialect.settings.by_name:
        text = f"unknown cluster setting '{asked.lower()}'"
        raise SqlError(text, sqlstate=dialect.version.unknown_setting)
    return name, literal(asked if asked.lower() != name else None)


def _value(expression: str, dialect: Dialect) -> str:
    """Return the value expression in SQL; a bare word is text, unless it is a boolean."""
    word = expression.lower()
    if word in ("true", "false", "null"):
        return word
    if word in ("on", "off"):
        return "true" if word == "on" else "false"
    if word.replace("_", "").replace(".", "").replace(" ", "").isalnum() and word[0].isalpha():
        return literal(expression.replace(" ", ""))
    return expression_sql(expression, dialect)


def drop_database(parts: list[Any], source: str) -> Plan:
    """Return the plan of DROP DATABASE."""
    if_exists, name, behaviour = parts
    restricted = behaviour is not None and behaviour.kind == "restrict"
    call = (
        f"CALL emulator.drop_database({literal(name)}, {'true' if if_exists else 'false'}, "
        f"{'true' if restricted else 'false'})"
    )
    return Plan(source, call, tag="DROP DATABASE")


def use(parts: list[Any], source: str) -> Plan:
    """Return the plan of USE."""
    return variables.use_database(parts[0], source)


def set_variable(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of SET."""
    scope, path, *values = parts
    asked = variables.Assignment(str(scope or "").upper(), ".".join(path), values)
    return variables.set_variable(asked, source, dialect)


def set_time_zone(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of SET TIME ZONE."""
    scope, value = parts
    asked = variables.Assignment(str(scope or "").upper(), "timezone", [value])
    return variables.set_variable(asked, source, dialect)


def reset_variable(parts: list[Any], source: str, dialect: Dialect) -> Plan:
    """Return the plan of RESET."""
    return variables.reset_variable(".".join(parts[0]), source, dialect)


def set_transaction(parts: list[Any], source: str) -> Plan:
    """Return the plan of SET TRANSACTION."""
    modes = _modes(parts)
    return Plan(source, f"SET TRANSACTION{modes}" if modes else _NOTHING, tag="SET TRANSACTION")


def set_characteristics(parts: list[Any], source: str) -> Plan:
    """Return the plan of SET SESSION CHARACTERISTICS AS TRANSACTION."""
    modes = _modes(parts)
    sql = f"SET SESSION CHARACTERISTICS AS TRANSACTION{modes}" if modes else _NOTHING
    return Plan(source, sql, tag="SET")


def begin(parts: list[Any], source: str) -> Plan:
    """Return the plan of BEGIN."""
    return Plan(source, f"BEGIN{_modes(parts)}", wants_transaction=False)


def _modes(parts: list[Any]) -> str:
    """Return the modes of a transaction that have an effect: what may be read, and how."""
    modes: list[Clause] = [part for part in parts if hasattr(part, "kind")]
    return "".join(
        f" READ {mode.parts[0]}"
        if mode.kind == "access"
        else f" ISOLATION LEVEL {isolation_kept(' '.join(mode.parts[0].lower().split()))}"
        for mode in modes
        if mode.kind in ("access", "isolation")
    )


def commit(_: list[Any], source: str) -> Plan:
    """Return the plan of COMMIT."""
    return Plan(source, "COMMIT", wants_transaction=True)


def rollback(_: list[Any], source: str) -> Plan:
    """Return the plan of ROLLBACK."""
    return Plan(source, "ROLLBACK", wants_transaction=True)


def savepoint(parts: list[Any], source: str) -> Plan:
    """Return the plan of SAVEPOINT."""
    return Plan(source, f"SAVEPOINT {identifier(parts[0])}", wants_transaction=True)


def release(parts: list[Any], source: str) -> Plan:
    """Return the plan of RELEASE SAVEPOINT."""
    return Plan(source, f"RELEASE SAVEPOINT {identifier(parts[-1])}", wants_transaction=True)


def rollback_to(parts: list[Any], source: str) -> Plan:
    """Return the plan of ROLLBACK TO SAVEPOINT."""
    return Plan(source, f"ROLLBACK TO SAVEPOINT {identifier(parts[-1])}", wants_transaction=True)


def deallocate(parts: list[Any], source: str) -> Plan:
    """Return the plan of DEALLOCATE."""
    names = [part for part in parts if part is not None]
    return Plan(source, f"DEALLOCATE {identifier(names[0]) if names else 'ALL'}")
