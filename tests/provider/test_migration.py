"""Claim tables and states of older versions: the first `up` brings them to those of today."""

import threading
from typing import Any

import pytest

from crdb_sso.errors import GuardRefused
from tests.provider.test_crash_points import crash_points
from tests.support.older_registry import OLDER_READING, VERSION, make_older, older
from tests.support.provider_calls import (
    OWNER,
    PROVIDER,
    asked,
    create,
    delete,
    identity,
    other_wish,
    reclaim,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import Snapshot
from tests.support.soak import IS_SOAK

OTHER, THIRD = "org/other/prod/sso", "org/third/prod/sso"
OWNERS = "SELECT owner FROM crdb_sso.public.owners ORDER BY owner"
NAMED = "SELECT DISTINCT owner FROM crdb_sso.public.claims ORDER BY owner"
STEP = 1 if IS_SOAK else 2
"""`make soak` tries each statement that takes effect."""

EACH_VERSION = pytest.mark.parametrize("version", [1, 2])


@pytest.fixture
def found(cluster: EmbeddedCluster) -> Snapshot:
    """A cluster that others already use."""
    cluster.execute("CREATE ROLE readers")
    cluster.set("server.jwt_authentication.audience", "others")
    cluster.set("server.identity_map.configuration", "# theirs\nhttps://theirs s u\n")
    return cluster.snapshot()


def stock(cluster: EmbeddedCluster, owner: str = OTHER, *more: str) -> dict[str, Any]:
    """Return inputs of another stack with the same source, and a login of both."""
    logins = {user: {"identities": {"me": identity(user)}} for user in ("app_stock", *more)}
    logins["app_orders"] = {"identities": {"orders": identity("o-1")}}
    return wish(cluster, owner, logins=logins)


def two_older_stacks(cluster: EmbeddedCluster, version: int) -> tuple[Any, Any]:
    """Return the states of two stacks, after an older version has brought them up."""
    states = create(wish(cluster)), create(stock(cluster))
    make_older(cluster, version)
    return older(states[0]), older(states[1])


@EACH_VERSION
def test_each_stack_brings_its_own_rows_and_nothing_else_changes(
    cluster: EmbeddedCluster, found: Snapshot, told: list[str], version: int
) -> None:
    one, two = two_older_stacks(cluster, version)
    before = cluster.snapshot()
    told.clear()

    one = update(one, wish(cluster))
    assert cluster.execute(VERSION) == [("3",)]
    assert sorted([row[0] for row in cluster.execute(NAMED)]) == sorted([one["instance"], OTHER])
    assert cluster.snapshot() == before
    two = update(two, stock(cluster))
    assert cluster.snapshot() == before

    assert told == []
    assert cluster.execute(OWNERS) == [(OTHER,), (OWNER,)]
    assert refresh(one) == one
    delete(one)
    assert "app_orders" in cluster.snapshot().setting("identity_map.configuration")
    delete(two)
    assert cluster.snapshot() == found


@EACH_VERSION
def test_each_claim_keeps_the_day_on_which_it_was_made(
    cluster: EmbeddedCluster, version: int
) -> None:
    one, _ = two_older_stacks(cluster, version)
    cluster.execute("UPDATE crdb_sso.public.claims SET since = '2020-02-02'")

    one = update(one, wish(cluster))

    days = "SELECT DISTINCT owner, since::DATE::STRING FROM crdb_sso.public.claims"
    assert (one["instance"], "2020-02-02") in cluster.execute(days)
    assert {day for _, day in cluster.execute(days)} == {"2020-02-02"}


@EACH_VERSION
def test_a_preview_says_what_becomes_of_the_claims_and_nothing_else(
    cluster: EmbeddedCluster, found: Snapshot, told: list[str], version: int
) -> None:
    assert found
    one, _ = two_older_stacks(cluster, version)
    before = cluster.snapshot()
    told.clear()

    assert PROVIDER.diff(OWNER, one, wish(cluster)).changes

    (line,) = told
    assert line.startswith("info: ~ the claims of this stack get a uuid (version 3")
    assert cluster.snapshot() == before
    assert cluster.execute(VERSION) == [(str(version),)]
    one = update(one, wish(cluster))
    assert not PROVIDER.diff(OWNER, one, wish(cluster)).changes


@EACH_VERSION
def test_a_refresh_reads_an_older_state_and_remembers_who_it_is(
    cluster: EmbeddedCluster, found: Snapshot, version: int
) -> None:
    assert found
    one, _ = two_older_stacks(cluster, version)

    seen = refresh(one)

    assert asked(seen) == wish(cluster)
    assert update(seen, wish(cluster))["instance"] == update(one, wish(cluster))["instance"]


@EACH_VERSION
def test_stacks_may_be_destroyed_without_an_up_before(
    cluster: EmbeddedCluster, found: Snapshot, version: int
) -> None:
    one, two = two_older_stacks(cluster, version)

    delete(two)
    assert "app_billing" in {user for user, _, _ in cluster.snapshot().users}
    delete(one)

    assert cluster.snapshot() == found
    assert cluster.execute(OWNERS) == []


def test_a_change_and_a_rename_are_made_along_with_it(
    cluster: EmbeddedCluster, found: Snapshot
) -> None:
    one, two = two_older_stacks(cluster, 2)

    one = update(one, other_wish(cluster) | {"owner": THIRD})

    after = cluster.snapshot()
    assert {owner for _, _, owner, _, _ in after.claims} == {THIRD, OTHER}
    users = {user for user, _, _ in after.users}
    assert {"app_orders", "app_stock"} < users
    assert "app_billing" not in users
    delete(two)
    delete(one)
    assert cluster.snapshot() == found


def test_what_older_stacks_need_is_kept_by_those_of_today(
    cluster: EmbeddedCluster, found: Snapshot, told: list[str]
) -> None:
    one, two = two_older_stacks(cluster, 2)
    before = cluster.snapshot()
    told.clear()

    third = create(stock(cluster, THIRD, "app_third"))
    assert any(f"app_stock: shared with {OTHER}:" in line for line in told)
    delete(third)

    assert cluster.snapshot() == before
    delete(one)
    delete(two)
    assert cluster.snapshot() == found


def test_the_name_of_an_older_stack_is_taken(cluster: EmbeddedCluster, found: Snapshot) -> None:
    one, two = two_older_stacks(cluster, 2)
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match=f"under the name {OWNER}, since 20"):
        create(wish(cluster))

    assert cluster.snapshot() == before
    delete(one)
    delete(two)
    assert cluster.snapshot() == found


