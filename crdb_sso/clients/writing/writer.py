"""Carries out the steps of a plan, while the lease is ours.

Facts it relies on: SET CLUSTER SETTING is refused inside a transaction, though only after the
privilege check; the gateway waits up to 10 s for its own new value and may then report an error
although the row was written (CockroachDB pkg/sql/set_cluster_setting.go). CREATE USER and GRANT are
transactional. SQLSTATE 40001 asks for the transaction to be retried.
"""

import time

import psycopg
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential

from crdb_sso.clients.reading import SETTINGS
from crdb_sso.clients.sql import statements
from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.session import Session, retrying
from crdb_sso.clients.writing.lease import Lease, Say
from crdb_sso.crdb.settings import LiveSetting, Setting, listed_settings, live_settings
from crdb_sso.crdb.undroppable_users import Stuck, stuck_help, stuck_reasons, stuck_user
from crdb_sso.errors import ClusterChanged, GuardRefused, LeaseLost
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Announce, Plan, Retire, Write

VISIBLE_WITHIN_S = 30.0
"""How long, in seconds, this node may take to show a written value."""

WRITE_ATTEMPTS = 5
"""How often a setting is merged again when somebody else keeps writing it."""


class Writer:
    """Writes to one cluster under one lease; every step may be run again."""

    def __init__(self, session: Session, tables: RegistryTables, lease: Lease, say: Say) -> None:
        self._session = session
        self._tables = tables
        self._lease = lease
        self._say = say
        self._expected: dict[Setting, str] = {}
        self.written: dict[str, str] = {}
        """The text that was written last, by name of the setting."""
        self.completed: Plan | None = None
        """The plan that was carried out as a whole."""

    def apply(self, plan: Plan, live: ClusterState) -> None:
        """Carry out a plan, step by step; every step may be run again.

        Raises:
            ClusterRefused: The cluster said no.
            ClusterChanged: Somebody else keeps writing the same setting, or wrote what can't be
                merged.
            LeaseLost: Another process is writing now.
        """
        try:
            self._carry_out(plan, live)
        except GuardRefused as exc:  # the plan was made for values that could be merged
            raise ClusterChanged(
                f"somebody wrote a setting while this stack was writing: {exc.what}",
                hint="Fix it by hand, then run again: that completes what was begun.",
            ) from exc

    def _carry_out(self, plan: Plan, live: ClusterState) -> None:
        if not plan:
            return
        self._looked_at(dict(live.settings))
        if plan.off:
            settings = self._announce(plan.beginning)
            for write in plan.off:
                settings = self._write(write, settings, plan)
        settings = self._announce(plan.announce)
        for write in plan.writes:
            settings = self._write(write, settings, plan)
        if plan.retire:
            self._retire(plan.retire)
        self.completed = plan

    def _announce(self, step: Announce) -> dict[Setting, LiveSetting]:
        """Claim entries and create users; return the settings as they are then.

        Creating users may wait long for older transactions, while others write settings: so the
        lease is checked again afterwards.
        """
        self._session.doing = "claiming entries and creating users"
        self._session.has_begun |= step.has_changes
        keeping = self._lease.keeping(self._tables)
        sent = [
            keeping,
            *self._tables.announce_claims(step),
            *((composed, None) for composed in statements.announce_users(step)),
        ]
        (settings,) = self._session.transact(sent, [keeping], ask=[SETTINGS])
        if step.has_changes:
            self._session.written.append("claims and users")
        return self._looked_at(live_settings(listed_settings(settings)))

    def _retire(self, step: Retire) -> None:
        try:
            self._retire_all(step)
        except psycopg.errors.DependentObjectsStillExist:
            stuck = self._stuck_users(step)
            if not stuck:
                raise
            self._retire_all(step.without_users(stuck))
            raise self._session.refused(
                f"these users can't be dropped: {stuck_reasons(stuck.values())}",
                hint="They can no longer log in with a token; everything else is done. Reassign"
                " what they own and revoke their grants, then run again. As an admin, if none of it"
                f" is still needed:{stuck_help(stuck.values())}",
            ) from None

    def _stuck_users(self, step: Retire) -> dict[str, Stuck]:
        """Return the users that can't be dropped, each with what blocks it."""
        stuck = {}
        self._session.leave_transaction()
        for user in step.drop_users:
            alone = Retire(drop_users=(user,))
            try:
                with self._session.conn.transaction(force_rollback=True):
                    for statement in statements.retire_users(alone):
                        self._session.conn.execute(statement)
            except psycopg.errors.DependentObjectsStillExist as exc:
                said = f"{exc.diag.message_primary or exc}\n{exc.diag.message_detail or ''}"
                stuck[user] = stuck_user(user, said, self._session.operator)
        return stuck

    def _retire_all(self, step: Retire) -> None:
        self._session.doing = "dropping users and releasing claims"
        sent = ((composed, None) for composed in statements.retire_users(step))
        released = self._tables.release_claims(step)
        self._session.transact([self._lease.keeping(self._tables), *sent, *released])

    def _write(
        self, write: Write, settings: dict[Setting, LiveSetting], plan: Plan
    ) -> dict[Setting, LiveSetting]:
        """Bring one setting to its next value; return the settings as they are then.

        What it is built on was read right before: after the last step, which waits for its own
        value, or again if that was a while ago.
        """
        for _ in range(WRITE_ATTEMPTS):
            if self._lease.is_old():
                settings = self._looked_at(self._read_settings())
            before = settings[write.setting]
            aim = write.next_value(before)
            if aim == before:
                return settings
            self.written[aim.name] = aim.text
            try:
                shown = self._set(write.setting, aim)
            except psycopg.Error:
                self.written[aim.name] = before.text
                self._release(write.setting, plan.announce)
                raise
            self._expected[write.setting] = aim.text
            settings = self._settings_after(write.setting, before, shown)
            if write.next_value(settings[write.setting]) == settings[write.setting]:
                self._session.written.append(aim.name)
                return settings
        raise ClusterChanged(
            f"somebody keeps writing {settings[write.setting].name} while this stack is writing it",
            hint="Find out who else sets it, then run again; none of their changes was lost.",
        )

    def _release(self, setting: Setting, step: Announce) -> None:
        """Release what was claimed of a setting that the cluster has refused to take.

        Otherwise the claims would keep what was never written, for as long as the stack exists.
        """
        if self._session.conn.broken or self._session.conn.closed:
            return  # whether it was refused is not known
        gone, back = step.undone(setting)
        self._session.leave_transaction()
        try:
            self._session.transact(
                [
                    self._lease.keeping(self._tables),
                    *self._tables.release_claims(gone),
                    *self._tables.announce_claims(back),
                ]
            )
        except (psycopg.Error, LeaseLost) as second:
            self._say(
                f"what this stack claimed of {setting.value} could not be released ({second}): its"
                " next `up` or `destroy` does that"
            )

    def _set(self, setting: Setting, aim: LiveSetting) -> dict[Setting, LiveSetting] | None:
        """Set a setting; return all as they are then, if the same round trip has told that."""
        self._session.doing = f"setting {aim.name}"
        self._session.has_begun = True
        statement, keeping = statements.set_setting(setting, aim), self._lease.keeping(self._tables)
        for attempt in retrying():
            with attempt:
                sent_s = time.monotonic()
                try:
                    rows = self._session.run_then(statement, [keeping], SETTINGS)
                except psycopg.Error as exc:
                    if "timed out waiting to read new value" not in str(exc):
                        raise  # otherwise the row was written: the next read decides
                    rows = None
        if rows is None:
            return None
        self._lease.renewed(sent_s)
        return live_settings(listed_settings(rows))

    def _settings_after(
        self, setting: Setting, before: LiveSetting, shown: dict[Setting, LiveSetting] | None
    ) -> dict[Setting, LiveSetting]:
        """Read until the setting no longer shows its old value, as it may have already."""
        if shown and shown[setting] != before:
            return self._looked_at(shown)
        self._session.doing = f"waiting for the new value of {before.name}"
        waiting = Retrying(
            retry=retry_if_result(lambda live: live[setting] == before),
            stop=stop_after_delay(VISIBLE_WITHIN_S),
            wait=wait_exponential(multiplier=0.05, max=1),
        )
        try:
            return self._looked_at(waiting(self._read_settings))
        except RetryError:
            raise self._session.refused(
                f"{before.name} was written, but this node still shows the old value after"
                f" {VISIBLE_WITHIN_S:.0f} s",
                hint="Check the health of the cluster (settings travel by rangefeed), then run"
                " again.",
            ) from None

    def _read_settings(self) -> dict[Setting, LiveSetting]:
        """Renew the lease, then read: the next write relies on both."""
        sent_s = time.monotonic()
        (rows,) = self._session.transact([self._lease.keeping(self._tables)], ask=[SETTINGS])
        self._lease.renewed(sent_s)
        return live_settings(listed_settings(rows))

    def _looked_at(self, settings: dict[Setting, LiveSetting]) -> dict[Setting, LiveSetting]:
        """Report what somebody has written outside any turn since the last look."""
        for setting, live in settings.items():
            if self._expected.setdefault(setting, live.text) != live.text:
                self._say(f"somebody else has set {live.name} meanwhile: their change is kept")
                self._expected[setting] = live.text
        return settings


def rehearse(session: Session, plan: Plan, live: ClusterState) -> None:
    """Do what a plan needs privileges for, and roll it all back.

    Raises:
        psycopg.errors.InsufficientPrivilege: The operator may not.
    """
    session.leave_transaction()
    try:
        with session.conn.transaction(force_rollback=True):
            session.doing = "checking privileges"
            with session.conn.pipeline():
                for statement in statements.announce_users(plan.announce):
                    session.conn.execute(statement)
            for write in plan.all_writes[:1]:
                session.doing = f"checking privileges on {live.settings[write.setting].name}"
                as_it_is = statements.set_setting(write.setting, live.settings[write.setting])
                session.conn.execute(as_it_is)
    except psycopg.errors.InsufficientPrivilege:
        raise
    except psycopg.Error as exc:
        if "multi-statement transaction" not in str(exc):
            raise
