"""Both query protocols: prepared statements, pipelines, cancelling, strings of statements."""

# ruff: noqa: S608 - the names in these statements are the tests' own

from __future__ import annotations

import shutil
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import pq

from tests.emulator.embedded import Connection, Embedded, refusal, rows

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_values_of_all_types_go_there_and_back(root: Connection, *, binary: bool) -> None:
    sent = ("tea", 7, True, [1, 2], ["a", None], b"\x00\xff")
    cursor = root.cursor(binary=binary)
    cursor.execute("SELECT %s::STRING, %s::INT, %s::BOOL, %s::INT[], %s::STRING[], %s::BYTES", sent)
    assert cursor.fetchall() == [sent]


def test_a_statement_can_be_prepared_and_run_again(root: Connection) -> None:
    for number in range(10):
        root.execute("SELECT %s::INT + 1", [number], prepare=True)
        shown = root.execute(
            "SELECT variable FROM [SHOW CLUSTER SETTINGS] WHERE variable = %s",
            ["version"],
            prepare=True,
        )
        assert shown.fetchall() == [("version",)]


@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "DEALLOCATE PREPARE ALL"])
def test_prepared_statements_can_be_forgotten(root: Connection, statement: str) -> None:
    root.execute("SELECT %s::INT", [1], prepare=True)
    root.execute(statement.encode())
    root.prepare_threshold = None
    assert rows(root, "SELECT %s::INT", [2]) == [(2,)]


_TAGS = {
    "CREATE USER tagged": "CREATE ROLE",
    "ALTER USER tagged WITH CREATEDB": "ALTER ROLE",
    "GRANT admin TO tagged": "GRANT",
    "REVOKE admin FROM tagged": "REVOKE",
    "GRANT SYSTEM VIEWJOB TO tagged": "GRANT",
    "REVOKE SYSTEM VIEWJOB FROM tagged": "REVOKE",
    "DROP USER tagged": "DROP ROLE",
    "SET CLUSTER SETTING cluster.organization = 'tagged'": "SET CLUSTER SETTING",
    "RESET CLUSTER SETTING cluster.organization": "SET CLUSTER SETTING",
    "CREATE DATABASE tagged": "CREATE DATABASE",
    "CREATE TABLE tagged.public.t (n INT PRIMARY KEY)": "CREATE TABLE",
    "UPSERT INTO tagged.public.t (n) VALUES (1), (2)": "INSERT 0 2",
    "DROP DATABASE tagged": "DROP DATABASE",
    "SHOW USERS": "SHOW 2",
    "SHOW application_name": "SHOW 1",
    "SET application_name = 'tagged'": "SET",
    "USE defaultdb": "SET",
    "BEGIN": "BEGIN",
    "ROLLBACK": "ROLLBACK",
}
"""The tag that answers each statement, run one after the other."""


def test_the_tag_is_the_one_of_the_statement(root: Connection) -> None:
    assert {one: root.execute(one.encode()).statusmessage for one in _TAGS} == _TAGS


def test_a_statement_without_rows_describes_no_columns(root: Connection) -> None:
    for statement in (
        "CREATE USER IF NOT EXISTS root",
        "RESET CLUSTER SETTING cluster.organization",
    ):
        root.pgconn.prepare(b"described", statement.encode())
        assert root.pgconn.describe_prepared(b"described").nfields == 0
        root.execute("DEALLOCATE described")


def test_an_empty_string_is_answered(root: Connection) -> None:
    for text in (b"", b" ; ", b"-- nothing"):
        assert root.pgconn.exec_(text).status == pq.ExecStatus.EMPTY_QUERY


def test_a_string_of_statements_is_one_transaction(root: Connection) -> None:
    batch = "CREATE USER together; CREATE USER together"
    assert refusal(root, batch) == ("42710", "a role/user named together already exists")
    assert rows(root, "SELECT rolname FROM pg_roles WHERE rolname = 'together'") == []


@pytest.mark.parametrize(
    "batch",
    [
        "CREATE USER never; VACUUM",
        "CREATE USER never; SELECT pg_read_file('/etc/passwd')",
        "CREATE USER never; COMMIT; COPY pg_roles TO STDOUT",
        "CREATE USER never; SELECT 'unfinished",
        "CREATE USER never; SET CLUSTER SETTING no.such.setting = 1",
        "CREATE USER never; SET CLUSTER SETTING cluster.organization = 'x'",
        "SET CLUSTER SETTING cluster.organization = 'x'; CREATE USER never",
    ],
)
def test_a_string_with_one_refusal_does_nothing_at_all(root: Connection, batch: str) -> None:
    refusal(root, batch)
    assert rows(root, "SELECT rolname FROM pg_roles WHERE rolname = 'never'") == []
    assert rows(root, "SHOW CLUSTER SETTING cluster.organization") == [("",)]


def test_a_prepared_string_holds_one_statement(root: Connection) -> None:
    assert root.pgconn.exec_params(b"SELECT 1; SELECT 2", None).error_field(
        pq.DiagnosticField.SQLSTATE
    ) == (b"42601")


