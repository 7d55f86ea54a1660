"""Nodes that disallow root's login: `cockroach start --disallow-root-login`, from 26.1 on.

Sources: #155216, the page on authentication in the manual of 26.1 (which has the text for a
certificate). What root is told without one is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from dev.emulator.host.certificates import issue_client
from tests.emulator.embedded import failed_start
from tests.support.closed_root import OTHER_ADMIN, cluster_without_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.servers import EmbeddedCluster

HBA = "server.host_based_authentication.configuration"
WITH_CERTIFICATE = 'certificate authentication failed for user "root"'
WITH_PASSWORD = "password authentication failed for user root"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with cluster_without_root(tmp_path_factory.mktemp("closed")) as cluster:
        yield cluster


def verdict(cluster: EmbeddedCluster, user: str, shown: str = "", **more: Any) -> str:
    """Log in with the certificate of `shown`, if any; return `admitted` or the refusal."""
    files: dict[str, Any] = {"sslcertmode": "disable"}
    if shown:
        certificate, key = issue_client(cluster.folder, shown)
        files = {"sslcert": str(certificate), "sslkey": str(key)}
    try:
        with psycopg.connect(
            host=cluster.host,
            port=cluster.port,
            user=user,
            dbname="defaultdb",
            sslmode="verify-full",
            sslrootcert=cluster.ca_cert,
            **files,
            **more,
        ):
            return "admitted"
    except psycopg.OperationalError as exc:
        return str(exc)


def test_root_is_refused_with_its_certificate(closed: EmbeddedCluster) -> None:
    assert WITH_CERTIFICATE in verdict(closed, "root", "root")


def test_root_is_refused_with_its_password(closed: EmbeddedCluster) -> None:
    closed.execute("ALTER USER root WITH PASSWORD 'once-good'")
    assert WITH_PASSWORD in verdict(closed, "root", password="once-good")


def test_no_rule_lets_root_in(closed: EmbeddedCluster) -> None:
    closed.execute(f"SET CLUSTER SETTING {HBA} = 'host all all all trust'")
    assert WITH_PASSWORD in verdict(closed, "root")
    assert WITH_CERTIFICATE in verdict(closed, "root", "root")
    assert verdict(closed, OTHER_ADMIN) == "admitted"
    closed.execute(f"RESET CLUSTER SETTING {HBA}")


def test_roots_certificate_lets_nobody_else_in(closed: EmbeddedCluster) -> None:
    assert "certificate authentication failed" in verdict(closed, OTHER_ADMIN, "root")


def test_another_admin_works_on(closed: EmbeddedCluster) -> None:
    assert verdict(closed, OTHER_ADMIN, OTHER_ADMIN) == "admitted"
    assert closed.execute("SELECT current_user") == [(OTHER_ADMIN,)]
    assert closed.execute("SHOW is_superuser") == [("on",)]
    closed.execute("CREATE USER somebody")
    closed.wipe()
    users = closed.execute("SELECT username FROM [SHOW USERS] ORDER BY username")
    assert users == [("admin",), (OTHER_ADMIN,), ("root",)]


def test_no_statement_shows_that_root_is_closed(closed: EmbeddedCluster) -> None:
    """Inferred: the flag is the node's own."""
    roots = "SELECT rolcanlogin, rolsuper FROM pg_catalog.pg_roles WHERE rolname = 'root'"
    assert closed.execute(roots) == [(True, True)]


@pytest.mark.parametrize("version", ["22.2", "25.4"])
def test_earlier_versions_do_not_know_the_flag(tmp_path: Path, version: str) -> None:
    arguments = ("--dir", str(tmp_path), "--version", version, "--disallow-root-login")
    said = f"dev.emulator: --disallow-root-login: unknown flag of version {version}"
    assert failed_start(*arguments) == (2, said)
