"""The questions to a cluster, and its answers as values."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from crdb_sso.clients import statements
from crdb_sso.clients.connection import logged_in_operator
from crdb_sso.clients.registry_tables import RegistryTables
from crdb_sso.clients.session import Rows, Session
from crdb_sso.clients.statements import Statement
from crdb_sso.crdb.settings import ASKED_NAMES, listed_settings, live_settings
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.registry.claims import Registry
from crdb_sso.registry.rows import RegistryRows, read_registry

SETTINGS: Statement = (statements.READ_SETTINGS, [list(ASKED_NAMES)])

OPERATOR: Statement = (statements.READ_OPERATOR, None)


@dataclass(frozen=True, slots=True)
class Names:
    """What to ask a cluster about: users with their memberships, and roles that must exist."""

    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


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


def questions(tables: RegistryTables, names: Names) -> list[Statement]:
    """Return all questions to a cluster; those that may fail come last."""
    return [
        SETTINGS,
        OPERATOR,
        *about(names),
        *((question, None) for question in tables.read()),
    ]


def reading(session: Session, names: Names, answers: Sequence[Rows | None]) -> Reading:
    """Return what the answers to `questions` say; None stands for tables that are missing.

    Raises:
        UnsupportedVersion: A setting is missing, or the claim tables have a newer version.
        GuardRefused: A value is hidden or overridden, or the claim tables were edited.
    """
    settings, operator, roles, members, *of_registry = answers
    ((user, is_admin, now),) = operator or [("", False, datetime.now(timezone.utc))]
    live = live_settings(listed_settings(settings or []))
    registry = registry_of(session.database, of_registry)
    who = replace(logged_in_operator(session.conn, user), is_admin=is_admin)
    state = ClusterState(live, registry, now=now, operator=who)
    return Reading(with_users(state, names, roles or [], members or []))


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


def about(names: Names) -> list[Statement]:
    """Return the questions for users and roles."""
    return [
        (statements.READ_ROLES, [sorted({*names.users, *names.roles})]),
        (statements.READ_MEMBERSHIPS, [sorted(names.users)]),
    ]


def with_users(state: ClusterState, names: Names, roles: Rows, members: Rows) -> ClusterState:
    """Return a state with those of the named users and roles that exist.

    Args:
        state: The state.
        names: The users and roles asked about.
        roles: Name, whether it may log in, create roles, create databases, and until when its
            password counts.
        members: Role and member.
    """
    can_login = {name: may_login for name, may_login, *_ in roles}
    options = {name: _options(*more) for name, _, *more in roles}
    role_names: dict[str, set[str]] = {}
    for role, user in members:
        role_names.setdefault(user, set()).add(role)
    return replace(
        state,
        users={
            user: LiveUser(
                can_login[user], frozenset(role_names.get(user, ())), tuple(options[user])
            )
            for user in names.users
            if user in can_login
        },
        roles=frozenset(can_login) & names.roles,
    )


def _options(may_create_roles: bool, may_create_databases: bool, until: object) -> Iterator[str]:  # noqa: FBT001 - columns
    if may_create_roles:
        yield "CREATEROLE"
    if may_create_databases:
        yield "CREATEDB"
    if until is not None:
        yield "VALID UNTIL"
