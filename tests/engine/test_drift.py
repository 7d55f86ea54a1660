"""A refresh sees drift, the next preview names it, and `up` repairs it."""

from collections.abc import Iterator

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer
from tests.support.stacks import Stack, two_logins

pytestmark = pytest.mark.engine

MAP = "server.identity_map.configuration"


@pytest.fixture(scope="module")
def cluster(running_cluster: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    """A cluster that is as new to this file; its tests share one stack."""
    yield running_cluster
    running_cluster.wipe()


@pytest.fixture(scope="module")
def standing(
    cluster: EmbeddedCluster, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack") / "project")
    cluster.execute("CREATE ROLE readers")
    wish = two_logins(cluster, issuer)
    wish["logins"]["app_orders"]["roles"] = ["readers"]
    stack.wish(wish)
    stack.up()
    yield stack
    stack.destroy()


@pytest.fixture
def stack(standing: Stack, cluster: EmbeddedCluster) -> Iterator[Stack]:
    """A stack that stands as its program says, also after a test that has failed."""
    before = cluster.snapshot()
    yield standing
    if cluster.snapshot() != before:
        standing.refresh()
        standing.up()
    assert cluster.snapshot() == before


DRIFT = {
    "map lines": (
        f"RESET CLUSTER SETTING {MAP}",
        ["+ app_orders: idp subject orders", "+ app_billing: idp subject billing"],
    ),
    "keys": ("RESET CLUSTER SETTING server.jwt_authentication.jwks", ["+ idp: key ", "is trusted"]),
    "issuer": (
        "RESET CLUSTER SETTING server.jwt_authentication.issuers",
        ["+ idp: tokens of issuer", "are trusted again"],
    ),
    "user": ("DROP USER app_orders", ["+ app_orders: SQL user, member of readers"]),
    "membership": ("REVOKE readers FROM app_orders", ["+ app_orders: member of readers"]),
    "enabled": (
        "SET CLUSTER SETTING server.jwt_authentication.enabled = false",
        ["~ JWT logins of the whole cluster: on"],
    ),
}


@pytest.mark.parametrize(("statement", "lines"), [pytest.param(*v, id=k) for k, v in DRIFT.items()])
def test_our_drift_is_named_and_repaired(
    cluster: EmbeddedCluster, stack: Stack, statement: str, lines: list[str]
) -> None:
    before = cluster.snapshot()
    cluster.execute(statement)

    stack.refresh()
    shown = stack.preview()

    for line in lines:
        assert line in shown
    stack.up()
    assert cluster.snapshot() == before


def test_foreign_additions_are_not_drift(cluster: EmbeddedCluster, stack: Stack) -> None:
    ours = cluster.snapshot().setting(MAP)
    cluster.set(MAP, ours + "https://theirs sub u\n")
    cluster.execute("CREATE ROLE theirs")
    cluster.execute("GRANT theirs TO app_orders")

    stack.refresh()

    assert stack.pulumi("preview", "--expect-no-changes", "-s", stack.name).code == 0
    cluster.set(MAP, ours)
    cluster.execute("REVOKE theirs FROM app_orders")
    cluster.execute("DROP ROLE theirs")


def test_drift_of_one_leaf_is_one_marked_place_in_the_engines_diff(
    cluster: EmbeddedCluster, stack: Stack
) -> None:
    cluster.execute("REVOKE readers FROM app_orders")
    stack.refresh()

    shown = stack.preview()

    lines = [" ".join(line.split()).replace(" :", ":") for line in shown.splitlines()]
    marked = [line for line in lines if line.startswith(("+ ", "- ", "~ ")) and ":" in line]
    assert marked[-4:] == ["~ logins: {", "~ app_orders: {", "+ roles: {", "+ readers: true"]
    stack.up()
