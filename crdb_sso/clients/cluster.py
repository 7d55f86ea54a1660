"""The cluster over psycopg: reads what is live, and takes turns with others that write."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import psycopg
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from crdb_sso.clients import statements
from crdb_sso.clients.connection import came_in, connection
from crdb_sso.clients.environment import seconds
from crdb_sso.clients.lease import Lease, Row, Say
from crdb_sso.clients.session import Rows, Session
from crdb_sso.clients.statements import RegistryTables, Statement
from crdb_sso.clients.writer import SETTINGS, Writer, rehearse
from crdb_sso.crdb.settings import listed_settings, live_settings
from crdb_sso.errors import CrdbSsoError, GuardRefused, LeaseLost
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import SCHEMA_VERSION, read_registry
from crdb_sso.registry.stale_reads import SPREAD_S, Written, late, read_written, records

_OPERATOR: Statement = (statements.READ_OPERATOR, None)

SPREAD_VARIABLE = "CRDB_SSO_SPREAD_S"
"""How long, in seconds, a written value may take to all nodes."""

_NO_TABLES = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName)


@dataclass(frozen=True, slots=True)
class Names:
    """Of whom a cluster is asked: users with their memberships, and roles that have to exist."""

    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@contextmanager
def open_cluster(url: str, *, database: str, wait_s: float | None = None) -> Iterator["Cluster"]:
    """Connect to a cluster as its operator.

    Args:
        url: A libpq URL; what it does not say comes from libpq's environment (PGPASSWORD...).
        database: Where the claim tables are.
        wait_s: How long to wait, in seconds, for a cluster that does not answer yet; None for what
            the environment says.

    Raises:
        InvalidInput: The URL can't be read.
        ClusterUnreachable: No connection; or it was lost on the way.
        ClusterRefused: The cluster said no.
    """
    with connection(url, wait_s=wait_s) as conn:
        session = Session(conn, database)
        try:
            yield Cluster(session, url)
        except psycopg.Error as exc:
            raise session.explained(exc) from exc


class Cluster:
    """An open connection to one cluster, and the registry database on it."""

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url
        self._tables = RegistryTables(session.database)
        self.is_admin = False
        self._written: Mapping[str, Written] = {}
        self._clock = (datetime.now(timezone.utc), time.monotonic())
        self._writer: Writer | None = None

    # reading

    def read(self, names: Names) -> ClusterState:
        """Read settings, claims, and the users and roles that were asked for.

        Raises:
            UnsupportedVersion: A setting is missing, or the claim tables are of a newer version.
            GuardRefused: A value is hidden or overridden, or the claim tables were edited.
        """
        self._doing("reading the cluster settings, and the claims")
        return self._live(self._session.ask(self._questions(names)), names)

    def _questions(self, names: Names) -> list[Statement]:
        """Return all that is asked of a cluster; what may fail stands last."""
        return [
            SETTINGS,
            _OPERATOR,
            *_about(names),
            *((question, None) for question in self._tables.read()),
        ]

    def _live(self, answers: Sequence[Rows | None], names: Names) -> ClusterState:
        settings, operator, roles, members, meta, claims, found_texts, renames, retiring = answers
        ((self._session.operator, self.is_admin, now),) = operator or [("", False, None)]
        self._clock = (now, time.monotonic())
        self._written = read_written(dict(meta or []))
        live = live_settings(listed_settings(settings or []))
        registry = None
        if meta is not None and claims is not None and found_texts is not None:
            registry = read_registry(
                self._session.database,
                dict(meta),
                claims,
                dict(found_texts),
                dict(renames or []),
                retiring={(kid, owner): until for kid, owner, until in retiring or []},
            )
        who = came_in(self._session.conn, self._session.operator)
        found = ClusterState(live, registry, now=now, operator=who)
        return _with_users(found, names, roles or [], members or [])

    def read_users(self, live: ClusterState, names: Names) -> ClusterState:
        """Return `live` with the users and roles that exist among those asked for."""
        self._doing("reading users and roles")
        roles, members = self._session.ask(_about(names))
        return _with_users(live, names, roles or [], members or [])

    # one writer at a time

    @contextmanager
    def turn(self, lease: Lease) -> Iterator[None]:
        """Give the lease back in the end, whatever happened, and renew it where that takes long."""
        try:
            with lease.kept(self._url, self._tables):
                yield
        finally:
            self._give_back(lease)

    def take(self, lease: Lease, names: Names, say: Say) -> ClusterState | None:
        """Wait for our turn, then read all that `read` does.

        Returns:
            None if there are no claim tables yet, or only those of an older version.

        Raises:
            ClusterBusy: Others kept writing for longer than the lease waits.
        """
        try:
            return self._take(lease, names, say, [])
        except _NO_TABLES:
            return None

    def make_registry(self, lease: Lease, names: Names, say: Say) -> ClusterState:
        """Make the claim tables, or bring them up to date, and do what `take` does."""
        making = [(text, None) for text in self._tables.create(SCHEMA_VERSION)]
        return self._take(lease, names, say, making)

    def prepare(self, role: str) -> None:
        """Make the claim tables, or bring them up to date, and let the members of a role use them.

        Raises:
            UnsupportedVersion: They are of a newer version.
        """
        self.read(Names())
        self._doing(f"making the claim tables in database {self._session.database}")
        making = (*self._tables.create(SCHEMA_VERSION), *self._tables.open_to(role))
        self._session.transact([(statement, None) for statement in making])

    def _take(
        self, lease: Lease, names: Names, say: Say, making: Sequence[Statement]
    ) -> ClusterState:
        self._doing("making the claim tables" if making else "waiting for our turn to write")
        row, answers = self._try_taking(lease, making, self._questions(names))
        if row[0] != lease.token:
            lease.wait(row, lambda: self._try_taking(lease, [], [])[0], say)
            row, answers = self._try_taking(lease, [], self._questions(names))
        if row[0] != lease.token:
            raise LeaseLost("somebody else writes already", hint="Run again.")
        return self._spread(lease, names, say, self._live(answers, names))

    def _spread(self, lease: Lease, names: Names, say: Say, live: ClusterState) -> ClusterState:
        """Wait until this node shows what others have written just now, or had time enough to."""
        spread_s = seconds(SPREAD_VARIABLE, SPREAD_S)

        def is_late(live: ClusterState) -> bool:
            return bool(late(self._written, live.settings.values(), live.now, spread_s))

        def look() -> ClusterState:
            row, answers = self._try_taking(lease, [], self._questions(names))
            if row[0] != lease.token:
                raise LeaseLost("somebody else writes already", hint="Run again.")
            return self._live(answers, names)

        if not is_late(live):
            return live
        say("waiting for this node to show what another stack has just written")
        waiting = Retrying(
            retry=retry_if_result(is_late),
            stop=stop_after_delay(spread_s),
            wait=wait_fixed(0.2),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        return waiting(look)

    def _try_taking(
        self, lease: Lease, making: Sequence[Statement], questions: Sequence[Statement]
    ) -> tuple[Row, list[Rows]]:
        sent_s = time.monotonic()
        first = [making] if making else []
        holder, *answers = self._session.transact(
            *first,
            [lease.taking(self._tables)],
            ask=[self._tables.read_lease(), *questions],
        )
        if not holder:
            raise GuardRefused(
                f"the table of the lease in database {self._session.database} is empty",
                hint="Somebody edited it by hand: drop the table lease, then run again.",
            )
        token, who, since = holder[0]
        if token == lease.token:
            lease.renewed(sent_s)
        return (token, who, since), answers

    def _give_back(self, lease: Lease) -> None:
        """End the lease, and leave what was replaced; where that fails, it ends by itself."""
        ending = [*self._left(lease), lease.ending(self._tables)]
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

    def _left(self, lease: Lease) -> list[Statement]:
        """Return what those who come next have to know, if anything was written."""
        writer = self._writer
        if writer is None or not writer.written:
            return []
        then, read_s = self._clock
        now = then + timedelta(seconds=time.monotonic() - read_s)
        left = records(
            self._written,
            writer.written,
            now,
            has_released=writer.has_released,
            spread_s=seconds(SPREAD_VARIABLE, SPREAD_S),
        )
        keeping = lease.keeping(self._tables)  # who has lost it says nothing any more
        return [keeping, *(self._tables.leave(key, value) for key, value in left.items())]

    # writing

    def writer(self, lease: Lease, say: Say) -> Writer:
        """Return what carries out plans while a lease is ours."""
        self._writer = Writer(self._session, self._tables, lease, say)
        return self._writer

    def rehearse(self, plan: Plan, live: ClusterState) -> None:
        """Find out whether this operator may do what a plan needs, and take it all back.

        Raises:
            psycopg.errors.InsufficientPrivilege: It may not.
        """
        if not self.is_admin and plan:
            rehearse(self._session, plan, live)

    def _doing(self, what: str) -> None:
        self._session.doing = what


def _about(names: Names) -> list[Statement]:
    """Return the questions for users and roles."""
    return [
        (statements.READ_ROLES, [sorted({*names.users, *names.roles})]),
        (statements.READ_MEMBERSHIPS, [sorted(names.users)]),
    ]


def _with_users(live: ClusterState, names: Names, roles: Rows, members: Rows) -> ClusterState:
    can_login: dict[str, bool] = dict(roles)
    role_names: dict[str, set[str]] = {}
    for role, user in members:
        role_names.setdefault(user, set()).add(role)
    return replace(
        live,
        users={
            user: LiveUser(can_login[user], frozenset(role_names.get(user, ())))
            for user in names.users
            if user in can_login
        },
        roles=frozenset(can_login) & names.roles,
    )
