"""The questions to a cluster, and its answers as values."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from crdb_sso.clients import statements
from crdb_sso.clients.connection import logged_in_operator
from crdb_sso.clients.session import Rows, Session
from crdb_sso.clients.statements import RegistryTables, Statement
from crdb_sso.crdb.settings import ASKED_NAMES, listed_settings, live_settings
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.registry.claims import Registry, read_registry
from crdb_sso.registry.stale_reads import Written, read_written

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
        written: What writers noted about their last writes, by name of the setting.
        read_s: When it was read, a time of `time.monotonic()`.
    """

    state: ClusterState
    written: Mapping[str, Written]
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
    return Reading(
        with_users(state, names, roles or [], members or []),
        read_written(dict(of_registry[0] or [])),
    )


def registry_of(database: str, answers: Sequence[Rows | None]) -> Registry | None:
    """Return what the answers to the questions for the claim tables say.

    Args:
        database: Where they are; for messages.
        answers: None stands for tables that are missing.

    Raises:
        UnsupportedVersion: They have a newer version.
        GuardRefused: They were edited.
    """
    meta, claims, found_texts, renames, retiring = answers
    if meta is None or claims is None or found_texts is None:
        return None
    return read_registry(
        database,
        dict(meta),
        claims,
        dict(found_texts),
        dict(renames or []),
        retiring={(kid, owner): until for kid, owner, until in retiring or []},
    )


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
        roles: Name, and whether it may log in.
        members: Role and member.
    """
    can_login: dict[str, bool] = dict(roles)
    role_names: dict[str, set[str]] = {}
    for role, user in members:
        role_names.setdefault(user, set()).add(role)
    return replace(
        state,
        users={
            user: LiveUser(can_login[user], frozenset(role_names.get(user, ())))
            for user in names.users
            if user in can_login
        },
        roles=frozenset(can_login) & names.roles,
    )
