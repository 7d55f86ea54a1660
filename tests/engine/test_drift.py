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
        ["lost: app_orders: idp subject orders may no longer log in", "lost: app_billing: idp"],
        ["+ app_orders: idp subject orders", "+ app_billing: idp subject billing"],
    ),
    "keys": (
        "RESET CLUSTER SETTING server.jwt_authentication.jwks",
        ["lost: idp: key "],
        ["+ idp: key ", "is trusted"],
    ),
    "issuer": (
        "RESET CLUSTER SETTING server.jwt_authentication.issuers",
        ["lost: idp: issuer https://"],
        ["+ idp: tokens of issuer", "are trusted again"],
    ),
    "user": (
        "DROP USER app_orders",
        ["lost: app_orders: there is no such SQL user any more"],
        ["+ app_orders: SQL user, member of readers"],
    ),
    "membership": (
        "REVOKE readers FROM app_orders",
        ["lost: app_orders: no longer a member of readers"],
        ["+ app_orders: member of readers"],
    ),
    "enabled": (
        "SET CLUSTER SETTING server.jwt_authentication.enabled = false",
        ["changed: server.jwt_authentication.enabled is 'false', not 'true'"],
        ["~ JWT logins of the whole cluster: on"],
    ),
}


@pytest.mark.parametrize(
    ("statement", "losses", "lines"), [pytest.param(*v, id=k) for k, v in DRIFT.items()]
)
def test_our_drift_is_named_and_repaired(
    cluster: EmbeddedCluster, stack: Stack, statement: str, losses: list[str], lines: list[str]
) -> None:
    before = cluster.snapshot()
    cluster.execute(statement)

    refreshed = stack.refresh()
    for loss in losses:
        assert loss in refreshed
    assert lines[0] not in refreshed
    shown = stack.preview()

    for line in lines:
        assert line in shown
    stack.up()
    assert cluster.snapshot() == before


def test_an_up_that_refreshes_says_what_was_lost_and_what_comes_back(
    cluster: EmbeddedCluster, stack: Stack
) -> None:
    cluster.execute("REVOKE readers FROM app_orders")

    ran = stack.pulumi("up", "--yes", "--skip-preview", "--refresh", "-s", stack.name)

    assert ran.code == 0, ran.text
    lost = ran.text.index("lost: app_orders: no longer a member of readers")
    assert lost < ran.text.index("+ app_orders: member of readers")


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
