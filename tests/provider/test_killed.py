"""A provider process that is killed, or stopped for longer than its lease lasts, at any moment.

The moments are the round trips of an operation: the process is killed before the n-th one begins,
for every n until the operation succeeds. What the cluster has done until then is the same as if
it had been killed after the one before.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench.__main__ import through
from crdb_sso.errors import GuardRefused
from tests.provider.proven_wishes import entries
from tests.support.provider_calls import (
    OWNER,
    PROVIDER,
    create,
    delete,
    identity,
    other_wish,
    reclaim,
    refresh,
    update,
    wish,
)
from tests.support.provider_processes import Killed, ProviderProcess, provider_processes
from tests.support.servers import EmbeddedCluster, end_lease
from tests.support.snapshots import Snapshot
from tests.support.tcp_fault_proxy import TcpFaultProxy, tcp_fault_proxy

MOST = 40  # more round trips than any operation has, with its connection
OTHER = "org/other/prod/sso"
Call = Callable[[ProviderProcess, TcpFaultProxy], object]


@pytest.fixture
def found(cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """A cluster that others already use; the lease of a dead process is waited for a second."""
    monkeypatch.setenv("CRDB_SSO_LEASE_S", "1")
    monkeypatch.setenv("CRDB_SSO_LEASE_WAIT_S", "20")
    cluster.execute("CREATE ROLE readers")
    cluster.set("server.jwt_authentication.audience", "others")
    cluster.set("server.identity_map.configuration", "# theirs\nhttps://theirs s u\n")
    return cluster.snapshot()


@pytest.fixture
def connecting(cluster: EmbeddedCluster) -> int:
    """How many round trips a connection takes."""
    with tcp_fault_proxy(cluster.port, 0, lambda: None) as link:
        psycopg.connect(through(cluster.admin_url, link.port)).close()
        return link.round_trips


def moments(
    cluster: EmbeddedCluster, folder: Path, first: int, call: Callable[[ProviderProcess, str], None]
) -> Iterator[int]:
    """Kill a process during a call, one round trip later each time."""
    for at in range(first, MOST):
        with provider_processes(folder, 1) as (stack,):
            kill = lambda pid=stack.pid: os.kill(pid, signal.SIGKILL)  # noqa: E731 - of this stack
            with tcp_fault_proxy(cluster.port, at, kill) as link:
                call(stack, through(cluster.admin_url, link.port))
                try:
                    stack.answer()
                except Killed:
                    pass
                else:
                    assert at > first, "it was killed at no moment"
                    return
        end_lease(cluster)
        yield at
    pytest.fail(f"still killed after {MOST} round trips")


def test_a_create_that_is_killed_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, connecting: int, tmp_path: Path
) -> None:
    wanted = create(wish(cluster)), cluster.snapshot()
    delete(wanted[0])

    def call(stack: ProviderProcess, url: str) -> None:
        stack.ask("create", wish(cluster, cluster_url=url))

    refused = []
    for _ in moments(cluster, tmp_path, connecting + 1, call):
        try:
            state = create(wish(cluster))
        except GuardRefused as exc:
            # Killed when all was done, before the engine could save the state: while the cluster
            # was being told that the last statements end, or that the connection does.
            refused.append((exc.what, cluster.snapshot()))
            reclaim(cluster)
            state = create(wish(cluster))
        assert cluster.snapshot() == wanted[1]
        delete(state)
        assert cluster.snapshot() == found
    assert all(f"under the name {OWNER}" in what for what, _ in refused)
    assert all(there == wanted[1] for _, there in refused)


def test_an_update_that_is_killed_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, connecting: int, tmp_path: Path
) -> None:
    state = update(create(wish(cluster)), other_wish(cluster))
    wanted = cluster.snapshot()
    state = update(state, wish(cluster))

    def call(stack: ProviderProcess, url: str) -> None:
        stack.ask("update", state, other_wish(cluster) | {"cluster_url": url})

    for _ in moments(cluster, tmp_path, connecting + 1, call):
        update(state, other_wish(cluster))
        assert cluster.snapshot() == wanted
        update(state, wish(cluster))
    delete(state)
    assert cluster.snapshot() == found


def test_an_update_that_is_killed_anywhere_and_taken_back_is_a_change_that_undoes_it(
    cluster: EmbeddedCluster, found: Snapshot, connecting: int, tmp_path: Path, told: list[str]
) -> None:
    old = wish(cluster)
    state = create(old)
    before = entries(cluster)

    def call(stack: ProviderProcess, url: str) -> None:
        stack.ask("update", state, other_wish(cluster) | {"cluster_url": url})

    undone = 0
    for _ in moments(cluster, tmp_path, connecting + 1, call):
        told.clear()
        if PROVIDER.diff(OWNER, state, old).changes:
            undone += "not completed: `up` completes it" in "".join(told)
            update(state, old)
        left = entries(cluster)
        assert not PROVIDER.diff(OWNER, state, old).changes
        if left != before:  # killed when all was done: what it took away is told, and refreshed
            assert "was taken away by hand: not put back: `pulumi refresh`" in "".join(told)
            update(refresh(state), old)
        assert entries(cluster) == before
    assert undone > 1
    delete(update(update(state, old), old))
    assert cluster.snapshot() == found


def test_what_a_change_left_that_no_state_knows_of_is_a_change_that_removes_it(
    cluster: EmbeddedCluster, found: Snapshot, told: list[str]
) -> None:
    old = wish(cluster)
    state = create(old)
    three = {"app_three": {"identities": {"three": identity("t-1")}}}
    wanted = entries(cluster)
    update(state, wish(cluster, logins=old["logins"] | three))  # and killed before it is saved

    assert PROVIDER.diff(OWNER, state, old).changes
    assert "info: - SQL user app_three: left by a change that no state knows of" in told
    state = update(state, old)

    assert entries(cluster) == wanted
    assert not PROVIDER.diff(OWNER, state, old).changes
    delete(state)
    assert cluster.snapshot() == found


def test_a_delete_that_is_killed_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, found: Snapshot, connecting: int, tmp_path: Path
) -> None:
    states = [create(wish(cluster))]

    def call(stack: ProviderProcess, url: str) -> None:
        stack.ask("delete", states[-1] | {"cluster_url": url})

    for _ in moments(cluster, tmp_path, connecting + 1, call):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))
    assert cluster.snapshot() == found


def test_a_rename_that_is_killed_anywhere_and_destroyed_at_once_leaves_nothing(
    cluster: EmbeddedCluster, found: Snapshot, connecting: int, tmp_path: Path
) -> None:
    states = [create(wish(cluster))]
    renamed = other_wish(cluster) | {"owner": "org/shop/dev/renamed"}

    def call(stack: ProviderProcess, url: str) -> None:
        stack.ask("update", states[-1], renamed | {"cluster_url": url})

    for _ in moments(cluster, tmp_path, connecting + 1, call):
        delete(states[-1])
        assert cluster.snapshot() == found
        states.append(create(wish(cluster)))


def test_a_process_that_is_stopped_for_longer_than_its_lease_lasts_undoes_nothing_of_others(
    cluster: EmbeddedCluster, found: Snapshot, connecting: int, tmp_path: Path
) -> None:
    logins = {"app_stock": {"identities": {"s": identity("s-1")}}}
    theirs = wish(cluster, owner=OTHER, logins=logins)
    with provider_processes(tmp_path, 1, CRDB_SSO_LEASE_S="1") as (stack,):
        stop = lambda: os.kill(stack.pid, signal.SIGSTOP)  # noqa: E731 - what the proxy does
        for at in range(connecting + 1, MOST):
            with tcp_fault_proxy(cluster.port, at, stop, after=True) as link:
                stack.ask(
                    "create", wish(cluster, cluster_url=through(cluster.admin_url, link.port))
                )
                while not (link.sprung.is_set() or stack.has_answered()):
                    time.sleep(0.01)
                if not link.sprung.is_set():
                    state = stack.answer()
                    break
                other = create(theirs)  # the lease of the sleeping process has to end first
                os.kill(stack.pid, signal.SIGCONT)
                state = stack.answer()
            check_both(cluster)
            delete(other)
            delete(state | {"cluster_url": cluster.admin_url})
            assert cluster.snapshot() == found
    assert at > connecting + 7
    delete(state | {"cluster_url": cluster.admin_url})


def check_both(cluster: EmbeddedCluster) -> None:
    """Check that both owners have all that they claimed."""
    after = cluster.snapshot()
    assert {owner for _, _, owner, _, _ in after.claims} == {OWNER, OTHER}
    lines = after.setting("identity_map.configuration").splitlines()
    assert {e for kind, e, _, _, _ in after.claims if kind == "map line"} < set(lines)
    users = {user for user, _, _ in after.users}
    assert {"app_orders", "app_billing", "app_stock"} < users
    for setting, text in (("audience", "crdb"), ("jwks", '"k1"'), ("jwks", '"k2"')):
        assert after.setting(setting).count(text) == 1
    assert after.setting("jwt_authentication.enabled") == "true"


def test_what_somebody_writes_by_hand_in_between_is_kept(
    cluster: EmbeddedCluster, connecting: int, tmp_path: Path
) -> None:
    by_hand = iter(range(1000))

    def edit() -> None:
        cluster.set("server.jwt_authentication.audience", f'["others", "hand-{next(by_hand)}"]')

    with provider_processes(tmp_path, 1) as (stack,):
        for at in range(connecting + 1, MOST):
            with tcp_fault_proxy(cluster.port, at, edit, after=True) as link:
                stack.ask(
                    "create", wish(cluster, cluster_url=through(cluster.admin_url, link.port))
                )
                state = stack.answer()
            if not link.sprung.is_set():
                break
            audience = cluster.snapshot().setting("audience")
            assert "hand-" in audience
            delete(state | {"cluster_url": cluster.admin_url})
    assert at > connecting + 7
    delete(state | {"cluster_url": cluster.admin_url})
    assert cluster.snapshot().claims == ()
