"""A connection that is kept from one use to the next: a new session costs thirty statements.

A pool of psycopg's would wait for a cluster that tests have killed, on threads of its own.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import psycopg
from psycopg.pq import TransactionStatus


class KeptConnection:
    """Of one user, in autocommit; made when it is needed, and made again when it has ended."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._kept: psycopg.Connection | None = None

    @contextmanager
    def use(self) -> Iterator[psycopg.Connection]:
        """Lend it; who comes while it is lent gets one of his own."""
        if not self._lock.acquire(blocking=False):
            with self._opened() as own:
                yield own
            return
        try:
            if self._kept is None or _has_ended(self._kept):
                self.close()
                self._kept = self._opened()
            yield self._kept
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close it, if there is one."""
        if self._kept:
            self._kept.close()

    def __del__(self) -> None:
        self.close()

    def _opened(self) -> psycopg.Connection:
        # Tables are made anew between uses, and a prepared statement remembers the old ones.
        return psycopg.connect(self._url, autocommit=True, prepare_threshold=None)


def _has_ended(connection: psycopg.Connection) -> bool:
    """Return whether it can't be used: closed, in a transaction, or the server has hung up."""
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return True
    return bool(select.select([connection.fileno()], [], [], 0)[0])
