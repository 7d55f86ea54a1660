"""The cluster over psycopg: reads what is live, carries out the steps of a plan.

Facts it stands on: SET CLUSTER SETTING is refused inside a transaction, though only after the
privilege check; the gateway waits up to 10 s for its own new value and may then report an error
although the row is written (CockroachDB pkg/sql/set_cluster_setting.go). CREATE USER and GRANT are
transactional. SQLSTATE 40001 asks for the transaction to be run again.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_random_exponential,
)

from crdb_sso.claims import SCHEMA_VERSION, read_registry
from crdb_sso.clients import statements
from crdb_sso.clients.connecting import Connection, connection
from crdb_sso.errors import ClusterChanged, ClusterRefused, ClusterUnreachable
from crdb_sso.privileges import missing_grant
from crdb_sso.settings import ASKED_NAMES, LiveSetting, Setting, live_settings
from crdb_sso.steps import Announce, Live, LiveUser, Plan, Retire, Write

Rows = list[tuple[Any, ...]]  # any: what each statement asks for

Statement = tuple[sql.SQL | sql.Composed, Sequence[object] | None]
"""With its parameters."""

_BEGIN: Statement = (sql.SQL("BEGIN"), None)
_COMMIT: Statement = (sql.SQL("COMMIT"), None)
_SETTINGS: Statement = (statements.READ_SETTINGS, [list(ASKED_NAMES)])

VISIBLE_WITHIN_S = 30.0
"""How long a written value may take, in seconds, until this node shows it."""

WRITE_ATTEMPTS = 5
"""How often a setting is merged anew when somebody else keeps writing it."""


@contextmanager
def open_cluster(url: str, *, database: str) -> Iterator["Cluster"]:
    """Connect to a cluster as its operator.

    Args:
        url: A libpq URL; what it does not say comes from libpq's environment (PGPASSWORD...).
        database: Where the claim tables are.

    Raises:
        InvalidInput: The URL can't be read.
        ClusterUnreachable: No connection; or it was lost on the way.
        ClusterRefused: The cluster said no.
    """
    with connection(url) as conn:
        cluster = Cluster(conn, database)
        try:
            yield cluster
        except psycopg.Error as exc:
            raise cluster.explained(exc) from exc


class Cluster:
    """An open connection to one cluster, and the registry database on it."""

    def __init__(self, conn: Connection, database: str) -> None:
        self._conn = conn
        self._database = database
        self._tables = statements.RegistryTables(database)
        self._doing = "reading"
        self.operator = conn.info.user
        self.is_admin = False

    # reading

    def read(self) -> Live:
        """Read settings and claims.

        Raises:
            UnsupportedVersion: A setting is missing, or the claim tables are of a newer version.
            ClusterRefused: A value is hidden or overridden, or the claim tables were edited.
        """
        self._doing = f"reading the cluster settings, and the claims in {self._database}"
        registry: list[Rows] | None = None
        with suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName):
            with self._conn.pipeline():  # one round trip; what may fail stands last
                settings = self._conn.execute(*_SETTINGS)
                operator = self._conn.execute(statements.READ_OPERATOR)
                asked = [self._conn.execute(question) for question in self._tables.read()]
            registry = [cursor.fetchall() for cursor in asked]
        self.operator, self.is_admin = operator.fetchone() or ("", False)
        live = live_settings(settings.fetchall())
        if registry is None:
            return Live(live, None)
        meta, claims, found_texts = registry
        known = read_registry(self._database, dict(meta), claims, dict(found_texts))
        return Live(live, known)

    def read_users(self, live: Live, users: Collection[str], roles: Collection[str]) -> Live:
        """Return `live` with the users and roles that exist among those asked for."""
        self._doing = "reading users and roles"
        with self._conn.pipeline():  # one round trip
            names = self._conn.execute(statements.READ_ROLES, [sorted({*users, *roles})])
            members = self._conn.execute(statements.READ_MEMBERSHIPS, [sorted(users)])
        can_login: dict[str, bool] = dict(names.fetchall())
        role_names: dict[str, set[str]] = {}
        for role, user in members.fetchall():
            role_names.setdefault(user, set()).add(role)
        return Live(
            live.settings,
            live.registry,
            users={
                user: LiveUser(can_login[user], frozenset(role_names.get(user, ())))
                for user in users
                if user in can_login
            },
            roles=frozenset(can_login) & frozenset(roles),
        )

    # writing

    def apply(self, plan: Plan, live: Live) -> str:
        """Carry out a plan, step by step; every step may be run again.

        Returns:
            The uuid that names the cluster.

        Raises:
            ClusterRefused: The cluster said no.
            ClusterChanged: Somebody else keeps writing the same setting.
        """
        if plan and not self.is_admin:
            self._rehearse(plan, live)
        cluster_id = live.registry.cluster_id if live.registry else self._make_registry()
        settings = self._announce(plan.announce) if plan.announce else dict(live.settings)
        for write in plan.writes:
            settings = self._write(write, settings)
        if plan.retire:
            self._retire(plan.retire)
        return cluster_id

    def _rehearse(self, plan: Plan, live: Live) -> None:
        """Find out whether this operator may do what the plan needs, and take it all back."""
        try:
            with self._conn.transaction(force_rollback=True):
                self._doing = "checking privileges"
                with self._conn.pipeline():
                    for statement in statements.announce_users(plan.announce):
                        self._conn.execute(statement)
                for write in plan.writes[:1]:
                    self._doing = f"checking privileges on {write.setting.value}"
                    self._conn.execute(statements.set_setting(live.settings[write.setting]))
        except psycopg.errors.InsufficientPrivilege:
            raise
        except psycopg.Error as exc:
            if "multi-statement transaction" not in str(exc):
                raise

    def _make_registry(self) -> str:
        self._doing = f"making the claim tables in database {self._database}"
        with self._conn.pipeline():
            for statement in self._tables.create(SCHEMA_VERSION):
                self._conn.execute(statement)
            meta = self._conn.execute(self._tables.read()[0])
        found: dict[str, str] = dict(meta.fetchall())
        return found["cluster_id"]

    def _announce(self, step: Announce) -> dict[Setting, LiveSetting]:
        """Claim and make users; return the settings as they are then.

        Users may wait long for older transactions of others, who write settings meanwhile.
        """
        self._doing = "claiming entries and making users"
        sent = [
            *self._tables.announce_claims(step),
            *((composed, None) for composed in statements.announce_users(step)),
        ]
        return live_settings(self._transact(sent, _SETTINGS))

    def _transact(self, sent: Sequence[Statement], question: Statement | None = None) -> Rows:
        """Send statements as one transaction, and a question behind it, in one round trip.

        `Connection.transaction()` waits at its beginning and its end, also in a pipeline.

        Returns:
            The answer to the question.
        """
        rows: Rows = []
        for attempt in _retrying():
            with attempt:
                try:
                    with self._conn.pipeline():
                        for composed, columns in (_BEGIN, *sent, _COMMIT):
                            self._conn.execute(composed, columns)
                        asked = self._conn.execute(*question) if question else None
                except psycopg.Error:
                    if not self._conn.closed:
                        self._conn.execute("ROLLBACK")
                    raise
                rows = asked.fetchall() if asked else []
        return rows

    def _retire(self, step: Retire) -> None:
        try:
            self._retire_all(step)
        except psycopg.errors.DependentObjectsStillExist:
            stuck = self._stuck_users(step)
            if not stuck:
                raise
            self._retire_all(step.without_users(stuck))
            raise ClusterRefused(
                f"these users can't be dropped: {'; '.join(stuck.values())}",
                hint="They can no longer log in with a token, all else is done. Hand over what they"
                " own (REASSIGN OWNED BY ... TO ...), REVOKE their grants, then run again.",
            ) from None

    def _stuck_users(self, step: Retire) -> dict[str, str]:
        """Return the users that can't be dropped, each with what the cluster says of it."""
        stuck = {}
        for user in step.drop_users:
            alone = Retire(drop_users=(user,))
            try:
                with self._conn.transaction(force_rollback=True):
                    for statement in statements.retire_users(alone):
                        self._conn.execute(statement)
            except psycopg.errors.DependentObjectsStillExist as exc:
                stuck[user] = " ".join((exc.diag.message_primary or str(exc)).split())
        return stuck

    def _retire_all(self, step: Retire) -> None:
        self._doing = "dropping users and releasing claims"
        sent = ((composed, None) for composed in statements.retire_users(step))
        self._transact([*sent, *self._tables.release_claims(step)])

    def _write(
        self, write: Write, settings: dict[Setting, LiveSetting]
    ) -> dict[Setting, LiveSetting]:
        """Bring one setting to its next value; return the settings as they are then."""
        for _ in range(WRITE_ATTEMPTS):
            before = settings[write.setting]
            aim = write.next_value(before)
            if aim == before:
                return settings
            self._set(aim)
            settings = self._settings_after(write.setting, before)
            if write.next_value(settings[write.setting]) == settings[write.setting]:
                return settings
        raise ClusterChanged(
            f"somebody keeps writing {write.setting.value} while this stack does",
            hint="Find out who else sets it, then run again; nothing of theirs was lost.",
        )

    def _set(self, aim: LiveSetting) -> None:
        self._doing = f"setting {aim.name}"
        for attempt in _retrying():
            with attempt:
                try:
                    self._conn.execute(statements.set_setting(aim))
                except psycopg.Error as exc:
                    if "timed out waiting to read new value" not in str(exc):
                        raise  # the row is written otherwise: what is read next decides

    def _settings_after(self, setting: Setting, before: LiveSetting) -> dict[Setting, LiveSetting]:
        """Read until the setting no longer shows its old value."""
        self._doing = f"waiting for the new value of {setting.value}"
        waiting = Retrying(
            retry=retry_if_result(lambda live: live[setting] == before),
            stop=stop_after_delay(VISIBLE_WITHIN_S),
            wait=wait_exponential(multiplier=0.05, max=1),
        )
        try:
            return waiting(self._read_settings)
        except RetryError:
            raise ClusterRefused(
                f"{setting.value} was written, but this node still shows the old value after"
                f" {VISIBLE_WITHIN_S:.0f} s",
                hint="Check the health of the cluster (settings travel by rangefeed), run again.",
            ) from None

    def _read_settings(self) -> dict[Setting, LiveSetting]:
        return live_settings(self._conn.execute(*_SETTINGS).fetchall())

    # errors

    def explained(self, exc: psycopg.Error) -> ClusterRefused | ClusterUnreachable:
        """Return an error for people: what was being done, what the cluster said, what helps."""
        message = exc.diag.message_primary or str(exc).strip().splitlines()[0]
        if isinstance(exc, psycopg.errors.InsufficientPrivilege):
            hint = missing_grant(message, self.operator, self._database)
        elif self._conn.broken or self._conn.closed:
            return ClusterUnreachable(
                f"the connection was lost while {self._doing}: {message}",
                hint="Run again: what was begun is completed, nothing of others was touched.",
            )
        else:
            detail = " ".join((exc.diag.message_detail or "").split())
            hint = exc.diag.message_hint or detail or "Run again once the reason is mended."
        return ClusterRefused(f"while {self._doing}: {message}", hint=hint)


def _retrying() -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(psycopg.errors.SerializationFailure),
        stop=stop_after_attempt(6),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        reraise=True,
    )
