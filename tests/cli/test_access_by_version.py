"""`crdb-sso access` on every version that is imitated."""

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


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old_or_new_cluster(version: str, tmp_path: Path) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path, "--version", version) as running:
        yield running


def test_every_version_shows_who_can_log_in(
    old_or_new_cluster: EmbeddedCluster, version: str
) -> None:
    cluster = old_or_new_cluster
    create(wish(cluster))
    tells = is_since("25.3", version)
    if tells:
        cluster.execute(f"CREATE USER made PROVISIONSRC 'jwt_token:{ISSUER}'")
    url = operator(cluster, "VIEWCLUSTERSETTING")

    code, printed, aside = crdb_sso("access", "--json", "--cluster-url", cluster.admin_url)
    seen = json.loads(printed)
    assert code == 0
    assert seen["version"] == version
    assert seen["issuers"] == [ISSUER]
    assert [
        (way["subject"], way["user"], way["works"], way["line_owners"]) for way in seen["ways"]
    ] == [("b-1", "app_billing", True, [OWNER]), ("o-1", "app_orders", True, [OWNER])]
    assert ("does not show last logins" in aside) is not tells

    code, printed, aside = crdb_sso("access", "--cluster-url", url)
    assert code == 0
    assert "o-1" in printed
    assert "SHOW USERS is refused to this operator" in aside

    if tells:
        (text,) = cluster.execute("SHOW CLUSTER SETTING server.identity_map.configuration")[0]
        cluster.set("server.identity_map.configuration", f"{text}\n{ISSUER} m made\n{ISSUER} op op")
        _, printed, _ = crdb_sso("access", "--json", "--cluster-url", cluster.admin_url)
        by_user = {way["user"]: way for way in json.loads(printed)["ways"]}
        assert by_user["made"]["provisioned_by"] == ISSUER
        assert (by_user["made"]["last_login"], bool(by_user["op"]["last_login"])) == ("", True)
