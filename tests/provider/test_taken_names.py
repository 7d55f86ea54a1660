"""Two owners of one name are never one: a creation adds, and removes nothing."""

from typing import Any

import pytest

from crdb_sso.errors import CrdbSsoError, GuardRefused
from tests.support.provider_calls import (
    OWNER,
    PROVIDER,
    create,
    delete,
    other_wish,
    reclaim,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

FREE_LEASE = "SELECT count(*) FROM crdb_sso.public.lease WHERE until <= now()"


@pytest.fixture(autouse=True)
def roles(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE ROLE readers")


def users(cluster: EmbeddedCluster) -> set[str]:
    return {user for user, _, _ in cluster.snapshot().users} - {"admin", "root", "readers"}


def killed_creation(cluster: EmbeddedCluster) -> None:
    """Begin to create the wish; after its first SET nothing gets through, nor is it undone."""
    lost = {"match": "SET CLUSTER SETTING", "kind": "drop_before", "skip": 1, "times": -1}
    cluster.faults(lost)
    with pytest.raises(CrdbSsoError, match="the connection was lost"):
        create(wish(cluster))
    cluster.faults()


@pytest.mark.parametrize("wanted", [wish, other_wish], ids=["the same wish", "another wish"])
def test_a_second_team_of_the_same_name_is_told_so_and_changes_nothing(
    cluster: EmbeddedCluster, wanted: Any
) -> None:
    create(wish(cluster))
    before = cluster.snapshot()
    said = f"another stack has claims on this cluster under the name {OWNER}, since 20"

    for call in (lambda: PROVIDER.check({}, wanted(cluster)), lambda: create(wanted(cluster))):
        with pytest.raises(GuardRefused) as caught:
            call()
        assert caught.value.what.startswith(said)
        assert "another name" in caught.value.hint
        assert f"`crdb-sso claims reclaim '{OWNER}'`" in caught.value.hint
    assert cluster.snapshot() == before
    assert cluster.execute(FREE_LEASE) == [(1,)]


def test_a_stack_that_is_renamed_to_a_taken_name_is_told_so_and_changes_nothing(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    mine = create(wish(cluster, "org/shop/dev/two"))
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match=f"under the name {OWNER}"):
        update(mine, wish(cluster))

    assert cluster.snapshot() == before


def test_a_name_that_is_free_again_can_be_used_by_anybody(cluster: EmbeddedCluster) -> None:
    found = cluster.snapshot()
    delete(create(wish(cluster)))

    delete(create(other_wish(cluster)))

    assert cluster.snapshot() == found


def test_a_killed_creation_is_completed_by_the_next_which_removes_nothing(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    found = cluster.snapshot()
    killed_creation(cluster)
    assert any("could not be undone" in line for line in told)

    state = create(other_wish(cluster))

    assert users(cluster) == {"app_orders", "app_billing", "app_stock"}
    assert {claim[2] for claim in cluster.snapshot().claims} == {OWNER}
    assert len(cluster.execute("SELECT instance FROM crdb_sso.public.owners")) == 1
    seen = refresh(state)
    assert "user app_billing" in seen["leftovers"]
    state = update(seen, other_wish(cluster))
    assert users(cluster) == {"app_orders", "app_stock"}
    delete(state)
    assert cluster.snapshot() == found


def test_a_killed_creation_that_is_completed_is_destroyed_without_a_trace(
    cluster: EmbeddedCluster,
) -> None:
    found = cluster.snapshot()
    killed_creation(cluster)

    delete(create(other_wish(cluster)))

    assert cluster.snapshot() == found
    assert cluster.execute("SELECT * FROM crdb_sso.public.owners") == []


def test_a_creation_that_is_killed_again_and_again_leaves_one_owner(
    cluster: EmbeddedCluster,
) -> None:
    found = cluster.snapshot()
    for _ in range(3):
        killed_creation(cluster)

    state = create(wish(cluster))

    assert len(cluster.execute("SELECT instance FROM crdb_sso.public.owners")) == 1
    delete(state)
    assert cluster.snapshot() == found


def test_a_stack_whose_state_was_lost_takes_over_what_it_had_and_removes_nothing(
    cluster: EmbeddedCluster,
) -> None:
    found = cluster.snapshot()
    lost = create(wish(cluster))
    before = cluster.snapshot()

    reclaim(cluster)
    assert cluster.snapshot() == before
    state = create(other_wish(cluster))

    assert users(cluster) == {"app_orders", "app_billing", "app_stock"}
    assert {claim[2] for claim in cluster.snapshot().claims} == {OWNER}
    assert state["instance"] != lost["instance"]
    delete(state)
    assert cluster.snapshot() == found


def test_a_stack_that_was_alive_when_its_name_was_reclaimed_is_told_so(
    cluster: EmbeddedCluster,
) -> None:
    alive = create(wish(cluster))
    reclaim(cluster)
    create(wish(cluster))
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match=f"under the name {OWNER}"):
        update(alive, other_wish(cluster))

    assert cluster.snapshot() == before


def test_what_a_killed_creation_found_is_still_found_when_it_is_completed(
    cluster: EmbeddedCluster,
) -> None:
    cluster.execute("CREATE USER app_billing")
    cluster.set("server.identity_map.configuration", "https://idp.example.com o-1 app_orders")
    found = cluster.snapshot()
    killed_creation(cluster)

    delete(create(wish(cluster)))

    assert cluster.snapshot() == found