def test_an_older_stack_whose_state_was_lost_can_be_reclaimed(
    cluster: EmbeddedCluster, found: Snapshot
) -> None:
    _, two = two_older_stacks(cluster, 2)
    before = cluster.snapshot()

    reclaim(cluster)
    state = create(wish(cluster))

    assert cluster.snapshot() == before
    delete(two)
    delete(state)
    assert cluster.snapshot() == found


@pytest.mark.parametrize(("kind", "version"), [("drop_before", 2), ("drop_after", 1)])
def test_a_migration_that_is_killed_anywhere_is_completed_by_the_next_up(
    cluster: EmbeddedCluster, found: Snapshot, kind: str, version: int
) -> None:
    wanted = other_wish(cluster)
    states = [two_older_stacks(cluster, version)]
    for _ in crash_points(cluster, kind, lambda: update(states[-1][0], wanted), STEP):
        new = update(states[-1][0], wanted)
        assert len(cluster.execute(NAMED)) == 2  # our uuid, and the name of the other stack
        assert cluster.execute(OWNERS) == [(OWNER,)]
        delete(new)
        delete(states[-1][1])
        assert cluster.snapshot() == found
        states.append(two_older_stacks(cluster, version))


def test_a_migration_that_is_killed_anywhere_and_destroyed_next_leaves_nothing(
    cluster: EmbeddedCluster, found: Snapshot
) -> None:
    states = [two_older_stacks(cluster, 2)]

    def migrate() -> None:
        update(states[-1][0], other_wish(cluster))

    for _ in crash_points(cluster, "drop_after", migrate, STEP):
        for state in states[-1]:
            delete(state)
        assert cluster.snapshot() == found
        states.append(two_older_stacks(cluster, 2))


@EACH_VERSION
def test_two_stacks_that_migrate_at_once_lose_nothing(
    cluster: EmbeddedCluster, found: Snapshot, version: int
) -> None:
    one, two = two_older_stacks(cluster, version)
    before = cluster.snapshot()
    new: dict[str, dict[str, Any]] = {}

    def migrate(state: dict[str, Any], props: dict[str, Any]) -> None:
        # by another URL each, as operations of one process with one URL wait in line
        url = f"{cluster.admin_url}&application_name={props['owner'].replace('/', '_')}"
        new[props["owner"]] = update(state, props | {"cluster_url": url})

    cluster.faults({"match": "CREATE TABLE|UPDATE", "kind": "delay", "ms": 20, "times": -1})
    both = [
        threading.Thread(target=migrate, args=args)
        for args in ((one, wish(cluster)), (two, stock(cluster)))
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    cluster.faults()

    assert cluster.snapshot() == before
    assert cluster.execute(OWNERS) == [(OTHER,), (OWNER,)]
    assert {row[0] for row in cluster.execute(NAMED)} == {s["instance"] for s in new.values()}
    delete(new[OWNER])
    delete(new[OTHER])
    assert cluster.snapshot() == found


@EACH_VERSION
def test_an_older_program_reads_as_far_as_the_version_that_it_does_not_know(
    cluster: EmbeddedCluster, version: int
) -> None:
    one, _ = two_older_stacks(cluster, version)
    update(one, wish(cluster))

    meta, claims, found_texts = (cluster.execute(query) for query in OLDER_READING)

    assert dict(meta)["schema_version"] == "3"
    assert found_texts
    kinds = {"issuer", "audience", "key", "map line", "user", "membership", "setting"}
    assert {kind for kind, *_ in claims} <= kinds


def test_a_new_cluster_is_read_as_far_by_an_older_program(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    meta, claims, _ = (cluster.execute(query) for query in OLDER_READING)

    assert dict(meta)["schema_version"] == "3"
    assert claims
