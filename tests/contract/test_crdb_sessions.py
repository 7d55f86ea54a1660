"""Open sessions: who sees them, who ends them, and what shutting a user out does to them.

CockroachDB pkg/sql/delegate/show_sessions.go, pkg/sql/cancel_sessions.go; the manual's pages on
SHOW SESSIONS and CANCEL SESSION.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster, Connection
    from tests.contract.temporary_users import Users

OPEN = "SELECT session_id FROM [SHOW CLUSTER SESSIONS] WHERE user_name = %s"
CANCEL = "CANCEL SESSIONS IF EXISTS (SELECT session_id FROM [SHOW CLUSTER SESSIONS] WHERE {})"
PATIENCE_S = 10.0


@pytest.fixture
def password() -> str:
    return secrets.token_urlsafe(12)


@pytest.fixture
def idle(cluster: Cluster, users: Users, password: str) -> Iterator[Connection]:
    """A session of a user, which does nothing."""
    user = users.create(f"WITH PASSWORD '{password}'")
    with contextlib.closing(cluster.connect(user, password, application_name="app")) as connection:
        yield connection


def sessions(db: Connection, user: str) -> list[str]:
    return [session for (session,) in db.execute(OPEN, [user]).fetchall()]


def cancel(db: Connection, user: str) -> None:
    db.execute(sql.SQL(CANCEL).format(sql.SQL("user_name = {}").format(sql.Literal(user))))


def until_gone(db: Connection, user: str) -> None:
    latest = time.monotonic() + PATIENCE_S
    while sessions(db, user):
        assert time.monotonic() < latest, f"{user} still has a session"
        time.sleep(0.05)  # a node ends a session a moment after it answers CANCEL SESSIONS


def is_over(connection: Connection) -> bool:
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT 1")
        return False
    return True


@pytest.mark.every_version
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT user_name, application_name, session_id FROM [SHOW CLUSTER SESSIONS]",
        "SELECT user_name, application_name, session_id FROM [SHOW SESSIONS]",
    ],
)
def test_an_idle_session_is_listed_by_user_and_application(
    db: Connection, idle: Connection, statement: str
) -> None:
    listed = db.execute(statement).fetchall()

    ours = [(application, len(id_)) for user, application, id_ in listed if user == idle.info.user]
    assert ours == [("app", 32)]


@pytest.mark.every_version
def test_cancelling_the_sessions_of_a_user_ends_all_of_them_and_no_other(
    cluster: Cluster, db: Connection, users: Users, idle: Connection, password: str
) -> None:
    user = idle.info.user
    other = users.create(f"WITH PASSWORD '{password}'")
    with (
        contextlib.closing(cluster.connect(user, password)) as second,
        contextlib.closing(cluster.connect(other, password)) as theirs,
    ):
        cancel(db, user)
        until_gone(db, user)

        assert is_over(idle)
        assert is_over(second)
        assert not is_over(theirs)


def test_sessions_that_have_ended_are_not_an_error(db: Connection, idle: Connection) -> None:
    user = idle.info.user
    (session,) = sessions(db, user)
    idle.close()
    until_gone(db, user)

    db.execute(sql.SQL("CANCEL SESSION IF EXISTS {}").format(sql.Literal(session)))
    cancel(db, user)


def test_without_if_exists_a_session_that_has_ended_is_an_error(
    db: Connection, idle: Connection
) -> None:
    user = idle.info.user
    (session,) = sessions(db, user)
    idle.close()
    until_gone(db, user)

    with pytest.raises(psycopg.Error, match="could not cancel session"):
        db.execute(sql.SQL("CANCEL SESSION {}").format(sql.Literal(session)))


@pytest.mark.every_version
def test_nologin_lets_open_sessions_go_on_and_keeps_new_ones_out(
    cluster: Cluster, db: Connection, idle: Connection, password: str
) -> None:
    db.execute(sql.SQL("ALTER USER {} WITH NOLOGIN").format(sql.Identifier(idle.info.user)))

    assert not is_over(idle)
    with pytest.raises(psycopg.OperationalError, match="does not have login privilege"):
        cluster.connect(idle.info.user, password)


def test_others_sessions_are_seen_with_viewactivity_only(
    cluster: Cluster, users: Users, idle: Connection, password: str
) -> None:
    watcher = users.create(f"WITH PASSWORD '{password}'")
    with contextlib.closing(cluster.connect(watcher, password)) as watching:
        assert len(sessions(watching, watcher)) == 1
        assert sessions(watching, idle.info.user) == []

        users.db.execute(sql.SQL("ALTER USER {} VIEWACTIVITY").format(sql.Identifier(watcher)))

        assert len(sessions(watching, idle.info.user)) == 1


@pytest.mark.parametrize(
    "rights",
    [
        pytest.param("", id="none"),
        pytest.param("CREATEROLE CREATELOGIN", id="those over users"),
    ],
)
def test_ending_others_sessions_needs_cancelquery(
    cluster: Cluster, users: Users, idle: Connection, password: str, rights: str
) -> None:
    person = users.create(f"WITH PASSWORD '{password}' {rights}")
    (session,) = sessions(users.db, idle.info.user)
    statement = sql.SQL("CANCEL SESSION {}").format(sql.Literal(session))
    with contextlib.closing(cluster.connect(person, password)) as connection:
        with pytest.raises(psycopg.Error, match="CANCELQUERY"):
            connection.execute(statement)
        assert not is_over(idle)

        users.db.execute(sql.SQL("ALTER USER {} CANCELQUERY").format(sql.Identifier(person)))
        connection.execute(statement)

    until_gone(users.db, idle.info.user)


def test_an_admins_session_is_ended_by_admins_only(
    cluster: Cluster, users: Users, idle: Connection, password: str
) -> None:
    db = users.db
    users.grant("admin", idle.info.user)
    person = users.create(f"WITH PASSWORD '{password}' CANCELQUERY")
    (session,) = sessions(db, idle.info.user)
    statement = sql.SQL("CANCEL SESSION {}").format(sql.Literal(session))
    refused = pytest.raises(psycopg.Error, match="permission denied to cancel admin session")
    with contextlib.closing(cluster.connect(person, password)) as connection, refused:
        connection.execute(statement)

    db.execute(statement)
    until_gone(db, idle.info.user)
