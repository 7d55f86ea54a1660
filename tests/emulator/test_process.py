"""Starting and stopping: one line when ready, nothing lost, no process left behind."""

from __future__ import annotations

import contextlib
import signal
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from dev import process_tree
from tests.emulator.embedded import (
    PATIENCE_S,
    Embedded,
    failed_start,
    launch,
    rows,
    running,
)
from tests.support.ports import kept_port
from tests.support.processes import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REMEMBERED = (
    "CREATE USER kept WITH PASSWORD 'secret' CREATEDB",
    "CREATE ROLE reader",
    "GRANT reader TO kept",
    "GRANT SYSTEM VIEWCLUSTERSETTING TO kept",
    "CREATE DATABASE shop",
    "CREATE TABLE shop.public.goods (id INT PRIMARY KEY, name STRING)",
    "INSERT INTO shop.public.goods (id, name) VALUES (1, 'tea')",
    "SET CLUSTER SETTING cluster.organization = 'Tea & Co'",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A cluster whose process is the one that was started."""
    with running(tmp_path_factory.mktemp("anew"), is_anew=True) as started:
        yield started


def remember(cluster: Embedded) -> None:
    with cluster.connect() as root:
        for statement in REMEMBERED:
            root.execute(statement.encode())


def assert_remembered(cluster: Embedded) -> None:
    with cluster.connect() as root:
        users = rows(root, "SELECT username, options, member_of FROM [SHOW USERS]")
        assert ("kept", "CREATEDB", ["reader"]) in users
        assert rows(root, "SHOW CLUSTER SETTING cluster.organization") == [("Tea & Co",)]
        assert rows(root, "SELECT id, name FROM shop.public.goods") == [(1, "tea")]
    with cluster.connect("kept", password="secret") as kept:
        assert rows(kept, "SHOW CLUSTER SETTING cluster.organization") == [("Tea & Co",)]


def test_the_ready_line_holds_what_a_client_needs(cluster: Embedded) -> None:
    assert sorted(cluster.ready) == [
        "admin_url",
        "ca_cert",
        "cluster_id",
        "host",
        "port",
        "version",
    ]
    assert cluster.ready["host"] == "localhost"
    assert cluster.ready["version"] == "25.2"
    with cluster.connect() as root:
        assert rows(root, "SELECT crdb_internal.cluster_id()::STRING") == [
            (cluster.ready["cluster_id"],)
        ]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_good_for_both_names_of_loopback(cluster: Embedded, host: str) -> None:
    with cluster.connect(host=host) as root:
        assert rows(root, "SELECT current_user") == [("root",)]


def test_keys_are_readable_by_their_owner_only(cluster: Embedded) -> None:
    keys = {path.name: path.stat().st_mode & 0o777 for path in cluster.folder.glob("*.key")}
    assert {"ca.key", "node.key", "client.root.key"} <= set(keys)
    assert set(keys.values()) == {0o600}


def test_it_listens_on_loopback_only(cluster: Embedded) -> None:
    assert listening(cluster.process.pid) == {("127.0.0.1", cluster.ready["port"])}


def test_it_speaks_tls_from_1_2_on(cluster: Embedded) -> None:
    address = ("127.0.0.1", cluster.ready["port"])
    context = ssl.create_default_context(cafile=cluster.ready["ca_cert"])
    with socket.create_connection(address) as plain:
        plain.sendall(bytes.fromhex("0000000804d2162f"))
        assert plain.recv(1) == b"S"
        with context.wrap_socket(plain, server_hostname="localhost") as encrypted:
            assert encrypted.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_it_and_nothing_is_lost(tmp_path: Path, how: signal.Signals) -> None:
    first = launch(tmp_path)
    remember(first)
    open_session = first.connect()
    postgres = first.postgres_processes()
    assert len(postgres) > 3
    code = first.end(how)
    assert code == (0 if how != signal.SIGKILL else -signal.SIGKILL)
    assert process_tree.gone_within(PATIENCE_S, postgres) == set()
    assert first.postgres_processes() == set()
    assert first.process.communicate() == ("", "")
    open_session.close()
    with running(tmp_path) as second:
        assert second.ready["cluster_id"] == first.ready["cluster_id"]
        assert_remembered(second)


def test_it_starts_again_right_after_being_killed(tmp_path: Path) -> None:
    for users in range(3):
        cluster = launch(tmp_path)
        with cluster.connect() as root:
            assert rows(root, "SELECT count(*) FROM pg_roles") == [(2 + users,)]
            root.execute(f"CREATE USER user_{users}".encode())
            cluster.process.kill()
        assert cluster.process.communicate() == ("", "")
    with running(tmp_path):
        assert len(list(tmp_path.glob("*.partial"))) == 0


def test_it_ends_at_once_while_queries_run(tmp_path: Path) -> None:
    cluster = launch(tmp_path)
    with contextlib.closing(cluster.connect()) as busy:
        busy.pgconn.send_query(b"SELECT pg_sleep(600)")
        busy.pgconn.flush()
        with cluster.connect() as idle:
            assert rows(idle, "SELECT 1") == [(1,)]
        assert cluster.end(signal.SIGTERM) == 0
    assert cluster.process.communicate() == ("", "")


def test_it_ends_when_postgres_does(tmp_path: Path) -> None:
    cluster = launch(tmp_path)
    postmaster = int((tmp_path / "pg" / "postmaster.pid").read_text().splitlines()[0])
    subprocess.run(["kill", "-QUIT", str(postmaster)], check=True)
    assert cluster.process.wait(60) == 1
    assert "PostgreSQL ended by itself" in cluster.process.communicate()[1]


def test_a_folder_has_one_cluster_at_a_time(cluster: Embedded) -> None:
    code, said = failed_start("--dir", str(cluster.folder))
    assert code == 1
    assert said == (
        f"dev.emulator: {cluster.folder} is in use by the embedded cluster with process id "
        f"{cluster.process.pid}: stop it, or choose another --dir"
    )


def test_a_stale_pid_file_does_not_stop_a_start(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        stale = (tmp_path / "pg" / "postmaster.pid").read_text()
        cluster_id = first.ready["cluster_id"]
    living = stale.splitlines()
    living[0] = str(first.process.pid)  # a number that the system may have given to another process
    (tmp_path / "pg" / "postmaster.pid").write_text("\n".join(living))
    with running(tmp_path) as second:
        assert second.ready["cluster_id"] == cluster_id


def test_a_port_that_is_taken_is_named(tmp_path: Path, cluster: Embedded) -> None:
    port = cluster.ready["port"]
    code, said = failed_start("--dir", str(tmp_path), "--port", str(port))
    assert code == 1
    assert said.startswith(f"dev.emulator: cannot listen on 127.0.0.1:{port}: ")


def test_a_port_can_be_chosen(tmp_path: Path) -> None:
    with kept_port() as port, running(tmp_path, "--port", str(port)) as cluster:
        assert cluster.ready["port"] == port


def test_what_is_prepared_once_serves_many_and_none_sees_another(tmp_path: Path) -> None:
    ids = set()
    for name in ("one", "two"):
        with running(tmp_path / name, "--prepared", str(tmp_path / "prepared")) as cluster:
            ids.add(cluster.ready["cluster_id"])
            with cluster.connect() as root:
                assert rows(root, "SELECT count(*) FROM pg_roles") == [(2,)]
                root.execute("CREATE USER kept")
    assert len(ids) == 2
    assert sorted(made.name for made in tmp_path.iterdir()) == ["one", "prepared", "two"]


@pytest.mark.parametrize("version", ["24.3", "25.2.1", "27.1", "x"])
def test_other_versions_are_refused(tmp_path: Path, version: str) -> None:
    code, said = failed_start("--dir", str(tmp_path), "--version", version)
    assert code == 2
    assert said == (
        f"dev.emulator: --version {version} is not one of 22.2, 23.1, 24.1, 25.2, 25.4, 26.2, 26.4"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param("[", "Expecting value", id="no JSON"),
        pytest.param('[{"kind": "error"}, 1]', "not a mapping", id="no object"),
        pytest.param('[{"match": "x", "kind": "explode"}]', "unknown kind", id="unknown kind"),
        pytest.param('[{"match": "(", "kind": "error"}]', "missing )", id="bad regex"),
        pytest.param('[{"match": "x", "kind": "error", "sql": 1}]', "unexpected", id="bad key"),
    ],
)
def test_a_bad_faults_file_is_refused_at_once(
    tmp_path: Path, text: str | None, reason: str
) -> None:
    faults = tmp_path / "faults.json"
    if text is not None:
        faults.write_text(text)
    code, said = failed_start("--dir", str(tmp_path / "cluster"), "--faults", str(faults))
    assert code == 2
    assert said.startswith(f"dev.emulator: the faults file {faults} cannot be used: ")
    assert reason in said
