"""Cluster settings: who may see and set them, how they are shown, and when a write is visible."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dev.emulator.setting_texts.settings import DEFINITIONS, settings_of
from dev.emulator.versions import DEFAULT
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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("server.jwt_authentication.issuers", "server.jwt_authentication.issuers.configuration"),
        ("SERVER.JWT_Authentication.Issuers", "server.jwt_authentication.issuers.configuration"),
        ("Version", "version"),
    ],
)
def test_an_alias_stands_for_the_preferred_name(name: str, expected: str) -> None:
    assert settings_of(DEFAULT).preferred(name) == expected


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
def test_durations_are_shown_as_go_prints_them(
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
def test_a_value_that_cannot_be_set_is_refused_with_its_reason(
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


def test_a_write_is_visible_after_its_time_and_the_writer_waits(slow: Embedded) -> None:
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


def test_a_write_that_takes_too_long_fails_but_is_written(tmp_path: Any) -> None:
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