def test_an_error_in_a_pipeline_undoes_the_pipeline(root: Connection) -> None:
    def run() -> None:
        with root.pipeline():
            root.execute("CREATE USER piped")
            root.execute("SET CLUSTER SETTING server.jwt_authentication.jwks = 'no key set'")
            root.execute("CREATE USER piped_too")

    with pytest.raises(psycopg.InternalError, match="JWKS not a valid JWKS"):
        run()
    assert rows(root, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'piped%'") == []
    assert rows(root, "SELECT 1") == [(1,)]


def test_a_thousand_users_go_through_one_pipeline(root: Connection) -> None:
    names = [f"many_{number}" for number in range(1000)]
    with root.transaction(), root.pipeline():
        for name in names:
            root.execute(f"CREATE USER {name}".encode())
    assert rows(root, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'many_%%'", []) == [(1000,)]
    root.execute(f"DROP USER {', '.join(names)}".encode())


def test_a_large_answer_arrives_whole(root: Connection) -> None:
    found = rows(root, "SELECT a.n FROM generate_series(1, 300000) AS a(n)")
    assert len(found) == 300000


def test_a_value_may_be_large(root: Connection) -> None:
    text = "x" * 3_000_000
    root.execute("SET CLUSTER SETTING server.jwt_authentication.claim = %s", [text])
    assert rows(root, "SHOW CLUSTER SETTING server.jwt_authentication.claim") == [(text,)]
    root.execute("RESET CLUSTER SETTING server.jwt_authentication.claim")


def test_a_query_can_be_cancelled(root: Connection) -> None:
    over = threading.Event()

    def cancel() -> None:
        while not over.wait(0.3):  # again, should the query not have begun
            root.cancel_safe()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    try:
        assert refusal(root, "SELECT pg_sleep(60)") == ("57014", "query execution canceled")
    finally:
        over.set()
        canceller.join()
    assert rows(root, "SELECT 1") == [(1,)]


def test_a_query_has_a_time_limit(root: Connection) -> None:
    root.execute("SET statement_timeout = '100ms'")
    assert refusal(root, "SELECT pg_sleep(60)") == (
        "57014",
        "query execution canceled due to statement timeout",
    )


def test_a_lost_client_leaves_no_locks(cluster: Embedded, root: Connection) -> None:
    lost = cluster.connect()
    lost.execute("BEGIN")
    lost.execute("CREATE USER lost")
    lost.close()
    root.execute("SET statement_timeout = '30s'")
    root.execute("CREATE USER IF NOT EXISTS lost")
    root.execute("DROP USER lost")


def test_row_locks_make_others_wait(cluster: Embedded, root: Connection, database: str) -> None:
    root.execute(f"CREATE TABLE {database}.public.lease (id INT PRIMARY KEY, n INT)".encode())
    root.execute(f"INSERT INTO {database}.public.lease (id, n) VALUES (1, 0)".encode())
    with cluster.connect() as other:
        root.execute("BEGIN")
        root.execute(f"SELECT n FROM {database}.public.lease WHERE id = 1 FOR UPDATE".encode())
        other.execute("SET lock_timeout = '100ms'")
        code, _ = refusal(other, f"UPDATE {database}.public.lease SET n = 1 WHERE id = 1")
        assert code == "55P03"
        root.execute("COMMIT")
        other.execute(f"UPDATE {database}.public.lease SET n = 1 WHERE id = 1".encode())


def test_a_deadlock_asks_for_a_retry(cluster: Embedded, root: Connection, database: str) -> None:
    root.execute(f"CREATE TABLE {database}.public.t (id INT PRIMARY KEY, n INT)".encode())
    root.execute(f"INSERT INTO {database}.public.t (id, n) VALUES (1, 0), (2, 0)".encode())
    bump = f"UPDATE {database}.public.t SET n = n + 1 WHERE id = "
    outcomes: list[Any] = []

    def crosswise(first: int, second: int, met: threading.Barrier) -> None:
        with cluster.connect() as session:
            session.execute("BEGIN")
            session.execute(f"{bump}{first}".encode())
            met.wait(30)
            try:
                session.execute(f"{bump}{second}".encode())
                session.execute("COMMIT")
            except psycopg.Error as exc:
                outcomes.append((exc.sqlstate, str(exc.diag.message_primary)[:20]))

    barrier = threading.Barrier(2)
    threads = [
        threading.Thread(target=crosswise, args=(*pair, barrier)) for pair in ((1, 2), (2, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [("40001", "restart transaction:")]


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql_connects_and_runs_a_script(cluster: Embedded) -> None:
    script = (
        "CREATE USER from_psql;\nSELECT username FROM [SHOW USERS] WHERE username = 'from_psql';\n"
        "DROP USER from_psql;\nSHOW CLUSTER SETTING version;\n"
    )
    ended = subprocess.run(
        ["psql", cluster.url, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == ["CREATE ROLE", "from_psql", "DROP ROLE", "25.2"]


def test_an_error_does_not_name_the_stand_in(root: Connection) -> None:
    with pytest.raises(psycopg.Error) as raised:
        root.execute("CREATE USER root")
    diagnostic = raised.value.diag
    assert diagnostic.severity == "ERROR"
    told = (diagnostic.context, diagnostic.source_file, diagnostic.source_function)
    assert told == (None, None, None)
    assert diagnostic.schema_name is None


def test_notices_of_postgres_itself_do_not_reach_the_client(
    root: Connection, new_user: Callable[..., str]
) -> None:
    heard: list[str | None] = []
    root.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    user = new_user()
    root.execute("CREATE TABLE IF NOT EXISTS remarked (n INT)")
    root.execute("CREATE TABLE IF NOT EXISTS remarked (n INT)")
    root.execute("DROP TABLE IF EXISTS remarked, remarked_too")
    root.execute(f"REVOKE admin FROM {user}".encode())
    assert heard == []
