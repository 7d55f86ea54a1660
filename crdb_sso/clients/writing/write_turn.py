"""One writer's turn: the lease, the connection and what is written, from start to end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from crdb_sso.clients.connecting.connection import connection
from crdb_sso.clients.connecting.environment import seconds
from crdb_sso.clients.reading import Names, Reading, questions, reading
from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.rights import (
    closing,
    lacks_privilege,
    owned,
    owner_questions,
    still_open,
)
from crdb_sso.clients.sql.session import Rows, Session
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.clients.writing.lease import Lease, Row, Say
from crdb_sso.clients.writing.writer import Writer
from crdb_sso.errors import CrdbSsoError, GuardRefused, LeaseLost
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import SCHEMA_VERSION
from crdb_sso.registry.ownership import check_owners
from crdb_sso.registry.stale_reads import SPREAD_S, late, records

SPREAD_VARIABLE = "CRDB_SSO_SPREAD_S"
"""How long, in seconds, a written value may take to reach all nodes."""

_NO_TABLES = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName)

_TAKEN_OVER = "somebody else is already writing"


class WriteTurn:
    """The right to write to one cluster, and what was written with it.

    It is taken with `take` or `make_registry`, each of which also reads; `apply` carries out a plan
    made from that. After losing the lease, take it again and make a new plan.
    """

    def __init__(
        self,
        session: Session,
        tables: RegistryTables,
        url: str,
        lease: Lease,
        say: Say,
        *,
        is_made: bool,
    ) -> None:
        self._session = session
        self._tables = tables
        self._url = url
        self._lease = lease
        self._say = say
        self._is_made = is_made
        self._writer = Writer(session, tables, lease, say)
        self._read: Reading | None = None
        self.is_remembered = True
        """Whether a state will know what was done; otherwise it is not noted as completed."""

    @property
    def has_begun(self) -> bool:
        """Whether a write was sent, in this turn or one before; claim tables do not count."""
        return self._session.has_begun

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the lease renewed, and give it back at the end, whatever happens."""
        try:
            with self._lease.kept(self._url, self._tables):
                yield
        finally:
            self._give_back()

    def take(self, names: Names) -> ClusterState | None:
        """Wait for our turn, then read settings, claims, and the given users and roles.

        Returns:
            None if there are no claim tables yet, or only those of an older version.

        Raises:
            ClusterBusy: Others kept writing for longer than the lease waits.
            LeaseLost: Another process was quicker.
            UnsupportedVersion: A setting is missing, or the claim tables have a newer version.
            GuardRefused: A value is hidden or overridden, or the claim tables were edited.
        """
        if not self._is_made:
            return None  # a lease that was not there when their owners were looked at is not ours
        try:
            return self._take(names, [])
        except _NO_TABLES:
            return None

    def make_registry(self, names: Names) -> ClusterState:
        """Create the claim tables or bring them up to date, close them, and do what `take` does.

        Raises:
            GuardRefused: Somebody else was quicker, whose word does not count.
        """
        creating: list[Statement] = [(text, None) for text in self._tables.create(SCHEMA_VERSION)]
        try:
            live = self._take(names, [*creating, *closing(self._tables)])
        except psycopg.Error as exc:
            if not lacks_privilege(exc):
                raise
            live = self._take(names, creating)
            if still_open(self._session, self._tables):
                self._say(
                    f"anybody may make tables in database {self._tables.name}: have an admin run"
                    f" `crdb-sso init --database {self._tables.name}` to close it"
                )
        self._is_made = True
        return live

    def apply(self, plan: Plan, live: ClusterState) -> None:
        """Carry out a plan that was made for `live`.

        Raises:
            ClusterRefused: The cluster said no.
            ClusterChanged: Somebody else keeps writing the same setting.
            LeaseLost: Another process is writing now.
        """
        self._writer.apply(plan, live)

    def reopen(self, name: str) -> None:
        """Give the claims under an owner's name to whoever creates it next.

        Raises:
            ClusterBusy: Others kept writing for longer than the lease waits.
        """
        self.make_registry(Names())
        self._session.doing = f"giving away the claims of {name}"
        keeping = self._lease.keeping(self._tables)
        self._session.transact([keeping, *self._tables.reopen(name, str(uuid4()))])

    # taking the lease

    def _take(self, names: Names, making: Sequence[Statement]) -> ClusterState:
        self._session.doing = (
            "creating the claim tables" if making else "waiting for our turn to write"
        )
        asked = questions(self._session, self._tables, names)
        row, answers = self._try_taking(making, asked)
        if row[0] != self._lease.token:
            self._lease.wait(row, lambda: self._try_taking([], [])[0], self._say)
            row, answers = self._try_taking([], asked)
        self._writer = Writer(self._session, self._tables, self._lease, self._say)
        return self._caught_up(names, self._reading_of(names, row, answers)).state

    def _reading_of(self, names: Names, row: Row, answers: Sequence[Rows]) -> Reading:
        """Return what was read while holding the lease.

        Raises:
            LeaseLost: Somebody else holds it.
        """
        if row[0] != self._lease.token:
            raise LeaseLost(_TAKEN_OVER, hint="Run again.")
        self._read = reading(self._session, names, answers)
        self._session.operator = self._read.state.operator.user
        return self._read

    def _caught_up(self, names: Names, first: Reading) -> Reading:
        """Wait until this node shows what others have just written, or has had time enough to."""
        spread_s = seconds(SPREAD_VARIABLE, SPREAD_S)

        def is_late(found: Reading) -> bool:
            state = found.state
            written = state.registry.written if state.registry else {}
            return bool(late(written, state.settings.values(), state.now, spread_s))

        def look() -> Reading:
            asked = questions(self._session, self._tables, names)
            return self._reading_of(names, *self._try_taking([], asked))

        if not is_late(first):
            return first
        self._say("waiting for this node to show what another stack has just written")
        waiting = Retrying(
            retry=retry_if_result(is_late),
            stop=stop_after_delay(spread_s),
            wait=wait_fixed(0.2),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        return waiting(look)

    def _try_taking(
        self, making: Sequence[Statement], asked: Sequence[Statement]
    ) -> tuple[Row, list[Rows]]:
        sent_s = time.monotonic()
        first = [making] if making else []
        owners = owner_questions(self._tables) if making else []
        answers = self._session.transact(
            *first,
            [self._lease.taking(self._tables)],
            ask=[*owners, self._tables.read_lease(), *asked],
        )
        check_owners(self._tables.name, owned(answers[: len(owners)]))
        holder, *answers = answers[len(owners) :]
        if not holder:
            raise GuardRefused(
                f"the lease table in database {self._session.database} is empty",
                hint="Somebody edited it by hand: drop the table lease, then run again.",
            )
        token, who, since = holder[0]
        if token == self._lease.token:
            self._lease.renewed(sent_s)
        return (token, who, since), answers

    # giving it back

    def _give_back(self) -> None:
        """End the lease, and note what was replaced; if that fails, it expires by itself."""
        ending = [*self._notes(), self._lease.ending(self._tables)]
        try:
            if not self._session.conn.closed:
                self._session.transact(ending)
                return
        except (*_NO_TABLES, LeaseLost):
            return
        except psycopg.Error:
            if not self._session.conn.closed:
                return
        try:
            with connection(self._url, wait_s=0) as conn, conn.transaction():
                for statement in ending:
                    conn.execute(*statement)
        except (psycopg.Error, CrdbSsoError):
            return  # the cluster is out of reach

    def _notes(self) -> list[Statement]:
        """Return what the next writers must know, if anything was written."""
        if self._read is None or not (self._writer.written or self._writer.completed):
            return []
        left = records(self._writer.written, self._read.cluster_time())
        notes = [self._tables.leave(key, value) for key, value in left.items()]
        done = self._writer.completed
        if done and self.is_remembered:
            end = self._tables.forget if done.is_leaving else self._tables.complete
            notes.append(end(done.announce.instance))
        return [self._lease.keeping(self._tables), *notes]  # if it was lost, nothing is noted
