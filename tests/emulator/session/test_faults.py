"""Faults: each kind hits the chosen statement, as often as chosen."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from tests.emulator.embedded import Connection, Embedded, refusal, rows

if TYPE_CHECKING:
    from collections.abc import Callable

NO_VALUES = None
ONE_VALUE = (7,)


def marks(faulty: Embedded) -> list[int]:
    with faulty.connect() as root:
        return [n for (n,) in rows(root, "SELECT n FROM marks ORDER BY n")]


def insert(session: Connection, value: int, values: Any) -> None:
    """Insert by the simple protocol, or by the extended one when there are values."""
    if values is NO_VALUES:
        session.execute(sql.SQL("INSERT INTO marks (n) VALUES ({})").format(value))
    else:
        session.execute("INSERT INTO marks (n) VALUES (%s)", [value])


def insert_in_a_pipeline(session: Connection, count: int) -> None:
    with session.pipeline():
        for number in range(count):
            insert(session, number, ONE_VALUE)


PROTOCOLS = pytest.mark.parametrize(
    "values", [pytest.param(NO_VALUES, id="simple"), pytest.param(ONE_VALUE, id="extended")]
)


@PROTOCOLS
def test_an_error_stops_the_statement_once(
    faulty: Embedded, arrange: Callable[..., None], session: Connection, values: Any
) -> None:
    arrange({"match": "insert into marks", "kind": "error", "message": "restart transaction: x"})
    with pytest.raises(psycopg.errors.SerializationFailure, match=r"^restart transaction: x$"):
        insert(session, 1, values)
    insert(session, 2, values)
    assert marks(faulty) == [2]


@PROTOCOLS
def test_an_error_aborts_the_transaction_it_is_in(
    faulty: Embedded, arrange: Callable[..., None], session: Connection, values: Any
) -> None:
    arrange({"match": r"VALUES \((2|\$1)", "kind": "error", "sqlstate": "XXUUU", "skip": 1})
    session.execute("BEGIN")
    insert(session, 2, values)
    with pytest.raises(psycopg.InternalError):
        insert(session, 2, values)
    assert refusal(session, "SELECT 1") == (
        "25P02",
        "current transaction is aborted, commands ignored until end of transaction block",
    )
    session.execute("ROLLBACK")
    assert marks(faulty) == []


@pytest.mark.parametrize(
    ("skip", "times", "failing"),
    [(0, 1, [1]), (1, 2, [2, 3]), (2, -1, [3, 4, 5]), (0, 0, []), (0, -1, [1, 2, 3, 4, 5])],
)
def test_skip_and_times_choose_the_matches(
    arrange: Callable[..., None], session: Connection, skip: int, times: int, failing: list[int]
) -> None:
    arrange({"match": "from marks", "kind": "error", "skip": skip, "times": times})
    failed = []
    for number in range(1, 6):
        session.execute("SELECT 'not a match'")
        try:
            session.execute("SELECT n FROM marks")
        except psycopg.Error:
            failed.append(number)
    assert failed == failing


def test_counters_start_again_when_the_file_changes(
    arrange: Callable[..., None], session: Connection
) -> None:
    fault = {"match": "from marks", "kind": "error"}
    arrange(fault)
    assert refusal(session, "SELECT n FROM marks")[0] == "40001"
    session.execute("SELECT n FROM marks")
    arrange(fault, {"match": "never", "kind": "error"})
    assert refusal(session, "SELECT n FROM marks")[0] == "40001"


@PROTOCOLS
def test_drop_before_leaves_the_statement_undone(
    faulty: Embedded, arrange: Callable[..., None], session: Connection, values: Any
) -> None:
    arrange({"match": "insert into marks", "kind": "drop_before"})
    with pytest.raises(psycopg.OperationalError):
        insert(session, 1, values)
    assert session.broken
    assert marks(faulty) == []


@PROTOCOLS
def test_drop_after_leaves_the_statement_done_and_unanswered(
    faulty: Embedded, arrange: Callable[..., None], session: Connection, values: Any
) -> None:
    arrange({"match": "insert into marks", "kind": "drop_after"})
    with pytest.raises(psycopg.OperationalError):
        insert(session, 1, values)
    assert session.broken
    assert marks(faulty) == [1]


@PROTOCOLS
@pytest.mark.parametrize(
    ("match", "expected"), [("insert into marks", []), ("commit", [1])], ids=["insert", "commit"]
)
def test_drop_after_in_a_transaction_keeps_what_was_committed(  # noqa: PLR0917 - fixtures
    faulty: Embedded,
    arrange: Callable[..., None],
    session: Connection,
    values: Any,
    match: str,
    expected: list[int],
) -> None:
    arrange({"match": match, "kind": "drop_after"})
    session.execute("BEGIN")
    with contextlib.suppress(psycopg.OperationalError):
        insert(session, 1, values)
        session.execute("COMMIT")
    assert session.broken
    assert marks(faulty) == expected


def test_drop_after_a_setting_leaves_it_written(
    faulty: Embedded, arrange: Callable[..., None], session: Connection
) -> None:
    arrange({"match": "^set cluster setting", "kind": "drop_after"})
    with pytest.raises(psycopg.OperationalError):
        session.execute("SET CLUSTER SETTING cluster.organization = 'written'")
    with faulty.connect() as root:
        assert rows(root, "SHOW CLUSTER SETTING cluster.organization") == [("written",)]


def test_faults_apply_to_each_statement_of_a_pipeline(
    faulty: Embedded, arrange: Callable[..., None], session: Connection
) -> None:
    arrange({"match": "insert into marks", "kind": "error", "skip": 2})
    with pytest.raises(psycopg.errors.SerializationFailure):
        insert_in_a_pipeline(session, count=5)
    assert marks(faulty) == []


def test_a_fault_in_a_string_of_statements_fails_all_of_them(
    faulty: Embedded, arrange: Callable[..., None], session: Connection
) -> None:
    arrange({"match": r"VALUES \(2\)", "kind": "error"})
    batch = "INSERT INTO marks (n) VALUES (1); INSERT INTO marks (n) VALUES (2)"
    assert refusal(session, batch)[0] == "40001"
    assert marks(faulty) == []
    session.execute(batch.encode())
    assert marks(faulty) == [1, 2]


@pytest.mark.parametrize("statement", ["BEGIN", "COMMIT", "ROLLBACK"])
def test_transaction_control_counts_as_a_statement(
    arrange: Callable[..., None], session: Connection, statement: str
) -> None:
    if statement != "BEGIN":
        session.execute("BEGIN")
    arrange({"match": f"^{statement}$", "kind": "error"})
    assert refusal(session, statement)[0] == "40001"


@PROTOCOLS
def test_redacted_settings_come_back_when_the_fault_is_spent(
    arrange: Callable[..., None], session: Connection, values: Any
) -> None:
    session.execute("SET CLUSTER SETTING server.jwt_authentication.audience = 'crdb'")
    arrange({"match": "settings", "kind": "redact", "message": "audience$"})
    listed = "SELECT value, origin FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable LIKE '%audience'"
    if values is not NO_VALUES:
        listed = listed.replace("%", "%%") + " AND 7 = %s"
    assert rows(session, listed, values) == [("<redacted>", "override")]
    assert rows(session, listed, values) == [("crdb", "override")]


def test_a_single_setting_can_be_redacted(
    arrange: Callable[..., None], session: Connection
) -> None:
    show = "SHOW CLUSTER SETTING server.jwt_authentication.jwks"
    arrange({"match": "jwks", "kind": "redact", "message": "jwks"})
    assert rows(session, show) == [("<redacted>",)]
    assert rows(session, show) == [('{"keys":[]}',)]


def test_an_override_shows_in_the_origin(arrange: Callable[..., None], session: Connection) -> None:
    arrange({"match": "settings", "kind": "override", "message": r"\.jwks$", "times": -1})
    listed = "SELECT variable FROM [SHOW ALL CLUSTER SETTINGS] WHERE origin = 'external-override'"
    assert rows(session, listed) == [("server.jwt_authentication.jwks",)]


@PROTOCOLS
def test_a_delay_comes_before_the_statement_runs(
    arrange: Callable[..., None], session: Connection, values: Any
) -> None:
    arrange({"match": "as late", "kind": "delay", "ms": 300})
    asked = rows(session, "SELECT clock_timestamp()")[0][0]
    late = "SELECT clock_timestamp() AS late" + ("" if values is NO_VALUES else " WHERE 7 = %s")
    assert (rows(session, late, values)[0][0] - asked).total_seconds() >= 0.3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param({"match": "^CONNECT root", "kind": "error", "message": "no"}, "no", id="c"),
        pytest.param({"match": "^LOGIN root", "kind": "error", "message": "not"}, "not", id="l"),
        pytest.param({"match": "^CONNECT", "kind": "drop_before"}, "closed", id="connect, before"),
        pytest.param({"match": "^LOGIN", "kind": "drop_before"}, "closed", id="login, before"),
        pytest.param({"match": "^LOGIN", "kind": "drop_after"}, "closed", id="login, after"),
    ],
)
def test_a_login_can_fail_once(
    faulty: Embedded, arrange: Callable[..., None], fault: dict[str, Any], reason: str
) -> None:
    arrange(fault)
    with pytest.raises(psycopg.OperationalError, match=reason):
        faulty.connect()
    faulty.connect().close()


def test_the_client_hears_of_an_unreadable_file(
    faulty: Embedded, write_faults: Callable[[str], None]
) -> None:
    path = faulty.folder.parent / "faults.json"
    with faulty.connect() as root:
        write_faults("[")
        assert refusal(root, "SELECT 1") == (
            "XXUUU",
            f"the faults file {path} cannot be used: Expecting value: line 1 column 2 (char 1)",
        )
        write_faults("[]")
        assert rows(root, "SELECT 1") == [(1,)]
