"""A failure at any step leaves what the next `up` completes and `destroy` removes completely.

The steps are the statements that take effect: the n-th one loses its connection, before or after it
runs, for every n until the operation succeeds. To lose it before any other statement is to lose it
before the last one that took effect, or at the beginning; `make soak` tries these too.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crdb_sso.errors import CrdbSsoError
from tests.support.provider_calls import create, delete, other_wish, update, wish
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import Snapshot
from tests.support.soak import IS_SOAK

EVERY = "^(?!CONNECT|LOGIN)"
EFFECTS = "^(COMMIT|SET|RESET|CREATE|ALTER|DROP|GRANT|REVOKE)"
"""Statements that take effect by themselves; after any other, it is as if it had never run."""
KINDS = [("drop_before", EVERY if IS_SOAK else EFFECTS), ("drop_after", EFFECTS)]
MANY = 120  # more than any operation sends


def crash_points(
    cluster: EmbeddedCluster,
    kind: str,
    operation: Callable[[], object],
    step: int = 1,
    where: str = EFFECTS,
) -> Iterator[int]:
    """Run an operation repeatedly, losing the connection some statements later each time."""
    for skipped in range(0, MANY, step):
        fault = {"match": where, "kind": kind, "skip": skipped, "times": 1}
        cluster.faults(fault)
        try:
            operation()
        except CrdbSsoError:
            cluster.faults()
            yield skipped
        else:
            cluster.faults()
            assert skipped > 0, "not one statement was hit"
            return
    pytest.fail(f"still failing after {MANY} statements")


@pytest.fixture
def found(cluster: EmbeddedCluster) -> Snapshot:
    """A cluster that others already use."""
    cluster.execute("CREATE ROLE readers")
    cluster.set("server.jwt_authentication.audience", "others")
    return cluster.snapshot()


@pytest.mark.parametrize(("kind", "where"), KINDS, ids=["before", "after"])
def test_a_create_that_fails_anywhere_is_undone_and_can_be_repeated(
    cluster: EmbeddedCluster, found: Snapshot, kind: str, where: str
) -> None:
    states: list[dict[str, Any]] = []
    for _ in crash_points(cluster, kind, lambda: states.append(create(wish(cluster))), where=where):
        assert cluster.snapshot() == found
    wanted = cluster.snapshot()

    delete(states[0])

    assert cluster.snapshot() == found
    assert wanted.claims


@pytest.mark.parametrize(("kind", "where"), KINDS, ids=["before", "after"])
def test_an_update_that_fails_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, kind: str, where: str
) -> None:
    state = create(wish(cluster))
    update(state, other_wish(cluster))
    wanted = cluster.snapshot()
    old = update(state, wish(cluster))
    for _ in crash_points(cluster, kind, lambda: update(old, other_wish(cluster)), where=where):
        update(old, other_wish(cluster))
        assert cluster.snapshot() == wanted
        update(old, wish(cluster))
    assert cluster.snapshot() == wanted

    delete(state)

    assert cluster.snapshot() == found


@pytest.mark.parametrize(("kind", "where"), KINDS, ids=["before", "after"])
def test_after_an_update_that_fails_anywhere_delete_removes_everything(
    cluster: EmbeddedCluster, found: Snapshot, kind: str, where: str
) -> None:
    states = [create(wish(cluster))]
    for _ in crash_points(
        cluster, kind, lambda: update(states[-1], other_wish(cluster)), where=where
    ):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))


@pytest.mark.parametrize(("kind", "where"), KINDS, ids=["before", "after"])
def test_a_delete_that_fails_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, kind: str, where: str
) -> None:
    states = [create(wish(cluster))]
    for _ in crash_points(cluster, kind, lambda: delete(states[-1]), where=where):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))
    assert cluster.snapshot() == found
