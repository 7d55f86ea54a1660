"""Group sync on a cluster: what it could make of people, and what it takes from them, is said."""

from collections.abc import Iterator
from functools import partial

import pytest

from crdb_sso.errors import GuardRefused
from tests.provider.test_provisioning import ACCEPTED, MAP, OTHER, SYNC, of, switches, token, users
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, identity, update
from tests.support.servers import (
    EmbeddedCluster,
    LocalIssuer,
    embedded_cluster,
    local_issuer,
)


@pytest.fixture(scope="module", params=["25.4", "26.2"])
def running_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with embedded_cluster(folder, "--version", request.param) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def test_sync_that_would_make_admins_is_refused_until_it_is_accepted(
    cluster: EmbeddedCluster, issuer: LocalIssuer, told: list[str]
) -> None:
    for statement in (
        "CREATE ROLE leads",
        "CREATE ROLE dbas",
        "CREATE ROLE readers",
        "GRANT admin TO leads",
        "GRANT leads TO dbas",
        "CREATE USER ann",
        "GRANT readers TO ann",
        "CREATE USER bob",
        "GRANT readers TO bob",
        "CREATE USER gone NOLOGIN",
        "GRANT readers TO gone",
    ):
        cluster.execute(statement)
    cluster.set(MAP, f"{issuer.issuer} a-1 ann\n{issuer.issuer} g-1 gone")
    state = create(of(cluster, issuer))
    before = cluster.snapshot()

    for refused in (partial(PROVIDER.diff, OWNER), update):
        with pytest.raises(GuardRefused, match="name admin, dbas or leads"):
            refused(state, of(cluster, issuer, group_sync={}))
    assert cluster.snapshot() == before
    told.clear()
    state = update(state, of(cluster, issuer, group_sync=ACCEPTED))

    (said,) = [line for line in told if "next login" in line]
    assert said == (
        "info: group sync: the next login of ann by token revokes readers, unless the token's"
        " groups name the roles to keep"
    )
    assert cluster.login("app_orders", token(issuer, groups=["dbas"])) == "app_orders"
    assert users(cluster)["app_orders"][1] == "{dbas}"
    assert cluster.login("ann", token(issuer, "a-1", groups=["writers"])) == "ann"
    assert users(cluster)["ann"][1] == "{}"
    state = update(state, of(cluster, issuer, group_sync={}))  # it is on: nothing is refused
    delete(state)


def test_sync_that_others_turned_on_keeps_no_stack_from_its_changes(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    cluster.set(SYNC, "true")
    state = create(of(cluster, issuer, group_sync={}))
    more = {"app_new": {"identities": {"n": identity("n-1")}}}
    state = update(state, of(cluster, issuer, group_sync={}, logins=more))
    delete(state)
    assert switches(cluster) == ("groups", "groups", "true", "false")


def test_a_stack_that_joined_gets_no_say_over_groups_when_the_other_is_gone(
    cluster: EmbeddedCluster, issuer: LocalIssuer, told: list[str]
) -> None:
    accepting = create(of(cluster, issuer, owner=OTHER, group_sync=ACCEPTED))
    joined = of(cluster, issuer, group_sync={})
    state = create(joined)
    delete(accepting)
    before = cluster.snapshot()

    for refused in (partial(PROVIDER.diff, OWNER), update):
        with pytest.raises(GuardRefused, match="group_claim: 'groups' -> 'mine'"):
            refused(state, joined | {"group_sync": {"group_claim": "mine"}})
    assert cluster.snapshot() == before
    for change in (update, partial(PROVIDER.diff, OWNER)):
        told.clear()
        change(state, joined | {"logins": {}})  # a revocation is never refused
        (said,) = [line for line in told if "on for this stack alone" in line]
        assert said.startswith("warn: ")
    assert switches(cluster) == ("groups", "groups", "true", "false")
