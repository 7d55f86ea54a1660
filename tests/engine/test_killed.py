"""An engine that is killed at any moment: its state is old then; the next command completes it.

The provider outlives it for a while and may finish its call. A run takes one moment of each
kind; `make soak` takes each.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bench.__main__ import through
from dev import process_tree
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack
from tests.support.tcp_fault_proxy import TcpFaultProxy, tcp_fault_proxy

if TYPE_CHECKING:
    import subprocess

    import psutil

pytestmark = pytest.mark.engine

MOST = 40  # more round trips than any operation has
IS_SOAK = bool(os.environ.get("CRDB_SSO_SOAK_ROUNDS"))
ONE_MOMENT = 7  # settings are being written at that time


@pytest.fixture(autouse=True)
def impatient(stack: Stack) -> None:
    stack.environment |= {"CRDB_SSO_LEASE_S": "1", "CRDB_SSO_LEASE_WAIT_S": "30"}


@contextmanager
def relay(cluster: EmbeddedCluster) -> Iterator[tuple[TcpFaultProxy, int]]:
    """Run an idle relay; return it, and how many round trips a connection takes."""
    with tcp_fault_proxy(cluster.port, 0, lambda: None, after=True) as link:
        psycopg.connect(through(cluster.admin_url, link.port)).close()
        yield link, link.round_trips


def is_killed(stack: Stack, link: TcpFaultProxy, at: int, *command: str) -> bool:
    """Run a command, and kill its engine after this many more round trips."""
    with stack.begun(*command) as engine:
        helpers = Helpers(engine)

        def kill() -> None:
            helpers.note()
            engine.send_signal(signal.SIGKILL)

        link.at, link.act = link.round_trips + at, kill
        link.sprung.clear()
        code = engine.wait(timeout=120)
        link.at = 0
    link.until_idle()  # they finish what they do
    helpers.end()
    if not link.sprung.is_set():
        assert code == 0
        return False
    assert code == -signal.SIGKILL
    stack.pulumi("cancel", "--yes", "-s", stack.name)  # the killed engine has left its lock
    return True


class Helpers:
    """Processes that an engine has started, and that outlive it."""

    def __init__(self, engine: "subprocess.Popen[str]") -> None:
        self._pid = engine.pid
        self._processes: set[psutil.Process] = set()

    def note(self) -> None:
        """Remember them while their parent lives."""
        self._processes = process_tree.descendants(self._pid)

    def end(self) -> None:
        """End them, and wait until they are gone."""
        process_tree.end(self._processes, grace_s=20.0)


def moments(connecting: int) -> Iterator[int]:
    yield from range(connecting + 1, MOST) if IS_SOAK else [connecting + ONE_MOMENT]


UP = ("up", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")


def test_a_first_up_is_completed_by_the_next(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish(wish)
    stack.up()
    wanted = cluster.snapshot()
    stack.destroy()
    with relay(cluster) as (link, connecting):
        for at in moments(connecting):
            stack.wish(wish | {"cluster_url": through(wish["cluster_url"], link.port)})
            if not is_killed(stack, link, at, *UP):
                assert at > connecting + ONE_MOMENT, "it was killed at no moment"
                break
            stack.wish(wish)
            stack.up()
            assert cluster.snapshot() == wanted
            stack.destroy()
            assert cluster.snapshot() == found


def test_a_later_up_is_completed_by_the_next(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    logins = {"app_orders": [["idp", "new"]], "app_stock": [["idp", "stock"]]}
    later = wish | {"logins": {user: {"identities": who} for user, who in logins.items()}}
    stack.wish(later)
    stack.up()
    wanted = cluster.snapshot()
    with relay(cluster) as (link, connecting):
        for at in moments(connecting):
            stack.wish(wish)
            stack.up()
            stack.wish(later | {"cluster_url": through(wish["cluster_url"], link.port)})
            if not is_killed(stack, link, at, *UP):
                assert at > connecting + ONE_MOMENT, "it was killed at no moment"
                break
            stack.wish(later)
            stack.up()
            assert cluster.snapshot() == wanted
    stack.wish(wish)
    stack.up()
    stack.destroy()


def test_a_destroy_is_completed_by_the_next(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    with relay(cluster) as (link, connecting):
        for at in moments(connecting):
            stack.wish(wish | {"cluster_url": through(wish["cluster_url"], link.port)})
            stack.up()
            if not is_killed(stack, link, at, *DESTROY):
                assert at > connecting + ONE_MOMENT, "it was killed at no moment"
                break
            stack.destroy()
            assert cluster.snapshot() == found
    assert cluster.snapshot() == found
