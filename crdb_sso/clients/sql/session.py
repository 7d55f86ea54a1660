"""One open connection: sends transactions and questions, and explains what went wrong."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from crdb_sso.clients.connecting.connection import Connection
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.crdb.missing_grants import missing_grants
from crdb_sso.errors import ClusterRefused, ClusterUnreachable, LeaseLost
from crdb_sso.printing import printable

Rows = list[tuple[Any, ...]]  # any: what each statement asks for

Cursor = psycopg.Cursor[tuple[Any, ...]]  # any: as above

_BEGIN: Statement = (sql.SQL("BEGIN"), None)
_COMMIT: Statement = (sql.SQL("COMMIT"), None)
_ROLLBACK: Statement = (sql.SQL("ROLLBACK"), None)

_MADE_MEANWHILE = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateDatabase,
)
"""What a statement with IF NOT EXISTS may still report while another session does the same."""


class Session:
    """A connection in autocommit mode.

    Attributes:
        conn: The connection.
        database: Where the claim tables are.
        doing: What is being done, for messages.
        operator: Who is logged in.
        written: What has been written so far, in order, for messages.
        has_begun: Whether a write was sent, even if nobody knows what became of it.
    """

    def __init__(self, conn: Connection, database: str) -> None:
        self.conn = conn
        self.database = database
        self.doing = "reading"
        self.operator = conn.info.user
        self.written: list[str] = []
        self.has_begun = False

    def transact(
        self, *transactions: Sequence[Statement], ask: Sequence[Statement] = ()
    ) -> list[Rows]:
        """Send transactions one after another, then questions, all in one round trip.

        `Connection.transaction()` waits at its beginning and its end, even in a pipeline. All of
        it runs again if the cluster asks for that (40001), so it must be repeatable.

        Returns:
            The answers to the questions.

        Raises:
            LeaseLost: A statement that renews the lease found it lost.
        """
        sent = [s for steps in transactions for s in (_BEGIN, *steps, _COMMIT)]
        for attempt in retrying():
            with attempt:
                cursors = self._pipelined([*sent, *ask])
        return [cursor.fetchall() for cursor in cursors[len(sent) :]]

    def ask(self, questions: Sequence[Statement]) -> list[Rows | None]:
        """Send questions in one round trip; None from the first one whose table is missing."""
        cursors: list[Cursor] = []
        try:
            for attempt in retrying():
                with attempt:
                    cursors.clear()
                    self._pipelined(questions, cursors)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName):
            return [c.fetchall() if c.description else None for c in cursors]
        return [cursor.fetchall() for cursor in cursors]

    def run(self, statement: sql.Composed) -> None:
        """Run a statement on its own, outside any transaction."""
        self.leave_transaction()
        self.conn.execute(statement)

    def run_then(
        self, statement: sql.Composed, transaction: Sequence[Statement], question: Statement
    ) -> Rows | None:
        """Run a statement on its own, then a transaction and a question, all in one round trip.

        Returns:
            The answer to the question; None if the statement ran and what came after it failed.

        Raises:
            LeaseLost: A statement that renews the lease found it lost.
        """
        self.leave_transaction()
        cursors: list[Cursor] = []
        try:
            self._pipelined([_BEGIN, *transaction, _COMMIT, question], cursors, alone=statement)
        except psycopg.Error:
            if cursors and cursors[0].statusmessage:
                return None
            raise
        return cursors[-1].fetchall()

    def leave_transaction(self) -> None:
        """Roll back what an error has left open: a failed transaction, or one half sent."""
        if self._is_in_transaction():
            self.conn.execute(*_ROLLBACK)

    def _is_in_transaction(self) -> bool:
        left = (TransactionStatus.INERROR, TransactionStatus.INTRANS)
        return self.conn.info.transaction_status in left

    def _pipelined(
        self,
        statements: Sequence[Statement],
        cursors: list[Cursor] | None = None,
        *,
        alone: sql.Composed | None = None,
    ) -> list[Cursor]:
        """Send statements; if one fails, so do those behind it, until the next call.

        One that has to run `alone` goes first; if it fails, the others run all the same.
        """
        cursors = [] if cursors is None else cursors
        is_in_transaction = self._is_in_transaction()
        try:
            with self.conn.pipeline() as pipeline:
                if is_in_transaction:
                    self.conn.execute(*_ROLLBACK)
                if alone is not None:
                    cursors.append(self.conn.execute(alone))
                    _sync_without_waiting(pipeline)
                for composed, columns in statements:
                    cursors.append(self.conn.execute(composed, columns))
        except psycopg.errors.NotNullViolation as exc:
            if '"until"' not in str(exc):
                raise
            raise LeaseLost(
                f"this process was silent for so long that another one is writing now; noticed"
                f" while {self.doing}",
                hint="Run again: that completes what was begun; nothing of others was touched.",
            ) from None
        return cursors

    def explained(self, exc: psycopg.Error) -> ClusterRefused | ClusterUnreachable:
        """Return an error for people: what was being done, what the cluster said, what helps."""
        first, *_ = [*str(exc).strip().splitlines(), type(exc).__name__]
        message = printable(exc.diag.message_primary or first)
        if isinstance(exc, psycopg.errors.InsufficientPrivilege):
            hint = missing_grants([message], self.operator, self.database)
        elif self.conn.broken or self.conn.closed:
            return ClusterUnreachable(
                f"the connection was lost while {self.doing}: {message}",
                hint="Run again: that completes what was begun; nothing of others was touched.",
            )
        elif isinstance(exc, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
            hint = (
                "Somebody's open transaction is in the way: SHOW SESSIONS, then CANCEL SESSION, or"
                " wait for it to end; then run again."
            )
        else:
            detail = " ".join((exc.diag.message_detail or "").split())
            hint = printable(exc.diag.message_hint or detail) or "Fix the cause, then run again."
        return self.refused(f"while {self.doing}: {message}", hint=hint)

    def refused(self, what: str, *, hint: str) -> ClusterRefused:
        """Return the error that the cluster said no, with what was already written."""
        return ClusterRefused(what, hint=hint, written=tuple(dict.fromkeys(self.written)))


def _sync_without_waiting(pipeline: psycopg.Pipeline) -> None:
    """End an implicit transaction; what comes next is sent at once.

    `Pipeline.sync` waits for the answers; should psycopg lose the method that does not, that costs
    a round trip.
    """
    getattr(pipeline, "_enqueue_sync", pipeline.sync)()


def retrying() -> Retrying:
    """Return what retries a transaction a few times when it conflicts with another one."""
    return Retrying(
        retry=retry_if_exception_type((psycopg.errors.SerializationFailure, *_MADE_MEANWHILE)),
        stop=stop_after_attempt(6),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        reraise=True,
    )
