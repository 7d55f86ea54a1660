"""What both query protocols share: the two ends of a session, and its state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dev.emulator.session.error_translation import translate
from dev.emulator.setting_texts.stored_texts import stored_text
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.dialect import session_dialect
from dev.emulator.statements.variables import kept_value, kept_variables
from dev.emulator.versions import AUTOCOMMIT
from dev.emulator.wire.messages import Message, Notice, text

if TYPE_CHECKING:
    from dev.emulator.login.store import Store
    from dev.emulator.session.backend import Backend
    from dev.emulator.session.faults import Fault, Faults
    from dev.emulator.statements.dialect import Dialect
    from dev.emulator.statements.plan import Plan
    from dev.emulator.wire.client import Client

OFFERED = "EM000"  # SQLSTATE of the notice by which emulator.offer_setting hands over a value
# Parameters that clients follow and that PostgreSQL may change during a session.
_FOLLOWED = ("application_name", "DateStyle", "IntervalStyle", "TimeZone")
_NO_BLOCK = "there is no transaction in progress"
_COMMITTED = (
    "auto-committing transaction before processing DDL due to autocommit_before_ddl setting"
)


class Dropped(Exception):
    """A fault asked for this connection to break."""


class Relay:
    """A session between a client and PostgreSQL.

    Args:
        client: The client's end.
        backend: PostgreSQL's end.
        user: The SQL user.
        store: Writes cluster settings.
        faults: What tests have go wrong.
    """

    def __init__(
        self, client: Client, backend: Backend, user: str, store: Store, faults: Faults
    ) -> None:
        self.client = client
        self.backend = backend
        self.in_block = False  # between BEGIN and its end, failed or not
        self._block_failed = False
        self._variables: dict[str, str] = {}
        self._user = user
        self._store = store
        self._faults = faults
        self._offered = ""

    @property
    def dialect(self) -> Dialect:
        """The SQL of the session, as it is now."""
        opened = self._store.internals_opened
        return session_dialect(self._store.version, self._variables, internals_opened=opened)

    async def meet_faults(self, plan: Plan) -> list[Fault]:
        """Return the faults that hit a statement, after acting on those that come before it.

        Raises:
            Dropped: The connection is to break now.
            SqlError: The statement is to fail now.
        """
        hit = self._faults.hits(plan.source)
        for fault in hit:
            if fault.kind == "delay":
                await asyncio.sleep(fault.ms / 1000)
            elif fault.kind == "hold":
                await self._faults.change()
        if any(fault.kind == "drop_before" for fault in hit):
            raise Dropped
        for fault in hit:
            if fault.kind == "error":
                raise SqlError(fault.message, sqlstate=fault.sqlstate)
        return hit

    def must_commit_before(self, plan: Plan) -> bool:
        """Return whether a statement commits the transaction block that it comes in."""
        open_block = self.in_block and not self._block_failed
        return plan.changes_schema and open_block and self._autocommits()

    async def tell_committed(self) -> None:
        """Tell the client that its transaction block is over."""
        self.in_block = False
        await self.client.send(_told("NOTICE", "00000", _COMMITTED))

    async def check_block(self, plan: Plan) -> None:
        """Refuse BEGIN inside a transaction block, and the end of one outside.

        Raises:
            SqlError: The statement does not fit the state of the session.
        """
        if plan.wants_transaction is True and not self.in_block:
            if not self._autocommits():
                raise SqlError(_NO_BLOCK, sqlstate="25P01")
            await self.client.send(_told("WARNING", "25P01", _NO_BLOCK))
        if plan.wants_transaction is False and self.in_block:
            raise SqlError("there is already a transaction in progress", sqlstate="25001")

    def answer(self, message: Message, plan: Plan | None) -> Message | None:
        """Return what the client gets for a message of PostgreSQL; None for nothing.

        Args:
            message: PostgreSQL's.
            plan: The statement it is about, where it is about one.
        """
        if message.kind == b"C" and plan is not None:
            self._follow(plan)
            return Message(b"C", text(plan.answered_tag(message.body[:-1].decode())))
        if message.kind == b"E":
            privilege = "" if plan is None else plan.privilege
            catalogs = plan is not None and plan.reads_catalogs
            notice = Notice.parse(message.body)
            told = translate(notice, self._user, privilege, catalogs=catalogs)
            return Message(b"E", told.encode())
        if message.kind == b"N":
            return self._notice(Notice.parse(message.body))
        if message.kind == b"S" and not message.body.startswith(
            tuple(text(name) for name in _FOLLOWED)
        ):
            return None
        if message.kind == b"Z":
            self.in_block = message.body != b"I"
            self._block_failed = message.body == b"E"
        return message

    async def write_setting(self, plan: Plan) -> None:
        """Store the value that PostgreSQL has evaluated for SET CLUSTER SETTING.

        Raises:
            SqlError: This is a transaction, the value is not valid, or it was not visible in time.
        """
        if plan.write is None:
            return
        if self.in_block:
            raise SqlError(
                "SET CLUSTER SETTING cannot be used inside a multi-statement transaction"
            )
        value = None
        if not plan.write.reset:
            value = stored_text(self.dialect.settings.by_name[plan.write.name], self._offered)
        await self._store.write_setting(plan.write.name, value)

    def follow_variable(self, name: str, value: str) -> None:
        """Note the new value of a session variable, if it is one of CockroachDB's own."""
        kept = kept_variables(self._store.version)
        if name in kept:
            self._variables[name] = kept_value(name, value, kept)

    def _autocommits(self) -> bool:
        default = self._store.version.variables.get(AUTOCOMMIT, "off")
        return self._variables.get(AUTOCOMMIT, default) == "on"

    def _follow(self, plan: Plan) -> None:
        if plan.sql.startswith("BEGIN"):
            self.in_block = True
        elif plan.sql in ("COMMIT", "ROLLBACK"):
            self.in_block = False
        elif plan.variable is not None:
            self.follow_variable(*plan.variable)

    def _notice(self, notice: Notice) -> Message | None:
        """Pass on what our own functions say, as a NOTICE; PostgreSQL's own remarks are dropped."""
        fields = notice.fields
        if fields.get("C") == OFFERED:
            self._offered = fields.get("M", "")
            return None
        if fields.get("V") != "INFO":
            return None
        return _told("NOTICE", "00000", fields["M"])


def _told(severity: str, sqlstate: str, message: str) -> Message:
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": message}
    return Message(b"N", Notice(fields).encode())
