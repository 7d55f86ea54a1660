"""The allow-list fails closed: what it does not name is refused as a whole."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.dialect import Dialect
from dev.emulator.statements.reader import plans
from dev.emulator.versions import VERSIONS

NOT_IMITATED = [
    "VACUUM",
    "ANALYZE t",
    "COPY t FROM STDIN",
    "COPY (SELECT 1) TO PROGRAM 'sh'",
    "DO $$ BEGIN END $$",
    "CREATE FUNCTION f() RETURNS INT LANGUAGE sql AS 'SELECT 1'",
    "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "CREATE SCHEMA s",
    "CREATE VIEW v AS SELECT 1",
    "CREATE MATERIALIZED VIEW v AS SELECT 1",
    "CREATE SEQUENCE s",
    "CREATE TYPE t AS ENUM ('a')",
    "CREATE TRIGGER t AFTER INSERT ON t EXECUTE FUNCTION f()",
    "CREATE TEMP TABLE t (n INT)",
    "CREATE UNLOGGED TABLE t (n INT)",
    "CREATE OR REPLACE TABLE t (n INT)",
    "CREATE INDEX CONCURRENTLY i ON t (n)",
    "CREATE DATABASE d WITH ENCODING = 'UTF8'",
    "ALTER TABLE t ADD COLUMN n INT",
    "ALTER SYSTEM SET fsync = off",
    "ALTER USER u SET statement_timeout = '1s'",
    "ALTER DATABASE d RENAME TO e",
    "ALTER SCHEMA d.s OWNER TO u",
    "TRUNCATE t",
    "LOCK TABLE t",
    "LISTEN channel",
    "NOTIFY channel",
    "CALL emulator.nothing()",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DECLARE c CURSOR FOR SELECT 1",
    "FETCH 1 FROM c",
    "EXPLAIN SELECT 1",
    "SELECT current_catalog()",
    "REASSIGN OWNED BY a TO b",
    "SET ROLE other",
    "SET SESSION AUTHORIZATION other",
    "RESET ALL",
    "DISCARD ALL",
    "SHOW RANGES FROM TABLE t",
    "SHOW JOBS",
    "SHOW CREATE TABLE t",
    "SHOW LOCAL SESSIONS",
    "CANCEL JOB 1",
    "CANCEL QUERIES (SELECT 'x')",
    "CANCEL SESSION (SELECT session_id FROM [SHOW SESSIONS])",
    "CANCEL SESSIONS (SELECT pg_read_file('x'))",
    "GRANT USAGE ON SCHEMA s TO u",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO u",
    "GRANT BACKUP ON DATABASE d TO u",
    "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
    "SELECT 1 INTO t",
    "SELECT * FROM t TABLESAMPLE SYSTEM (10)",
    "SELECT * FROM ONLY t",
    "SELECT * FROM t@primary",
    "SELECT row_number() OVER () FROM t",
    "SELECT 't'::regclass",
    "SELECT 'f'::regproc",
    "SELECT xmin FROM t WHERE ctid = '(0,1)'::tid",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT set_config('emulator.database', 'x', false)",
    "SELECT current_setting('search_path')",
    "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT dblink('x')",
    "SELECT emulator.live_setting('version')",
    "SELECT (emulator.cluster).id",
    "SELECT crdb_internal.force_panic('x')",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_sleep_for('1s')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM pg_catalog.pg_attribute",
    "SELECT * FROM d.pg_catalog.pg_roles",
    "SELECT d.pg_catalog.pg_class.relname FROM d.pg_catalog.pg_class",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM information_schema.role_table_grants",
    "SELECT * FROM crdb_internal.cluster_settings",
    "SELECT * FROM system.users",
    "SELECT * FROM d.information_schema.tables",
    "SELECT * FROM d.other.t",
    "SELECT * FROM a.b.c.d",
    "SELECT U&'\\0041'",
    "SELECT x'41'",
    "SELECT b'1'",
    "SELECT 1 /* one /* two */ */",
    "UPSERT INTO t VALUES (1)",
    "UPSERT INTO t SELECT 1",
    "INSERT INTO [SHOW USERS] VALUES (1)",
    "SELECT * FROM [DELETE FROM t RETURNING n]",
    "SET search_path = other",
    "SET LOCAL database = d",
    "SET client_encoding = 'LATIN1'",
    "DROP INDEX i",
    "DROP VIEW v",
    "DROP TABLE [SHOW USERS]",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
]


@pytest.mark.parametrize("statement", NOT_IMITATED)
@pytest.mark.parametrize(
    "text", ["{}", "SELECT 1; {}", "{}; SELECT 1"], ids=["alone", "last", "first"]
)
def test_what_is_not_imitated_is_refused(statement: str, text: str) -> None:
    with pytest.raises(SqlError) as raised:
        plans(text.format(statement))
    assert raised.value.sqlstate == "0A000"
    assert raised.value.message.endswith("is not implemented in the embedded cluster")


@pytest.mark.parametrize(
    ("statement", "near"),
    [
        ("CREATE USER", "EOF"),
        ("CREATE USER a b", "b"),
        ("CREATE USER a WITH PASSWORD", "EOF"),
        ("CREATE USER a SUPERUSER", "SUPERUSER"),
        ("DROP ROLE a,", "EOF"),
        ("SET CLUSTER SETTING a b", "b"),
        ("SHOW CLUSTER SETTING", "EOF"),
        ("RESET CLUSTER SETTING a = 1", "="),
        ("SELECT 'never closed", "'never closed"),
        ("SELECT \u2192", "\u2192"),
    ],
)
def test_what_is_written_wrongly_is_a_syntax_error(statement: str, near: str) -> None:
    with pytest.raises(SqlError) as raised:
        plans(statement)
    assert (raised.value.sqlstate, raised.value.message) == (
        "42601",
        f'at or near "{near}": syntax error',
    )


@pytest.mark.parametrize("name", ["pg_advisory_xact_lock", "pg_try_advisory_xact_lock"])
def test_locks_that_cockroachdb_lacks_are_unknown_functions(name: str) -> None:
    with pytest.raises(SqlError) as raised:
        plans(f"SELECT {name}(1)")
    assert (raised.value.sqlstate, raised.value.message) == ("42883", f"unknown function: {name}()")


@pytest.mark.parametrize(
    "call",
    [
        "pg_advisory_xact_lock(1, 2)",
        "pg_advisory_xact_lock()",
        "crdb_internal.pg_advisory_xact_lock(1)",
    ],
)
def test_locks_of_transactions_take_one_key(call: str) -> None:
    with pytest.raises(SqlError) as raised:
        plans(f"SELECT {call}", Dialect(VERSIONS["26.4"]))
    assert raised.value.sqlstate == "0A000"


PIECES = [
    *"()[],;.*=+-<>'\"$@:/\\",
    "SELECT",
    "FROM",
    "SHOW",
    "USERS",
    "CREATE",
    "TABLE",
    "INSERT INTO",
    "UPSERT INTO",
    "VALUES",
    "WITH",
    "AS",
    "SET",
    "CLUSTER SETTING",
    "GRANT",
    "TO",
    "a",
    "'s'",
    '"q"',
    "$1",
    "1.5",
    "::INT",
    "--",
    "/*",
    "*/",
    "E'\\'",
    "$$",
    "NULL",
    "pg_roles",
]


CODES = {"", "0A000", "42601", "42883", "42P02", "42704", "XXUUU", "55P02"}


def code_of(text: str) -> str:
    """Return the code of a refusal; nothing where there is a plan for everything."""
    try:
        found = plans(text)
    except SqlError as refusal:
        return refusal.sqlstate
    assert all(plan.sql for plan in found)
    return ""


@example("TABLE [ (")
@example("( . < END [ TABLE [ CREATE")
@example("INSERT INTO [ [ > ::INT")
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert code_of(text) in CODES
