"""The cluster over psycopg: an open connection that reads, prepares, and takes turns to write."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from crdb_sso.clients.connection import connection
from crdb_sso.clients.lease import Lease, Say
from crdb_sso.clients.reading import Names, about, questions, reading, with_users
from crdb_sso.clients.session import Session
from crdb_sso.clients.statements import RegistryTables
from crdb_sso.clients.write_turn import WriteTurn
from crdb_sso.clients.writer import rehearse
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import SCHEMA_VERSION

__all__ = ["Cluster", "Names", "open_cluster"]


@contextmanager
def open_cluster(url: str, *, database: str, wait_s: float | None = None) -> Iterator["Cluster"]:
    """Connect to a cluster as its operator.

    Args:
        url: A libpq URL; what it leaves out comes from libpq's environment (PGPASSWORD...).
        database: Where the claim tables are.
        wait_s: How long to wait, in seconds, for a cluster that does not answer yet; None for the
            environment's setting.

    Raises:
        InvalidInput: The URL can't be read.
        ClusterUnreachable: No connection, or it was lost.
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

    def read(self, names: Names) -> ClusterState:
        """Read settings, claims, and the given users and roles.

        Raises:
            UnsupportedVersion: A setting is missing, or the claim tables have a newer version.
            GuardRefused: A value is hidden or overridden, or the claim tables were edited.
        """
        self._session.doing = "reading the cluster settings and the claims"
        answers = self._session.ask(questions(self._session, self._tables, names))
        live = reading(self._session, names, answers).state
        self._session.operator = live.operator.user
        return live

    def read_users(self, live: ClusterState, names: Names) -> ClusterState:
        """Return `live` with those of the given users and roles that exist."""
        self._session.doing = "reading users and roles"
        answers = self._session.ask(about(self._session, names))
        return with_users(live, names, *(rows or [] for rows in answers))

    def prepare(self, role: str) -> None:
        """Create the claim tables or bring them up to date, and let the members of a role use them.

        Raises:
            UnsupportedVersion: They have a newer version.
        """
        self.read(Names())
        self._session.doing = f"creating the claim tables in database {self._session.database}"
        making = (*self._tables.create(SCHEMA_VERSION), *self._tables.open_to(role))
        self._session.transact([(statement, None) for statement in making])

    def rehearse(self, plan: Plan, live: ClusterState) -> None:
        """Find out whether an operator who is not an admin may do what a plan needs, and undo it.

        Raises:
            psycopg.errors.InsufficientPrivilege: It may not.
        """
        if plan and not live.operator.is_admin:
            rehearse(self._session, plan, live)

    @contextmanager
    def turn(self, owner: str, say: Say) -> Iterator[WriteTurn]:
        """Write on behalf of an owner; the lease is renewed meanwhile and given back at the end.

        Args:
            owner: Who writes.
            say: Takes a line for people.
        """
        turn = WriteTurn(self._session, self._tables, self._url, Lease(owner), say)
        with turn.kept():
            yield turn
