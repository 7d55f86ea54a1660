"""`crdb-sso analyze` on every version that is imitated."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.emulator.versions import VERSIONS
from tests.cli.test_cli import crdb_sso
from tests.cli.test_users_by_rights import operator
from tests.support.provider_calls import ISSUER, OWNER, create, wish
from tests.support.servers import EmbeddedCluster, embedded_cluster
from tests.support.versions import is_since

MAP = "server.identity_map.configuration"


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old_or_new_cluster(version: str, tmp_path: Path) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path, "--version", version) as running:
        yield running


def test_every_version_is_analyzed(old_or_new_cluster: EmbeddedCluster, version: str) -> None:
    cluster = old_or_new_cluster
    create(wish(cluster))
    cluster.execute("CREATE USER boss")
    cluster.execute("GRANT admin TO boss")
    ((text,),) = cluster.execute(f"SHOW CLUSTER SETTING {MAP}")
    cluster.set(MAP, f"{text}\n{ISSUER} chief boss\n{ISSUER} O-1 app_night")
    url = operator(cluster, "VIEWCLUSTERSETTING")

    code, printed, _ = crdb_sso("analyze", "--json", "--cluster-url", cluster.admin_url)
    found = json.loads(printed)
    assert code == 5
    assert found["version"] == version
    case = "warning" if is_since("26.1", version) else "info"
    assert {(one["id"], one["severity"]) for one in found["findings"]} == {
        ("CRDB-SSO-005", "error"),
        ("CRDB-SSO-007", "info"),
        ("CRDB-SSO-013", case),
    }
    assert {owner for one in found["findings"] for owner in one["owners"]} == {OWNER}

    assert "last logins" not in crdb_sso("analyze", "--cluster-url", cluster.admin_url)[2]
    code, printed, _ = crdb_sso("analyze", "--cluster-url", url)
    assert code == 5
    assert printed.startswith("error CRDB-SSO-005: chief of")
