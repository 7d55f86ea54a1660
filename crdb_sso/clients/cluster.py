"""The cluster over psycopg: an open connection that reads, prepares, and takes turns to write."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from crdb_sso.clients.connecting.connection import connection
from crdb_sso.clients.reading import (
    OPERATOR,
    Names,
    about,
    questions,
    reading,
    registry_of,
    with_users,
)
from crdb_sso.clients.sql import statements
from crdb_sso.clients.sql.registry_tables import LEASE, RegistryTables
from crdb_sso.clients.sql.rights import (
    closing,
    count_question,
    grant_question,
    lacks_privilege,
    opening,
    owned,
    owner_questions,
    still_open,
    taking_over,
)
from crdb_sso.clients.sql.session import Session
from crdb_sso.clients.writing.lease import Lease, Say
from crdb_sso.clients.writing.rehearsal import all_missing
from crdb_sso.clients.writing.write_turn import WriteTurn
from crdb_sso.clients.writing.writer import rehearse
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.errors import CrdbSsoError
from crdb_sso.plan.inputs import ClusterState, Operator
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import SCHEMA_VERSION, Registry
from crdb_sso.registry.ownership import TABLE, Owned, TakeOver, check_owners

if TYPE_CHECKING:
    from crdb_sso.clients.login_view import LoginView
    from crdb_sso.verdict.access.views import AccessView

__all__ = ["Cluster", "Names", "open_cluster"]

CLOSED_WITHIN_S = 5.0
"""How long, in seconds, sessions may take to close."""


@contextmanager
def open_cluster(
    url: str, *, database: str, wait_s: float | None = None, checks_owners: bool = True
) -> Iterator["Cluster"]:
    """Connect to a cluster as its operator, and look who owns the claim tables.

    Args:
        url: A libpq URL; what it leaves out comes from libpq's environment (PGPASSWORD...).
        database: Where the claim tables are.
        wait_s: How long to wait, in seconds, for a cluster that does not answer yet; None for what
            `crdb_sso.clients.connecting.waiting` says.
        checks_owners: Whether claim tables that belong to a stranger are refused.

    Raises:
        InvalidInput: The URL can't be read.
        ClusterUnreachable: No connection, or it was lost.
        ClusterRefused: The cluster said no.
        GuardRefused: The claim tables belong to a stranger.
    """
    with connection(url, wait_s=wait_s) as conn:
        session = Session(conn, database)
        try:
            cluster = Cluster(session, url)
            cluster.look()
            if checks_owners:
                check_owners(database, cluster.owned)
            yield cluster
        except psycopg.Error as exc:
            raise session.explained(exc) from exc


class Cluster:
    """An open connection to one cluster, and the registry database on it.

    Attributes:
        database: Where the claim tables are.
        owned: What there is of the claim tables, and who owns it, when `look` was called last.
        operator_is_admin: Whether the operator is a member of admin.
    """

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url
        self._tables = RegistryTables(session.database)
        self.database = session.database
        self.owned: tuple[Owned, ...] = ()
        self.operator_is_admin = False

    def look(self) -> None:
        """Check who owns the claim tables; none of their rows is read, and nothing in them run."""
        self._session.doing = "checking who owns the claim tables"
        operator, *owners = self._session.ask([OPERATOR, *owner_questions(self._tables)])
        for user, is_admin, _ in operator or []:
            self._session.operator, self.operator_is_admin = user, is_admin
        self.owned = owned(owners)

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

    def read_registry(self) -> Registry | None:
        """Read the claim tables alone: that needs no right on cluster settings.

        Raises:
            UnsupportedVersion: They have a newer version.
            GuardRefused: Nobody can tell whose they are.
        """
        self._session.doing = "reading the claims"
        answers = self._session.ask([(question, None) for question in self._tables.read()])
        return registry_of(self.database, answers)

    def read_users(self, live: ClusterState, names: Names) -> ClusterState:
        """Return `live` with those of the given users and roles that exist."""
        self._session.doing = "reading users and roles"
        answers = self._session.ask(about(self._session, names))
        return with_users(live, names, *(rows or [] for rows in answers))

    def read_access(self) -> "AccessView":
        """Read who can log in, as far as the operator may see it; no claims of a stranger are read.

        Raises:
            UnsupportedVersion: The cluster knows no logins with tokens.
            ClusterRefused: The operator may not read the settings.
        """
        from crdb_sso.clients.access_reading import read_access  # noqa: PLC0415 - `up` needs no judge

        return read_access(self._session, self._tables, self.owned)

    def read_login_view(self) -> "LoginView":
        """Read what decides logins with tokens; VIEWCLUSTERSETTING is enough for that."""
        from crdb_sso.clients.login_view import read_login_view  # noqa: PLC0415 - as above

        return read_login_view(self._session)

    def read_user(self, user: str) -> tuple[ClusterState, str]:
        """Read one user, and the claims if that is possible: an emergency waits for nobody.

        Returns:
            What there is, and why the claims were not read, "" if they were.
        """
        operator = Operator(self._session.operator, is_admin=self.operator_is_admin)
        names = Names(frozenset({user}))
        live = self.read_users(ClusterState({}, operator=operator), names)
        try:
            check_owners(self.database, self.owned)
            return replace(live, registry=self.read_registry()), ""
        except CrdbSsoError as exc:
            return live, exc.what
        except psycopg.errors.InsufficientPrivilege as exc:
            return live, self._session.explained(exc).what

    def prepare(self, *, writers: str, readers: str) -> bool:
        """Create the claim tables or bring them up to date, close them, and open them to roles.

        Args:
            writers: The role whose members may claim; "" for none.
            readers: The role whose members may only list claims; "" for none.

        Returns:
            Whether everybody may still make tables beside them: only an admin can end that.

        Raises:
            UnsupportedVersion: They have a newer version.
        """
        self.read(Names())
        self._session.doing = f"creating the claim tables in database {self._session.database}"
        creating = [(statement, None) for statement in self._tables.create(SCHEMA_VERSION)]
        rights = opening(self._tables, writers, readers)
        try:
            shut = closing(self._tables, writers, readers)
            self._session.transact([*creating, *rights, *shut])
        except psycopg.Error as exc:
            if not lacks_privilege(exc):
                raise
        else:
            return False
        self._session.transact([*creating, *rights])
        return still_open(self._session, self._tables, writers, readers)

    def survey(self, found: Sequence[Owned], kept: Collection[str]) -> TakeOver:
        """Return what there is to know before things are taken over.

        Args:
            found: The things; all of them tables, but for a database and its schema.
            kept: Roles that keep what they were granted.
        """
        self._session.doing = "checking what there is to take over"
        counted = [each for each in found if each.kind == TABLE]
        answers = self._session.ask(
            [
                *(count_question(self._tables, each) for each in counted),
                *(grant_question(self._tables, each) for each in found),
            ]
        )
        counts, grants = answers[: len(counted)], answers[len(counted) :]
        return TakeOver(
            tuple(found),
            {each.name: rows[0][0] for each, rows in zip(counted, counts, strict=True) if rows},
            frozenset(grantee for rows in grants for (grantee,) in rows or ()) - {*kept},
        )

    def take_over(self, what: TakeOver) -> None:
        """Make admin the owner, and take away what anybody else was granted."""
        self._session.doing = "taking over the claim tables"
        self._session.transact(list(taking_over(self._tables, what.owned, what.losers)))
        self.look()

    def rehearse(self, plan: Plan, live: ClusterState) -> None:
        """Find out whether an operator who is not an admin may do what a plan needs, and undo it.

        Raises:
            psycopg.errors.InsufficientPrivilege: It may not.
        """
        if plan and not live.operator.is_admin:
            rehearse(self._session, plan, live)

    def set_login(self, user: str, state: LoginState) -> None:
        """Shut a user out or let it in, by hand: as nobody's change, without waiting for a turn."""
        self._session.doing = f"setting {state.value} of SQL user {user}"
        altering = statements.alter_users({user: state})
        self._session.transact([(statement, None) for statement in altering])
        self._session.written.append(f"{state.value} of SQL user {user}")

    def sessions_of(self, user: str) -> list[str]:
        """Return what each open session of a user calls itself; others' may be hidden."""
        self._session.doing = f"looking for open sessions of {user}"
        (found,) = self._session.transact(ask=[(statements.READ_SESSIONS, [user])])
        return [application for (application,) in found]

    def close_sessions(self, user: str) -> int:
        """Close the open sessions of a user; return how many were still there after a while."""
        self._session.doing = f"closing the open sessions of {user}"
        self._session.run(statements.cancel_sessions(user))
        closing = Retrying(
            retry=retry_if_result(bool),
            stop=stop_after_delay(CLOSED_WITHIN_S),
            wait=wait_fixed(0.1),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        return len(closing(self.sessions_of, user))

    @contextmanager
    def turn(self, owner: str, say: Say, names: Names) -> Iterator[WriteTurn]:
        """Write on behalf of an owner; the lease is renewed meanwhile and given back at the end.

        Args:
            owner: Who writes.
            say: Takes a line for people.
            names: The users and roles that it is about.

        Raises:
            ClusterRefused: The operator lacks privileges; all of them are named.
        """
        is_made = any(each.name == LEASE for each in self.owned)
        turn = WriteTurn(self._session, self._tables, self._url, Lease(owner), say, is_made=is_made)
        with turn.kept(), self.naming_all_missing(names):
            yield turn

    @contextmanager
    def naming_all_missing(self, names: Names) -> Iterator[None]:
        """Name all privileges that an operator lacks for a change, not only the first one.

        Args:
            names: The users and roles that the change is about.

        Raises:
            ClusterRefused: The operator lacks privileges.
        """
        try:
            yield
        except psycopg.errors.InsufficientPrivilege as exc:
            if self._session.written:
                raise
            raise all_missing(self._session, exc, names) from None
