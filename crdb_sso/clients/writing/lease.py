"""One writer at a time on a cluster: a lease that is taken, renewed, and given back.

The lease is one row beside the claims. It is taken by compare-and-set, and lasts a number of
seconds by the cluster's own clock. It is renewed in every transaction and before every SET; while a
statement takes long (a commit of new users may wait for minutes), a thread renews it over its own
connection. A holder that was silent for longer finds its token gone before it writes again. A lease
that would last longer than any of ours counts as over: nobody can keep others out for a century.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from uuid import uuid4

import psycopg
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_random

from crdb_sso.clients.connecting.connection import connection
from crdb_sso.clients.connecting.environment import seconds
from crdb_sso.clients.sql.registry_tables import LONGEST_LEASE_S, RegistryTables
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.errors import ClusterBusy, CrdbSsoError
from crdb_sso.printing import printable

LEASE_VARIABLE = "CRDB_SSO_LEASE_S"
LEASE_S = 60.0
"""How long, in seconds, a writer may be silent before others take over."""

LEASE_WAIT_VARIABLE = "CRDB_SSO_LEASE_WAIT_S"
LEASE_WAIT_S = 300.0
"""How long, in seconds, to wait for other writers."""

_RENEWED_AFTER = 1 / 3  # of the time it lasts
_SAY_AGAIN_AFTER_S = 60.0
_LOOK_S = (0.1, 0.6)  # random between these, so that waiting processes do not retry in step

Say = Callable[[str], None]
"""Takes a line for people."""

Row = tuple[str, str, datetime]
"""Token, holder, start time."""


def _lasts_s() -> float:
    return seconds(LEASE_VARIABLE, LEASE_S, least_s=1, most_s=LONGEST_LEASE_S)


@dataclass
class Lease:
    """One operation's right to write.

    Attributes:
        owner: Who wants it; shown to others together with process and host.
        token: Tells this operation from all others. It is created here, not by the cluster, so that
            a retry after a lost answer takes the lease only once.
        lasts_s: How long it lasts without renewal, in seconds.
        wait_s: How long to wait for others, in seconds.
    """

    owner: str
    token: str = field(default_factory=lambda: str(uuid4()))
    lasts_s: float = field(default_factory=_lasts_s)
    wait_s: float = field(default_factory=lambda: seconds(LEASE_WAIT_VARIABLE, LEASE_WAIT_S))
    _renewed_s: float = field(default=float("-inf"), init=False)

    @property
    def holder(self) -> str:
        """The holder as others see it."""
        return f"{self.owner} (process {os.getpid()} on {socket.gethostname()})"

    def renewed(self, sent_s: float) -> None:
        """Note that a renewal succeeded that was sent at `sent_s`, a time of `time.monotonic()`."""
        self._renewed_s = max(self._renewed_s, sent_s)

    def is_old(self) -> bool:
        """Tell whether to ask the cluster before writing; only the cluster knows if it has ended.

        The monotonic clock keeps running while a process is stopped.
        """
        return time.monotonic() - self._renewed_s > self.lasts_s * _RENEWED_AFTER

    # statements

    def taking(self, tables: RegistryTables) -> Statement:
        """Return the statement that takes it, if nobody else holds it."""
        return tables.take_lease(self.holder, self.token, self.lasts_s)

    def keeping(self, tables: RegistryTables) -> Statement:
        """Return the statement that renews it, and fails if it is lost."""
        return tables.keep_lease(self.token, self.lasts_s)

    def ending(self, tables: RegistryTables) -> Statement:
        """Return the statement that gives it back."""
        return tables.give_lease_back(self.token)

    def wait(self, first: Row, take: Callable[[], Row], say: Say) -> None:
        """Keep trying to take it until nobody else holds it.

        Args:
            first: Who holds it now.
            take: Tries once, and returns who holds it then.
            say: Takes a line that names the holder, at once and then rarely.

        Raises:
            ClusterBusy: It did not become free in time.
        """
        last, said_s = first, time.monotonic()
        say(f"waiting for {_spoken(first)}")

        def is_taken() -> bool:
            nonlocal last, said_s
            last = take()
            if last[0] != self.token and time.monotonic() - said_s > _SAY_AGAIN_AFTER_S:
                said_s = time.monotonic()
                say(f"still waiting for {_spoken(last)}")
            return last[0] == self.token

        try:
            Retrying(
                retry=retry_if_result(lambda taken: not taken),
                stop=stop_after_delay(self.wait_s),
                wait=wait_random(*_LOOK_S),
            )(is_taken)
        except RetryError:
            raise ClusterBusy(
                f"after {self.wait_s:g} s still waiting for {_spoken(last)}",
                hint="No setting, user or claim was changed. Let it finish or stop it, then"
                f" run again; a dead process loses its turn after {self.lasts_s:g} s."
                f" {LEASE_WAIT_VARIABLE} (seconds) sets how long to wait.",
            ) from None

    @contextmanager
    def kept(self, url: str, tables: RegistryTables) -> Iterator[None]:
        """Renew it from a thread for as long as the work takes."""
        end = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(url, tables, end), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            end.set()  # a late renewal finds another token

    def _keep(self, url: str, tables: RegistryTables, end: threading.Event) -> None:
        """Renew it whenever due, until it is lost."""
        is_ours = True
        while is_ours and not end.wait(self._look_s):
            if self.is_old():
                is_ours = self._keep_connected(url, tables, end)

    def _keep_connected(self, url: str, tables: RegistryTables, end: threading.Event) -> bool:
        """Renew it over a new connection; return whether it may still be ours.

        A failure here does not fail the operation: the next write asks the cluster.
        """
        try:
            with connection(url, wait_s=0) as conn:
                while not end.wait(0 if self.is_old() else self._look_s):
                    sent_s = time.monotonic()
                    conn.execute(*self.keeping(tables))
                    self.renewed(sent_s)
        except psycopg.errors.NotNullViolation:
            return False
        except (psycopg.Error, CrdbSsoError):
            return True
        return True

    @property
    def _look_s(self) -> float:
        return self.lasts_s * _RENEWED_AFTER / 2


def _spoken(row: Row) -> str:
    _, holder, since = row
    began = since.astimezone(timezone.utc)
    return (
        f"{printable(holder)}, which has been writing to this cluster since"
        f" {began:%Y-%m-%d %H:%M:%S} UTC"
    )
