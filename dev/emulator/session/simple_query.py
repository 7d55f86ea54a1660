"""The simple query protocol: one string, any number of statements, one implicit transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.session.faults import SETTING_MARKS
from dev.emulator.session.relay import Dropped
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import literal
from dev.emulator.statements.reader import plans
from dev.emulator.wire.messages import Fields, Message, query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dev.emulator.session.relay import Relay
    from dev.emulator.statements.plan import Plan


class SimpleQueries:
    """Runs the strings of a session.

    Args:
        relay: The session.
    """

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def run(self, message: Message) -> None:
        """Run a string, and answer up to ReadyForQuery.

        Raises:
            Dropped: A fault broke the connection.
        """
        try:
            found = plans(Fields(message.body).text(), self._relay.dialect)
            if len(found) == 1:
                await self._run_one(found[0])
            else:
                await self._run_batch(found)
        except SqlError as exc:
            arguments = (exc.sqlstate, exc.message, exc.detail, exc.hint)
            failing = f"CALL emulator.fail({', '.join(map(literal, arguments))})"
            await self._relay.client.send(*await self._answers(failing, ()))

    async def _run_one(self, plan: Plan) -> None:
        hit = await self._relay.meet_faults(plan)
        if self._relay.must_commit_before(plan):
            await self._quietly("COMMIT")
            await self._relay.tell_committed()
        await self._relay.check_block(plan)
        marks = {fault.kind: fault.message for fault in hit if fault.kind in SETTING_MARKS}
        self._relay.client.muted = any(fault.kind == "drop_after" for fault in hit)
        await self._mark(marks)
        held = await self._answers(plan.sql, (plan,))
        await self._mark(dict.fromkeys(marks, ""))
        if plan.write is not None and len(held) > 1:
            await self._relay.write_setting(plan)
        if self._relay.client.muted:
            raise Dropped
        await self._relay.client.send(*held)

    async def _run_batch(self, found: Sequence[Plan]) -> None:
        """Run several statements, all or none of them: a fault in one is a fault in all."""
        marks: dict[str, str] = {}
        for plan in found:
            hit = await self._relay.meet_faults(plan)
            drops = any(fault.kind == "drop_after" for fault in hit)
            if drops and plan is not found[-1]:
                raise Dropped
            self._relay.client.muted = drops
            marks |= {f.kind: f.message for f in hit if f.kind in SETTING_MARKS}
        await self._mark(marks)
        batch = "; ".join(plan.batch_sql or plan.sql for plan in found)
        held = await self._answers(batch, found)
        await self._mark(dict.fromkeys(marks, ""))
        if self._relay.client.muted:
            raise Dropped
        await self._relay.client.send(*held)

    async def _answers(self, sql: str, found: Sequence[Plan]) -> list[Message]:
        """Run SQL and pass on the answers, except those that must wait.

        Returns:
            ReadyForQuery, and in front of it the completion of a statement whose setting is still
            to be written.
        """
        relay = self._relay
        await relay.backend.send(query(sql))
        held: list[Message] = []
        remaining = list(found)
        while True:
            message = await relay.backend.receive()
            plan = remaining[0] if remaining else None
            told = relay.answer(message, plan)
            if message.kind == b"C" and remaining:
                remaining.pop(0)
            if message.kind == b"Z":
                return [*held, message]
            if told is not None and message.kind == b"C" and plan is not None and plan.write:
                held.append(told)
            elif told is not None:
                await relay.client.send(told)

    async def _mark(self, marks: dict[str, str]) -> None:
        """Tell the functions behind SHOW which settings to show differently."""
        for kind, pattern in marks.items():
            name = literal(f"emulator.{kind}")
            await self._quietly(f"SELECT set_config({name}, {literal(pattern)}, false)")

    async def _quietly(self, sql: str) -> None:
        """Run SQL of our own, without the client noticing."""
        await self._relay.backend.send(query(sql))
        while (await self._relay.backend.receive()).kind != b"Z":
            continue
