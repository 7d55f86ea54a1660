"""The whole life of a stack on every version that the embedded cluster imitates."""

from collections.abc import Iterator

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, minted
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=["22.2", "23.1", "24.1", "25.4", "26.2"])
def old_or_new(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    """A cluster of a version that the other tests do not run on."""
    folder = tmp_path_factory.mktemp("cluster")
    with embedded_cluster(folder, "--version", request.param) as cluster:
        yield cluster


def test_up_preview_and_destroy(
    old_or_new: EmbeddedCluster, issuer: LocalIssuer, stack: Stack
) -> None:
    cluster = old_or_new
    cluster.set("server.jwt_authentication.audience", "others")
    cluster.set("server.identity_map.configuration", "# theirs\nhttps://theirs  sub  u")
    found = cluster.snapshot()
    stack.wish(
        {
            "cluster_url": cluster.admin_url,
            "issuers": {
                "idp": {"issuer": issuer.issuer, "audience": "crdb", "ca_file": issuer.ca_cert}
            },
            "logins": {"app_orders": {"identities": [["idp", "orders"]]}},
        }
    )

    stack.up()

    token = minted(issuer, sub="orders", aud="crdb")
    assert cluster.login("app_orders", token) == "app_orders"
    stack.refresh()
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found
