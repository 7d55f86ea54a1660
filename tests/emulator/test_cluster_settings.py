"""Cluster settings: who sees and sets what, when a write is seen, and what a session keeps."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from dev.emulator.settings import DEFINITIONS
from tests.emulator.embedded import Connection, Embedded, refusal, rows, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAP = "server.identity_map.configuration"
AUDIENCE = "server.jwt_authentication.audience"
REDACTION = "server.redact_sensitive_settings.enabled"
SENSITIVE = [
    "enterprise.license",
    "server.host_based_authentication.configuration",
    "server.identity_map.configuration",
    "server.jwt_authentication.issuers.custom_ca",
]


@pytest.fixture
def redacting(root: Connection) -> Iterator[Connection]:
    root.execute(f"SET CLUSTER SETTING {REDACTION} = true".encode())
    root.execute(f"SET CLUSTER SETTING {MAP} = 'https://idp 1 ann'".encode())
    root.execute(f"SET CLUSTER SETTING {AUDIENCE} = 'crdb'".encode())
    yield root
    for name in (REDACTION, MAP, AUDIENCE):
        root.execute(f"RESET CLUSTER SETTING {name}".encode())


def test_the_sensitive_settings_are_these() -> None:
    assert [setting.name for setting in DEFINITIONS if setting.sensitive] == SENSITIVE


@pytest.mark.usefixtures("redacting")
@pytest.mark.parametrize(
    ("system", "seen"),
    [("VIEWCLUSTERSETTING", "<redacted>"), ("MODIFYCLUSTERSETTING", "https://idp 1 ann")],
)
def test_redaction_depends_on_the_reader(
    cluster: Embedded, new_user: Callable[..., str], system: str, seen: str
) -> None:
    with cluster.connect(new_user(system=system)) as reader:
        listed = dict(rows(reader, "SELECT variable, value FROM [SHOW ALL CLUSTER SETTINGS]"))
        assert (listed[MAP], listed[AUDIENCE]) == (seen, "crdb")
        assert rows(reader, f"SHOW CLUSTER SETTING {MAP}") == [(seen,)]
        # An empty value shows as empty: whether a setting is customised is not hidden.
        assert rows(reader, "SHOW CLUSTER SETTING enterprise.license") == [("",)]


@pytest.mark.parametrize(
    ("name", "shown", "listed", "kind"),
    [
        ("server.jwt_authentication.enabled", False, "false", "b"),
        ("server.jwt_authentication.client.timeout", timedelta(seconds=15), "15s", "d"),
        ("sql.defaults.transaction_rows_read_err", 0, "0", "i"),
        ("sql.defaults.distsql", "auto", "auto", "e"),
        ("server.jwt_authentication.jwks", '{"keys":[]}', '{"keys":[]}', "s"),
        ("version", "25.2", "25.2", "m"),
    ],
)
def test_each_kind_shows_its_own_type(
    root: Connection, name: str, shown: Any, listed: str, kind: str
) -> None:
    assert rows(root, f"SHOW CLUSTER SETTING {name}") == [(shown,)]
    row = rows(
        root,
        "SELECT value, setting_type, default_value, origin FROM [SHOW CLUSTER SETTINGS] "
        "WHERE variable = %s",
        [name],
    )
    assert row == [(listed, kind, listed, "default")]


@pytest.mark.parametrize(
    ("written", "shown", "listed"),
    [
        ("'90s'", timedelta(seconds=90), "1m30s"),
        ("'168h'", timedelta(days=7), "168h0m0s"),
        ("INTERVAL '1.5s'", timedelta(seconds=1.5), "1.5s"),
        ("'250us'", timedelta(microseconds=250), "250µs"),
        ("'0s'", timedelta(0), "0s"),
    ],
)
def test_durations_come_back_as_written(
    root: Connection, written: str, shown: timedelta, listed: str
) -> None:
    name = "server.jwt_authentication.client.timeout"
    root.execute(f"SET CLUSTER SETTING {name} = {written}".encode())
    assert rows(root, f"SHOW CLUSTER SETTING {name}") == [(shown,)]
    every = dict(rows(root, "SELECT variable, value FROM [SHOW CLUSTER SETTINGS]"))
    assert every[name] == listed
    root.execute(f"RESET CLUSTER SETTING {name}".encode())


@pytest.mark.parametrize(
    ("statement", "code", "message"),
    [
        (
            "SET CLUSTER SETTING server.host_based_authentication.configuration = 'host all'",
            "F0000",
            "line 1: end-of-line before role specification",
        ),
        (
            "SET CLUSTER SETTING version = '25.3'",
            "0A000",
            "versions cannot be changed in the embedded cluster (asked for 25.3)",
        ),
        (
            "SET CLUSTER SETTING sql.defaults.distsql = 'sometimes'",
            "22023",
            "invalid string value 'sometimes' for enum setting",
        ),
        (
            "SET CLUSTER SETTING server.jwt_authentication.client.timeout = '1 day'",
            "XXUUU",
            "cannot use day or month specifiers: 1 day",
        ),
        (
            "SET CLUSTER SETTING server.jwt_authentication.enabled = NULL",
            "42804",
            "cannot use unknown NULL value for bool setting",
        ),
        (
            "SET CLUSTER SETTING cluster.organization = (SELECT 'x')",
            "0A000",
            "a query as the value of a setting is not implemented in the embedded cluster",
        ),
    ],
)
def test_what_can_not_be_set_is_said(
    root: Connection, statement: str, code: str, message: str
) -> None:
    assert refusal(root, statement) == (code, message)


def test_the_lesser_privilege_sets_sql_defaults_only(
    cluster: Embedded, new_user: Callable[..., str]
) -> None:
    with cluster.connect(new_user(system="MODIFYSQLCLUSTERSETTING")) as session:
        session.execute("SET CLUSTER SETTING sql.defaults.distsql = 'on'")
        session.execute("RESET CLUSTER SETTING sql.defaults.distsql")
        assert refusal(session, f"SET CLUSTER SETTING {AUDIENCE} = 'x'") == (
            "42501",
            (
                "only users with the MODIFYCLUSTERSETTING privilege are allowed to set "
                f"cluster setting '{AUDIENCE}'"
            ),
        )


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with running(tmp_path_factory.mktemp("slow"), "--propagation-ms", "1500") as cluster:
        yield cluster


def test_a_write_is_seen_after_its_time_and_waited_for(slow: Embedded) -> None:
    with slow.connect() as writer, slow.connect() as reader:
        show, now = f"SHOW CLUSTER SETTING {AUDIENCE}", "SELECT clock_timestamp()"
        assert rows(reader, show) == [("",)]
        ((began,),) = rows(reader, now)
        writer.pgconn.send_query(f"SET CLUSTER SETTING {AUDIENCE} = 'late'".encode())
        writer.pgconn.flush()
        while rows(reader, show) == [("",)]:
            continue
        assert rows(reader, show) == [("late",)]
        assert rows(reader, now)[0][0] - began >= timedelta(milliseconds=1500)
        while writer.pgconn.get_result():
            continue
        assert rows(writer, show) == [("late",)]


def test_a_write_that_takes_too_long_fails_and_is_written(tmp_path: Any) -> None:
    with running(tmp_path, "--propagation-ms", "11000") as cluster, cluster.connect() as root:
        assert refusal(root, f"SET CLUSTER SETTING {AUDIENCE} = 'late'") == (
            "XXUUU",
            "setting updated but timed out waiting to read new value",
        )
        deadline = time.monotonic() + 30
        show = f"SHOW CLUSTER SETTING {AUDIENCE}"
        while rows(root, show) == [("",)] and time.monotonic() < deadline:
            continue
        assert rows(root, show) == [("late",)]


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
def test_schema_changes_commit_before_themselves_at_first(
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
def test_schema_changes_are_part_of_their_transaction_when_asked_to_be(
    root: Connection, protocol: str
) -> None:
    root.execute("SET autocommit_before_ddl = off")
    root.execute("BEGIN")
    in_transaction(root, protocol, "CREATE USER undone")
    root.execute("ROLLBACK")
    assert rows(root, "SELECT rolname FROM pg_roles WHERE rolname = 'undone'") == []
    with pytest.raises(psycopg.Error, match="there is no transaction in progress"):
        root.execute("ROLLBACK")
