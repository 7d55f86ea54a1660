"""A cluster that is killed during an operation, and comes back: the next operation completes it.

The moments are the round trips of an operation, as in `test_killed.py`. A run takes a few of them;
`make soak` takes each.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from bench.__main__ import through
from crdb_sso.errors import ClusterUnreachable
from tests.support.killable_cluster import KillableCluster, killable_cluster
from tests.support.provider_calls import create, delete, other_wish, update, wish
from tests.support.servers import end_lease
from tests.support.soak import IS_SOAK
from tests.support.tcp_fault_proxy import tcp_fault_proxy

MOST = 40  # more round trips than any operation has
STEP = 1 if IS_SOAK else 4


@pytest.fixture(scope="module")
def killable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillableCluster]:
    with killable_cluster(tmp_path_factory.mktemp("killable")) as killable:
        killable.cluster.execute("CREATE ROLE readers")
        killable.cluster.set("server.jwt_authentication.audience", "others")
        killable.cluster.set("server.identity_map.configuration", "# theirs\nhttps://theirs s u\n")
        yield killable


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"CONNECT_WAIT": "0.1", "LEASE": "1", "LEASE_WAIT": "20", "SPREAD": "0"}
    for name, seconds in short.items():
        monkeypatch.setenv(f"CRDB_SSO_{name}_S", seconds)


def moments(killable: KillableCluster, call: Callable[[str], object], offset: int) -> Iterator[int]:
    """Kill the cluster during a call, some round trips later each time.

    Args:
        killable: The cluster.
        call: Carries out an operation through a URL.
        offset: Where to begin, so that several calls cover more moments.
    """
    cluster = killable.cluster
    with tcp_fault_proxy(cluster.port, 0, lambda: None) as link:
        psycopg.connect(through(cluster.admin_url, link.port)).close()
        first = link.round_trips + 1
    for at in range(first + offset % STEP, MOST, STEP):
        dead = threading.Event()

        def kill(dead: threading.Event = dead) -> None:
            killable.kill()
            dead.set()

        with tcp_fault_proxy(cluster.port, at, kill) as link:
            with suppress(ClusterUnreachable):
                call(through(cluster.admin_url, link.port))
            link.until_idle()  # the last message may be a client's goodbye
            if not dead.is_set():
                assert at > first + STEP, "it was killed at no moment"
                return
        end_lease(killable.start())
        yield at
    pytest.fail(f"still killed after {MOST} round trips")


def test_a_create_is_completed_by_the_next(killable: KillableCluster) -> None:
    cluster, found = killable.cluster, killable.cluster.snapshot()
    state = create(wish(cluster))
    wanted = cluster.snapshot()
    delete(state)

    states: list[dict[str, Any]] = []

    def call(url: str) -> None:
        states.append(create(wish(cluster, cluster_url=url)))

    for _ in moments(killable, call, 0):
        state = update(states.pop(), wish(cluster)) if states else create(wish(cluster))
        assert cluster.snapshot() == wanted
        delete(state)
        assert cluster.snapshot() == found
    delete(states[0] | {"cluster_url": cluster.admin_url})


def test_an_update_is_completed_by_the_next(killable: KillableCluster) -> None:
    cluster, found = killable.cluster, killable.cluster.snapshot()
    old = create(wish(cluster))
    update(old, other_wish(cluster))
    wanted = cluster.snapshot()
    old = update(old, wish(cluster))

    def call(url: str) -> None:
        update(old, other_wish(cluster) | {"cluster_url": url})

    for _ in moments(killable, call, 2):
        update(old, other_wish(cluster))
        assert cluster.snapshot() == wanted
        update(old, wish(cluster))
    delete(old)
    assert cluster.snapshot() == found


def test_a_delete_is_completed_by_the_next(killable: KillableCluster) -> None:
    cluster, found = killable.cluster, killable.cluster.snapshot()
    states = [create(wish(cluster))]

    for _ in moments(killable, lambda url: delete(states[-1] | {"cluster_url": url}), 4):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))
    assert cluster.snapshot() == found
