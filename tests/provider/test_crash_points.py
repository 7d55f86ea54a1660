"""A failure at any step leaves what the next `up` completes and `destroy` removes completely.

The steps are the statements that the plan sends: the n-th one loses its connection, before it runs
and after, for every n until the operation succeeds.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crdb_sso.errors import CrdbSsoError
from tests.support.provider_calls import create, delete, other_wish, update, wish
from tests.support.servers import EmbeddedCluster, Snapshot

KINDS = ["drop_before", "drop_after"]
MANY = 90  # more than any operation sends


def crash_points(
    cluster: EmbeddedCluster, kind: str, operation: Callable[[], object]
) -> Iterator[int]:
    """Run an operation repeatedly, losing the connection one statement later each time."""
    for skipped in range(MANY):
        fault = {"match": "^(?!CONNECT|LOGIN)", "kind": kind, "skip": skipped, "times": 1}
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_create_that_fails_anywhere_is_undone_and_can_be_repeated(
    cluster: EmbeddedCluster, found: Snapshot, kind: str
) -> None:
    states: list[dict[str, Any]] = []
    for _ in crash_points(cluster, kind, lambda: states.append(create(wish(cluster)))):
        assert cluster.snapshot() == found
    wanted = cluster.snapshot()

    delete(states[0])

    assert cluster.snapshot() == found
    assert wanted.claims


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_that_fails_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, kind: str
) -> None:
    state = create(wish(cluster))
    update(state, other_wish(cluster))
    wanted = cluster.snapshot()
    old = update(state, wish(cluster))
    for _ in crash_points(cluster, kind, lambda: update(old, other_wish(cluster))):
        update(old, other_wish(cluster))
        assert cluster.snapshot() == wanted
        update(old, wish(cluster))
    assert cluster.snapshot() == wanted

    delete(state)

    assert cluster.snapshot() == found


@pytest.mark.parametrize("kind", KINDS)
def test_after_an_update_that_fails_anywhere_delete_removes_everything(
    cluster: EmbeddedCluster, found: Snapshot, kind: str
) -> None:
    states = [create(wish(cluster))]
    for _ in crash_points(cluster, kind, lambda: update(states[-1], other_wish(cluster))):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_delete_that_fails_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, kind: str
) -> None:
    states = [create(wish(cluster))]
    for _ in crash_points(cluster, kind, lambda: delete(states[-1])):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))
    assert cluster.snapshot() == found
