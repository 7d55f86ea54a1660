"""An engine that is killed at any moment: its state is old then; the next command completes it.

The provider outlives it for a while and may finish its call. A run takes one moment of each
kind; `make soak` takes each.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bench.__main__ import through
from dev import process_tree
from tests.cli.test_cli import crdb_sso
from tests.support.servers import EmbeddedCluster
from tests.support.soak import IS_SOAK
from tests.support.stacks import Stack
from tests.support.tcp_fault_proxy import TcpFaultProxy, tcp_fault_proxy

if TYPE_CHECKING:
    import subprocess

    import psutil

pytestmark = pytest.mark.engine

MOST = 40  # more round trips than any operation has
IN_UP = 12  # settings are being written at that time; the preview comes before
IN_DESTROY = 6  # settings are being written


@pytest.fixture(autouse=True)
def impatient(stack: Stack) -> None:
    stack.environment |= {"CRDB_SSO_LEASE_S": "1", "CRDB_SSO_LEASE_WAIT_S": "30"}


@contextmanager
def relay(cluster: EmbeddedCluster) -> Iterator[tuple[TcpFaultProxy, int]]:
    """Run an idle relay; return it, and how many round trips a connection takes."""
    with tcp_fault_proxy(cluster.port, 0, lambda: None, after=True) as link:
        psycopg.connect(through(cluster.admin_url, link.port)).close()
        yield link, link.round_trips


class Fate(Enum):
    """What became of an engine that was to be killed at a moment."""

    KILLED = auto()
    UNHURT = auto()  # nobody waits for an answer at that moment: a client says goodbye
    OVER = auto()  # it had ended before


def fate(stack: Stack, link: TcpFaultProxy, at: int, *command: str) -> Fate:
    """Run a command, and kill its engine after this many more round trips."""
    before = link.round_trips
    with stack.begun(*command) as engine:
        helpers = Helpers(engine)

        def kill() -> None:
            helpers.note()
            engine.send_signal(signal.SIGKILL)

        link.at, link.act = before + at, kill
        link.sprung.clear()
        code = engine.wait(timeout=120)
        link.at = 0
    link.until_idle()  # they finish what they do
    helpers.end()
    if not link.sprung.is_set():
        assert code == 0
        return Fate.UNHURT if link.round_trips - before >= at else Fate.OVER
    assert code == -signal.SIGKILL
    stack.pulumi("cancel", "--yes", "-s", stack.name)  # the killed engine has left its lock
    return Fate.KILLED


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


def moments(connecting: int, one: int) -> Iterator[int]:
    yield from range(connecting + 1, MOST) if IS_SOAK else [connecting + one]


def complete_creation(cluster: EmbeddedCluster, stack: Stack) -> None:
    """Bring up a stack whose creation no state knows of.

    An engine that is killed after the very last round trip looks like another stack of that name.
    """
    owners = cluster.execute("SELECT completed FROM crdb_sso.public.owners")
    if all(completed is None for (completed,) in owners):
        stack.up()
        return
    outcome = stack.pulumi(*UP, "-s", stack.name)
    assert outcome.code != 0
    assert "run `crdb-sso claims reclaim 'organization/shop/test/sso'`, then" in outcome.text
    reclaim = ("claims", "reclaim", "organization/shop/test/sso", "--yes")
    assert crdb_sso("--cluster-url", cluster.admin_url, *reclaim)[0] == 0
    stack.up()


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
        for at in moments(connecting, IN_UP):
            stack.wish(wish | {"cluster_url": through(wish["cluster_url"], link.port)})
            become = fate(stack, link, at, *UP)
            if become is Fate.OVER:
                assert at > connecting + IN_UP, "it was killed at no moment"
                break
            stack.wish(wish)
            if become is Fate.KILLED:
                complete_creation(cluster, stack)
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
        for at in moments(connecting, IN_UP):
            stack.wish(wish)
            stack.up()
            stack.wish(later | {"cluster_url": through(wish["cluster_url"], link.port)})
            if fate(stack, link, at, *UP) is Fate.OVER:
                assert at > connecting + IN_UP, "it was killed at no moment"
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
        for at in moments(connecting, IN_DESTROY):
            stack.wish(wish | {"cluster_url": through(wish["cluster_url"], link.port)})
            stack.up()
            if fate(stack, link, at, *DESTROY) is Fate.OVER:
                assert at > connecting + IN_DESTROY, "it was killed at no moment"
                break
            stack.destroy()
            assert cluster.snapshot() == found
    assert cluster.snapshot() == found
