"""The questions to a cluster, and its answers as values."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from crdb_sso.clients.connecting.connection import logged_in_operator, may_list_grants, node_version
from crdb_sso.clients.sql import statements
from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.session import Rows, Session
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.crdb.active_version import VERSION, ClusterVersion
from crdb_sso.crdb.privileges import ADMIN, gives_admin, grouped, privileges_of
from crdb_sso.crdb.settings import ASKED_NAMES, listed_settings, live_settings
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.registry.claims import Registry
from crdb_sso.registry.rows import RegistryRows, read_registry

SETTINGS: Statement = (statements.READ_SETTINGS, [[*ASKED_NAMES, VERSION]])

OPERATOR: Statement = (statements.READ_OPERATOR, None)


@dataclass(frozen=True, slots=True)
class Names:
    """What to ask a cluster about.

    Attributes:
        users: The users of logins, with their memberships.
        roles: Roles that must exist.
        kept: Users that need not exist: those who may log in without a token.
        everyone: Whether to ask for all memberships of the cluster too.
    """

    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a cluster showed.

    Attributes:
        state: What is live.
        read_s: When it was read, a time of `time.monotonic()`.
    """

    state: ClusterState
    read_s: float = field(default_factory=time.monotonic)

    def cluster_time(self) -> datetime:
        """Return the cluster's time now, reckoned from when it was read."""
        return self.state.now + timedelta(seconds=time.monotonic() - self.read_s)


def questions(session: Session, tables: RegistryTables, names: Names) -> list[Statement]:
    """Return all questions to a cluster; those that may fail come last."""
    return [
        SETTINGS,
        OPERATOR,
        *about(session, names),
        *((question, None) for question in tables.read()),
    ]


def reading(session: Session, names: Names, answers: Sequence[Rows | None]) -> Reading:
    """Return what the answers to `questions` say; None stands for tables that are missing.

    Raises:
        UnsupportedVersion: A setting is missing, or the claim tables have a newer version.
        GuardRefused: A value is hidden or overridden, or the claim tables were edited.
    """
    of_registry = answers[-len(REGISTRY) :]
    settings, operator, *users = answers[: -len(REGISTRY)]
    ((user, is_admin, now),) = operator or [("", False, datetime.now(timezone.utc))]
    listed = listed_settings(settings or [])
    live = live_settings(listed)
    version = next((value for name, value, _ in listed if name == VERSION), "")
    registry = registry_of(session.database, of_registry)
    who = replace(logged_in_operator(session.conn, user), is_admin=is_admin)
    state = ClusterState(
        live,
        registry,
        now=now,
        operator=who,
        version=ClusterVersion(version, node_version(session.conn)),
    )
    return Reading(with_users(state, names, *(rows or [] for rows in users)))


REGISTRY = ("meta", "claims", "found texts", "retired keys", "owners")
"""What the last questions are about."""


def registry_of(database: str, answers: Sequence[Rows | None]) -> Registry | None:
    """Return what the answers to the questions for the claim tables say.

    Args:
        database: Where they are; for messages.
        answers: None stands for tables that are missing.

    Raises:
        UnsupportedVersion: They have a newer version.
        GuardRefused: Nobody can tell whose they are.
    """
    meta, claims, found_texts, retiring, owners = answers
    if meta is None or claims is None or found_texts is None:
        return None
    rows = RegistryRows(
        dict(meta),
        claims,
        dict(found_texts),
        owners or [],
        {(kid, holder): until for kid, holder, until in retiring or []},
    )
    return read_registry(database, rows)


def about(session: Session, names: Names) -> list[Statement]:
    """Return the questions for users and roles, and what they may do."""
    both = sorted({*names.users, *names.roles, *names.kept})
    is_open = may_list_grants(session.conn)
    return [
        (statements.READ_ROLES, [both]),
        (statements.READ_ALL_MEMBERSHIPS, None)
        if names.everyone
        else (statements.READ_MEMBERSHIPS, [both]),
        (statements.READ_GRANTS if is_open else statements.READ_NO_GRANTS, None),
    ]


def with_users(
    state: ClusterState, names: Names, roles: Rows, members: Rows, grants: Rows
) -> ClusterState:
    """Return a state with those of the named users and roles that exist.

    Args:
        state: The state.
        names: The users and roles asked about.
        roles: Name, whether it may log in, has CREATEROLE and CREATEDB, and until when its password
            counts.
        members: Role, member, and whether the member may log in.
        grants: Grantee, system privilege, and more.
    """
    there = {name: options for name, *options in roles}
    roles_of = grouped((member, role) for role, member, _ in members)
    may_log_in = {member for _, member, may_login in members if may_login}
    asked = {*names.roles & there.keys(), *((*roles_of, ADMIN) if names.everyone else ())}
    granted = grouped((grantee, privilege) for grantee, privilege, *_ in grants)
    return replace(
        state,
        users={
            user: _live_user(user, there[user], roles_of, granted)
            for user in names.users | names.kept
            if user in there
        },
        roles=frozenset(there) & names.roles,
        admin_roles=frozenset(role for role in asked if gives_admin(role, roles_of)),
        roles_by_login={user: frozenset(roles_of[user]) for user in may_log_in if names.everyone},
    )


def _live_user(
    user: str,
    columns: Sequence[object],
    roles_of: Mapping[str, set[str]],
    granted: Mapping[str, set[str]],
) -> LiveUser:
    may_login, *more, until = columns
    named = [name for name, is_on in zip(("CREATEROLE", "CREATEDB"), more, strict=True) if is_on]
    privileges = privileges_of(user, named, roles_of, granted)
    options = (*named, *(() if until is None else ("VALID UNTIL",)))
    return LiveUser(bool(may_login), frozenset(roles_of.get(user, ())), privileges, options)
