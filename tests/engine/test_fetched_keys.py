"""Keys that the nodes fetch: what the engine shows, and that the deployer asks no issuer."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, cluster_that_trusts, minted
from tests.support.stacks import Stack
from tests.support.versions import is_since

pytestmark = [pytest.mark.engine, pytest.mark.holds(since="23.1.17")]


@pytest.fixture(scope="module")
def running_cluster(
    issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    with cluster_that_trusts(issuer, tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def test_a_preview_does_not_need_to_reach_the_issuer(stack: Stack, wish: dict[str, Any]) -> None:
    wish["keys"] = "fetched"
    wish["issuers"]["idp"] = {"issuer": "https://127.0.0.1:1", "audience": "crdb"}
    stack.wish(wish)

    shown = stack.preview()

    assert (
        "+ idp: tokens of issuer https://127.0.0.1:1 are trusted, keys fetched by the nodes"
        in shown
    )


def test_a_switch_is_shown_and_tokens_log_in_before_and_after(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish(wish)
    stack.up()
    if not is_since("24.3"):  # there is no setting for a CA
        del wish["issuers"]["idp"]["ca_file"]
    stack.wish({**wish, "keys": "fetched"})

    shown = stack.preview()
    assert "~ keys of all issuers of the cluster: fetched by the nodes at each login" in shown
    assert '"pinned" => "fetched"' in shown
    stack.up()

    assert cluster.login("app_orders", minted(issuer, sub="orders", aud="crdb")) == "app_orders"
    issuer.rotate()
    assert cluster.login("app_orders", minted(issuer, sub="orders", aud="crdb")) == "app_orders"
    stack.refresh()
    assert "~ keys" not in stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found
