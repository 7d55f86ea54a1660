"""Sessions one after the other: they may share a connection to PostgreSQL, and nothing else."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from dev.emulator.host.postgres import MOST_LEFT
from tests.emulator.embedded import PATIENCE_S, Connection, refusal, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.embedded import Embedded

OURS = "SELECT session_id, session_start FROM [SHOW SESSIONS] WHERE application_name = 'turns'"


def connect(cluster: Embedded, **more: Any) -> Connection:
    return cluster.connect(application_name="turns", **more)


def the_next(cluster: Embedded, left: Connection, **more: Any) -> Connection:
    """Close a session; open those after it until one has its connection to PostgreSQL."""
    before = left.info.backend_pid
    left.close()
    latest = time.monotonic() + PATIENCE_S
    while True:
        session = connect(cluster, **more)
        if session.info.backend_pid == before:
            return session
        session.close()
        assert time.monotonic() < latest, "no session was served by what another had left"


def the_only_one(session: Connection) -> tuple[Any, ...]:
    """Return id and start of a session, once those that were closed before it are gone."""
    latest = time.monotonic() + PATIENCE_S
    while len(found := rows(session, OURS)) > 1:
        assert time.monotonic() < latest, "a session that was closed is still listed"
    return found[0]


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        ("SET application_name = 'other'", "SHOW application_name"),
        ("SET TIME ZONE 'Asia/Tokyo'", "SHOW timezone"),
        ("SET default_int_size = 4", "SHOW default_int_size"),
        ("SET default_transaction_read_only = on", "SHOW default_transaction_read_only"),
        ("SET lock_timeout = '1s'", "SHOW lock_timeout"),
        ("USE postgres", "SHOW database"),
    ],
)
def test_a_session_finds_no_variables_of_the_one_before(
    cluster: Embedded, statement: str, asked: str
) -> None:
    session = connect(cluster)
    before = rows(session, asked)
    session.execute(statement.encode())
    assert rows(session, asked) != before

    with the_next(cluster, session) as session:
        assert rows(session, asked) == before


def test_a_session_finds_no_prepared_statements_of_the_one_before(cluster: Embedded) -> None:
    session = connect(cluster)
    session.execute("SELECT 1", prepare=True)

    with the_next(cluster, session) as session:
        assert session.execute("SELECT 2", prepare=True).fetchall() == [(2,)]


def test_what_was_not_committed_is_rolled_back(cluster: Embedded, database: str) -> None:
    session = connect(cluster, dbname=database)
    session.execute("CREATE TABLE marks (n INT)")
    session.autocommit = False
    session.execute("INSERT INTO marks VALUES (1)")
    session.close()

    with connect(cluster, dbname=database) as session:
        assert rows(session, "SELECT count(*) FROM marks") == [(0,)]


def test_each_session_is_listed_while_it_lasts_and_as_one_of_its_own(cluster: Embedded) -> None:
    session = connect(cluster)
    first_id, first_start = the_only_one(session)

    with the_next(cluster, session) as session:
        second_id, second_start = the_only_one(session)

        assert second_id != first_id
        assert second_start > first_start
        gone = refusal(session, f"CANCEL SESSION '{first_id}'")
        assert gone == (
            "XXUUU",
            f"could not cancel session {first_id}: session ID {first_id} not found",
        )


def test_who_asks_for_another_user_or_database_is_served_anew(
    cluster: Embedded, new_user: Callable[..., str], database: str
) -> None:
    pids = set()
    names = [{"user": "root"}, {"user": new_user()}, {"dbname": database}]
    for more in names:
        session = connect(cluster, **more)
        assert rows(session, "SELECT current_user") == [(more.get("user", "root"),)]
        pids.add(session.info.backend_pid)
        session.close()

    assert len(pids) == len(names)


def test_a_user_who_is_dropped_and_made_again_starts_from_nothing(
    cluster: Embedded, root: Connection, new_user: Callable[..., str], database: str
) -> None:
    user = new_user()
    root.execute(f"CREATE TABLE {database}.public.secrets (n INT)".encode())
    root.execute(f"GRANT SELECT ON TABLE {database}.public.secrets TO {user}".encode())
    session = connect(cluster, user=user, dbname=database)
    assert rows(session, "SELECT n FROM secrets") == []
    session = the_next(cluster, session, user=user, dbname=database)
    before = session.info.backend_pid
    session.close()

    root.execute(f"REVOKE ALL ON TABLE {database}.public.secrets FROM {user}".encode())
    root.execute(f"DROP USER {user}".encode())
    root.execute(f"CREATE USER {user}".encode())

    with connect(cluster, user=user, dbname=database) as session:
        assert session.info.backend_pid != before
        assert rows(session, "SELECT current_user") == [(user,)]
        assert refusal(session, "SELECT n FROM secrets")[0] == "42501"


def test_a_cancelled_session_serves_nobody_again(cluster: Embedded, root: Connection) -> None:
    session = connect(cluster)
    before = session.info.backend_pid
    id_, _ = the_only_one(session)

    root.execute(f"CANCEL SESSION '{id_}'".encode())
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    with connect(cluster) as session:
        assert session.info.backend_pid != before
        assert rows(session, "SELECT 1") == [(1,)]


def test_a_request_to_cancel_that_comes_late_cancels_nothing(cluster: Embedded) -> None:
    session = connect(cluster)
    late = session.pgconn.get_cancel()

    with the_next(cluster, session) as session, ThreadPoolExecutor(1) as pool:
        slept = pool.submit(rows, session, "SELECT pg_sleep(0.3)")
        while not slept.done():
            late.cancel()
        assert len(slept.result()) == 1


def test_of_many_sessions_that_are_left_some_stay(cluster: Embedded) -> None:
    opened = [connect(cluster) for _ in range(MOST_LEFT + 20)]
    most = len(cluster.postgres_processes())
    for session in opened:
        session.close()

    latest = time.monotonic() + PATIENCE_S
    while len(cluster.postgres_processes()) > most - 20:
        assert time.monotonic() < latest, "all of them stay"
        time.sleep(0.01)  # the front end closes them after their clients have gone
    with connect(cluster) as session:
        assert rows(session, "SELECT 1") == [(1,)]
