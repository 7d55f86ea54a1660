"""Session variables: which exist, and where their values live."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.isolation import DEFAULT_ISOLATION, isolation_kept, shown_isolation
from dev.emulator.statements.plan import Plan, identifier, literal, unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.versions import Version

# PostgreSQL's own, with the same name and meaning.
SHARED = {
    "application_name",
    "bytea_output",
    "client_encoding",
    "client_min_messages",
    "datestyle",
    "default_transaction_read_only",
    "extra_float_digits",
    "idle_in_transaction_session_timeout",
    "intervalstyle",
    "lock_timeout",
    "standard_conforming_strings",
    "statement_timeout",
    "timezone",
}
_ONLY = {"client_encoding": {"utf8", "utf-8", "unicode"}, "standard_conforming_strings": {"on"}}

# CockroachDB's own: kept for the session and shown again. Only those of `Version.variables` have
# an effect.
_KEPT = {
    "default_int_size": "8",
    "default_transaction_priority": "normal",
    "enable_durable_locking_for_serializable": "off",
    "enable_implicit_transaction_for_batch_statements": "on",
    "idle_in_session_timeout": "0",
    "sql_safe_updates": "off",
}

# Read-only; the value is SQL.
FIXED = {
    "crdb_version": "emulator.version()",
    "database": "emulator.current_database()",
    "integer_datetimes": "'on'",
    "is_superuser": "CASE WHEN emulator.is_admin(session_user) THEN 'on' ELSE 'off' END",
    "max_identifier_length": "'128'",
    "node_id": "'1'",
    "search_path": "'\"$user\", public'",
    "server_encoding": "'UTF8'",
    "server_version": "'13.0.0'",
    "server_version_num": "'130000'",
    "session_authorization": "session_user::text",
    "session_user": "session_user::text",
    "transaction_isolation": shown_isolation("transaction_isolation"),
    "transaction_read_only": "current_setting('transaction_read_only')",
}


# Some of CockroachDB's that would change or show more than is imitated here.
_NOT_IMITATED = {
    "check_function_bodies",
    "default_tablespace",
    "default_transaction_quality_of_service",
    "default_transaction_use_follower_reads",
    "disallow_full_table_scans",
    "distsql",
    "enable_zigzag_join",
    "enforce_home_region",
    "escape_string_warning",
    "experimental_distsql_planning",
    "inject_retry_errors_enabled",
    "large_full_scan_rows",
    "lc_collate",
    "lc_ctype",
    "lc_messages",
    "lc_monetary",
    "lc_numeric",
    "lc_time",
    "locality",
    "max_index_keys",
    "null_ordered_last",
    "optimizer_use_histograms",
    "optimizer_use_multicol_stats",
    "password_encryption",
    "prefer_lookup_joins_for_fks",
    "results_buffer_size",
    "role",
    "row_security",
    "serial_normalization",
    "session_id",
    "ssl_renegotiation_limit",
    "stub_catalog_tables",
    "synchronize_seqscans",
    "synchronous_commit",
    "tracing",
    "transaction_priority",
    "transaction_rows_read_err",
    "transaction_rows_read_log",
    "transaction_rows_written_err",
    "transaction_rows_written_log",
    "transaction_status",
    "vectorize",
    "xmloption",
}

# Words after SHOW or RESET that make a statement of CockroachDB, and are not variables.
_STATEMENTS = {
    "all",
    "backups",
    "enums",
    "functions",
    "jobs",
    "queries",
    "regions",
    "schedules",
    "schemas",
    "sequences",
    "sessions",
    "statements",
    "transactions",
    "types",
}


@dataclass(frozen=True)
class Assignment:
    """What `SET` asks for.

    Attributes:
        scope: Empty, `SESSION` or `LOCAL`.
        name: The variable, case folded.
        values: What it is set to, without quotes; `["default"]` resets.
    """

    scope: str
    name: str
    values: list[str]


@functools.cache
def kept_variables(version: Version) -> Mapping[str, str]:
    """Return the variables of CockroachDB's own that a version has, with their defaults."""
    return {**_KEPT, **version.variables}


def show_variable(name: str, source: str, dialect: Dialect) -> Plan:
    """Return the plan of `SHOW name`.

    Raises:
        SqlError: There is no such variable.
    """
    kept = kept_variables(dialect.version)
    if name in SHARED:
        value = f"current_setting({literal(name)})"
    elif name in kept:
        # empty: in a session before this one it had a value
        given = f"nullif(current_setting('emulator.{name}', true), '')"
        value = f"coalesce({given}, {literal(kept[name])})"
    elif name in FIXED:
        value = FIXED[name]
    elif name == DEFAULT_ISOLATION:
        value = shown_isolation(name)
    else:
        raise _unknown(name)
    return Plan(source, f"SELECT {value} AS {identifier(name)}", tag="SHOW")


