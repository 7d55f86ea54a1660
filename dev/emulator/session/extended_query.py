"""The extended query protocol: prepared statements, portals, and pipelines of them.

Messages go on to PostgreSQL as they come; answers are fetched when the client asks for them, when
many are due, or when a statement needs its outcome known before the next one may run.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from dev.emulator.session.faults import SETTING_MARKS
from dev.emulator.session.relay import Dropped
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import Plan, syntax_error
from dev.emulator.statements.reader import plans
from dev.emulator.wire.messages import FLUSH, SYNC, Fields, Message, bind, execute, parse, text

if TYPE_CHECKING:
    from dev.emulator.session.faults import Fault
    from dev.emulator.session.relay import Relay

MANY_DUE = 64
_COPY_DATA = (b"d", b"c", b"f")  # ignored: sent before the client reads that COPY is refused
_LAST_ANSWERS = b"123TnCIs"  # the answer to each message sent ends with exactly one of these
_HIDDEN = "emulator {}"  # prepared statements and portals that are not the client's
_FAIL = "CALL emulator.fail($1, $2, $3, $4)"
_MARK = "SELECT set_config($1, $2, false)"
_EMPTY = Plan("", "")


class ExtendedQueries:
    """Runs the prepared statements of a session.

    Args:
        relay: The session.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._statements: dict[str, Plan] = {}
        self._portals: dict[str, Plan] = {}
        self._due: deque[Plan | None] = deque()
        self._failed = False  # until Sync, everything is ignored
        self._held: Message | None = None

    async def run(self, message: Message) -> None:
        """Act on one message.

        Raises:
            Dropped: A fault broke the connection.
        """
        if message.kind in _COPY_DATA:
            return
        if message.kind == b"S":
            await self._sync()
        elif not self._failed:
            try:
                await self._act(message)
            except SqlError as exc:
                await self._fail(exc)

    async def _act(self, message: Message) -> None:
        if message.kind == b"H":
            await self._fetch()
            return
        if message.kind == b"E":
            await self._execute(message)
            return
        plan: Plan | None = None
        if message.kind == b"P":
            message, plan = self._parsed(message)
        elif message.kind == b"B":
            plan = self._bound(message)
        elif message.kind not in (b"D", b"C"):
            raise SqlError(f"unsupported message {message.kind!r}", sqlstate="08P01")
        if plan is not None and self._relay.must_commit_before(plan):
            await self._commit()
        if self._failed:
            return
        await self._relay.backend.send(message)
        self._due.append(plan)

    def _parsed(self, message: Message) -> tuple[Message, Plan]:
        """Remember a statement, and return it with the SQL that PostgreSQL runs."""
        fields = Fields(message.body)
        name = fields.text()
        found = plans(fields.text(), self._relay.dialect)
        if len(found) > 1:
            raise syntax_error(found[1].source.split()[0])
        plan = found[0] if found else _EMPTY
        self._statements[name] = plan
        return Message(b"P", text(name) + text(plan.sql) + fields.rest()), plan

    def _bound(self, message: Message) -> Plan | None:
        fields = Fields(message.body)
        portal, statement = fields.text(), fields.text()
        plan = self._statements.get(statement)
        if plan is not None:
            self._portals[portal] = plan
        return plan

    async def _execute(self, message: Message) -> None:
        plan = self._portals.get(Fields(message.body).text(), _EMPTY)
        hit = await self._relay.meet_faults(plan)
        if not hit and plan.write is None and plan.wants_transaction is None:
            await self._forward(message, plan)
            if len(self._due) >= MANY_DUE:
                await self._fetch()
            return
        await self._fetch()
        if self._failed:
            return
        await self._relay.check_block(plan)
        self._relay.client.muted = any(fault.kind == "drop_after" for fault in hit)
        await self._execute_marked(message, plan, hit)
        if self._relay.client.muted:
            if not self._relay.in_block:
                await self._sync()
            raise Dropped

    async def _execute_marked(self, message: Message, plan: Plan, hit: list[Fault]) -> None:
        marks = {fault.kind: fault.message for fault in hit if fault.kind in SETTING_MARKS}
        for kind, pattern in marks.items():
            await self._mark(kind, pattern)
        await self._forward(message, plan)
        await self._fetch()
        for kind in marks:
            await self._mark(kind, "")
        if self._held is not None:
            held, self._held = self._held, None
            await self._relay.write_setting(plan)
            await self._relay.client.send(held)

    async def _forward(self, message: Message, plan: Plan) -> None:
        await self._relay.backend.send(message)
        self._due.append(plan)

    async def _fetch(self) -> None:
        """Pass on the answers that are due, up to the first error."""
        if not self._due:
            return
        await self._relay.backend.send(FLUSH)
        while self._due and not self._failed:
            await self._pass_on(await self._relay.backend.receive())

    async def _pass_on(self, message: Message) -> None:
        plan = self._due[0] if self._due else None
        told = self._relay.answer(message, plan)
        if message.kind in _LAST_ANSWERS and self._due:
            self._due.popleft()
        if message.kind == b"E":
            self._due.clear()
            self._failed = True
        if told is None:
            return
        if message.kind == b"C" and plan is not None and plan.write is not None:
            self._held = told
        else:
            await self._relay.client.send(told)

    async def _sync(self) -> None:
        await self._relay.backend.send(SYNC)
        while True:
            message = await self._relay.backend.receive()
            await self._pass_on(message)
            if message.kind == b"Z":
                break
        self._failed = False
        if not self._relay.in_block:
            self._portals.clear()

    async def _fail(self, error: SqlError) -> None:
        """Make PostgreSQL fail with an error, so that both agree on what is rolled back."""
        await self._fetch()
        if self._failed:
            return
        values = [error.sqlstate, error.message, error.detail, error.hint]
        for message in await self._run_hidden("fail", _FAIL, values):
            if message.kind == b"E":
                told = self._relay.answer(message, None)
                if told is not None:
                    await self._relay.client.send(told)

    async def _commit(self) -> None:
        """Commit the transaction block, before a statement that must not run inside it."""
        await self._fetch()
        if not self._failed:
            await self._run_hidden("commit", "COMMIT", [])
            await self._relay.tell_committed()

    async def _mark(self, kind: str, pattern: str) -> None:
        """Tell the functions behind SHOW which settings to show differently."""
        if not self._failed:
            await self._run_hidden("mark", _MARK, [f"emulator.{kind}", pattern])

    async def _run_hidden(self, name: str, sql: str, values: list[str | None]) -> list[Message]:
        """Run a statement of our own between those of the client, and return the answers."""
        hidden = _HIDDEN.format(name)
        close = Message(b"C", b"S" + text(hidden))  # one that failed is still there
        steps = (parse(hidden, sql), bind(hidden, hidden, values), execute(hidden))
        close_portal = Message(b"C", b"P" + text(hidden))
        await self._relay.backend.send(close, *steps, close_portal, FLUSH)
        answers: list[Message] = []
        while [message.kind for message in answers].count(b"3") < 2:  # noqa: PLR2004 - both closed
            answers.append(await self._relay.backend.receive())
            if answers[-1].kind == b"E":
                self._failed = True
                break
        return answers
