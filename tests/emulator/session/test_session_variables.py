"""Session variables: which are kept, which are refused, and when schema changes commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.emulator.embedded import Connection, refusal, rows

if TYPE_CHECKING:
    from tests.emulator.embedded import Embedded


@pytest.mark.parametrize(
    ("statement", "name", "shown"),
    [
        ("SET autocommit_before_ddl = true", "autocommit_before_ddl", "on"),
        ("SET TIME ZONE 'UTC'", "timezone", "UTC"),
        ("SET SESSION application_name TO 'tea'", "application_name", "tea"),
        ("SET search_path = public", "search_path", '"$user", public'),
        ("SET default_int_size = 4", "default_int_size", "4"),
        ("RESET default_int_size", "default_int_size", "8"),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "transaction_isolation", "serializable"),
    ],
)
def test_session_variables_are_kept(
    root: Connection, statement: str, name: str, shown: str
) -> None:
    root.execute(statement.encode())
    assert rows(root, f"SHOW {name}") == [(shown,)]


@pytest.mark.parametrize(
    ("statement", "code", "message"),
    [
        ("SHOW no_such", "42704", 'unrecognized configuration parameter "no_such"'),
        ("SET no_such = 1", "42704", 'unrecognized configuration parameter "no_such"'),
        ("RESET no_such", "42704", 'unrecognized configuration parameter "no_such"'),
        ("SET server_version = '1'", "55P02", 'parameter "server_version" cannot be changed'),
        (
            "SET autocommit_before_ddl = maybe",
            "22023",
            'parameter "autocommit_before_ddl" requires a Boolean value',
        ),
        (
            "SET standard_conforming_strings = off",
            "0A000",
            "standard_conforming_strings = off is not implemented in the embedded cluster",
        ),
    ],
)
def test_other_session_variables_are_refused(
    root: Connection, statement: str, code: str, message: str
) -> None:
    assert refusal(root, statement) == (code, message)


def in_transaction(connection: Connection, protocol: str, statement: str) -> None:
    if protocol == "simple":
        connection.execute(statement.encode())
    else:
        connection.execute(statement.encode(), (), prepare=True)


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_by_default_a_schema_change_commits_the_open_transaction_first(
    cluster: Embedded, root: Connection, protocol: str
) -> None:
    heard: list[tuple[str | None, str | None]] = []
    root.add_notice_handler(lambda told: heard.append((told.severity, told.message_primary)))
    root.execute("BEGIN")
    in_transaction(root, protocol, "CREATE USER committed_early")
    with cluster.connect() as other:
        other.execute("DROP USER committed_early")
    root.execute("COMMIT")
    assert heard == [
        (
            "NOTICE",
            (
                "auto-committing transaction before processing DDL "
                "due to autocommit_before_ddl setting"
            ),
        ),
        ("WARNING", "there is no transaction in progress"),
    ]


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_schema_changes_stay_in_their_transaction_when_asked_to(
    root: Connection, protocol: str
) -> None:
    root.execute("SET autocommit_before_ddl = off")
    root.execute("BEGIN")
    in_transaction(root, protocol, "CREATE USER undone")
    root.execute("ROLLBACK")
    assert rows(root, "SELECT rolname FROM pg_roles WHERE rolname = 'undone'") == []
    with pytest.raises(psycopg.Error, match="there is no transaction in progress"):
        root.execute("ROLLBACK")