def set_variable(asked: Assignment, source: str, dialect: Dialect) -> Plan:
    """Return the plan of `SET [scope] name = values`.

    Args:
        asked: The variable and its values.
        source: The statement as written.
        dialect: The SQL of the session.

    Raises:
        SqlError: There is no such variable, or it cannot have this value.
    """
    scope, name, values = asked.scope, asked.name, asked.values
    kept = kept_variables(dialect.version)
    if name == "database":
        if scope == "LOCAL":
            raise unsupported("SET LOCAL database")
        return use_database(values[0], source)
    if name == "search_path":
        if values not in (["public"], ["$user", "public"], ["default"]):
            raise unsupported("a search_path other than public")
        return Plan(source, "CALL emulator.nothing()", tag="SET")
    _check_settable(name, kept)
    if values == ["default"]:
        return reset_variable(name, source, dialect)
    if name in kept:
        return _keep(scope, name, kept_value(name, values[0], kept), Plan(source, "", tag="SET"))
    if name in _ONLY and values[0].lower() not in _ONLY[name]:
        raise unsupported(f"{name} = {values[0]}")
    if name == DEFAULT_ISOLATION:
        values = [isolation_kept(values[0].lower())]
    written = ", ".join(literal(value) for value in values)
    return Plan(source, f"SET {scope} {name} = {written}", tag="SET")


def reset_variable(name: str, source: str, dialect: Dialect) -> Plan:
    """Return the plan of `RESET name`.

    Raises:
        SqlError: There is no such variable.
    """
    kept = kept_variables(dialect.version)
    if name in kept:
        return _keep("", name, kept[name], Plan(source, "", tag="RESET"))
    if name in SHARED or name == DEFAULT_ISOLATION:
        return Plan(source, f"RESET {name}", tag="RESET")
    raise _unknown(name)


def _check_settable(name: str, kept: Mapping[str, str]) -> None:
    if name.startswith("transaction_") and name in FIXED:
        raise unsupported(f"SET {name}")
    if name in FIXED:
        raise SqlError(f'parameter "{name}" cannot be changed', sqlstate="55P02")
    if name not in SHARED and name not in kept and name != DEFAULT_ISOLATION:
        raise _unknown(name)


def kept_value(name: str, value: str, kept: Mapping[str, str]) -> str:
    """Return a value of one of CockroachDB's own variables as it is shown.

    Args:
        name: The variable.
        value: As the client gave it.
        kept: The variables with their defaults, as `kept_variables` returns them.

    Raises:
        SqlError: The variable is a boolean, and the value is not.
    """
    if kept[name] not in ("on", "off"):
        return value
    if value.lower() in ("on", "true", "yes", "1"):
        return "on"
    if value.lower() in ("off", "false", "no", "0"):
        return "off"
    raise SqlError(f'parameter "{name}" requires a Boolean value', sqlstate="22023")


def start_parameter(name: str, value: str, kept: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the parameter of a PostgreSQL session for one that a client begins with.

    Args:
        name: The variable, in lower case.
        value: What the client gives it.
        kept: The variables with their defaults, as `kept_variables` returns them.

    Returns:
        Name and value; None for a variable that does not exist.

    Raises:
        SqlError: The variable has no such value.
    """
    if name in SHARED:
        return name, value
    if name == DEFAULT_ISOLATION:
        return name, isolation_kept(value.lower())
    if name in kept:
        return f"emulator.{name}", kept_value(name, value, kept)
    return None


def _keep(scope: str, name: str, value: str, plan: Plan) -> Plan:
    sql = f"SET {scope} emulator.{name} = {literal(value)}"
    return replace(plan, sql=sql, variable=(name, value))


def use_database(name: str, source: str) -> Plan:
    """Return the plan of `USE name`."""
    return Plan(source, f"CALL emulator.use_database({literal(name)})", tag="SET")


def _unknown(name: str) -> SqlError:
    if name in _NOT_IMITATED:
        return unsupported(f"the session variable {name}")
    if name in _STATEMENTS:
        return unsupported(f"SHOW or RESET of {name.upper()}")
    return SqlError(f'unrecognized configuration parameter "{name}"', sqlstate="42704")
