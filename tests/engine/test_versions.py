"""A few telling tests of each version that the embedded cluster imitates, in every run.

With `CRDB_SSO_TEST_VERSION`, a run takes the whole suite on that version instead.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, cluster_that_trusts, minted
from tests.support.stacks import Stack
from tests.support.versions import chosen_version, other_versions

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        chosen_version() is not None, reason="all other tests are asked of the chosen version"
    ),
]


@pytest.fixture(scope="module")
def running_cluster(
    request: pytest.FixtureRequest, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    """A cluster of a version on which the other tests do not run."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster_that_trusts(issuer, folder, request.param) as cluster:
        yield cluster


def on(*versions: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("running_cluster", versions, indirect=True, scope="module")


@on(*other_versions())
def test_up_preview_and_destroy(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.set("server.jwt_authentication.audience", "others")
    cluster.set("server.identity_map.configuration", "# theirs\nhttps://theirs  sub  u")
    found = cluster.snapshot()
    stack.wish(wish)

    stack.up()

    token = minted(issuer, sub="orders", aud="crdb")
    assert cluster.login("app_orders", token) == "app_orders"
    stack.refresh()
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found


@on("22.2")
def test_a_rotation_is_shown_and_written_on_the_oldest(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    stack.up()
    before = issuer.kids()
    issuer.rotate()
    (new,) = issuer.kids() - before

    assert f"+ idp: key {new} is trusted" in stack.preview()
    stack.up()

    assert cluster.login("app_orders", minted(issuer, sub="orders", aud="crdb")) == "app_orders"
    stack.destroy()


@on("22.2", "26.4")
def test_drift_is_named_and_repaired_on_the_oldest_and_the_newest(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    stack.up()
    before = cluster.snapshot()
    cluster.set("server.identity_map.configuration", "")
    cluster.execute("DROP USER app_billing")

    shown = stack.preview("--refresh")
    assert "+ app_orders: idp subject orders (audience crdb) may log in" in shown
    assert "+ app_billing: SQL user" in shown
    stack.refresh()
    stack.up()

    assert cluster.snapshot() == before
    stack.destroy()


@on("24.1")
def test_keys_are_fetched_on_the_oldest_version_that_can(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    del wish["issuers"]["idp"]["ca_file"]  # before 24.3 there is no setting for a CA
    stack.wish(wish | {"keys": "fetched"})

    stack.up()

    issuer.rotate()
    assert cluster.login("app_orders", minted(issuer, sub="orders", aud="crdb")) == "app_orders"
    stack.preview("--refresh", "--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found
