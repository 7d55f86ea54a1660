"""The connections to PostgreSQL: one for each session, kept for the next."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import TYPE_CHECKING

from dev.emulator.host.postgres import MOST_LEFT
from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.relations import schema_of
from dev.emulator.statements.variables import kept_variables, start_parameter
from dev.emulator.wire.messages import (
    CANCEL_REQUEST,
    MAX_STARTUP_BYTES,
    Message,
    Notice,
    Outgoing,
    int32,
    query,
    read_message,
    startup,
)

if TYPE_CHECKING:
    from dev.emulator.login.authentication import Start
    from dev.emulator.versions import Version

_CLEAR = (
    "CLOSE ALL; DEALLOCATE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DISCARD TEMP;"
    " DISCARD SEQUENCES; SELECT pg_advisory_unlock_all()"
)
_LEAVE = "CALL emulator.leave_session()"  # writes, which the client may have told it not to
_ENTER = "CALL emulator.enter_session()"

_PROCESS_BYTES, _SECRET_BYTES = 4, 4
_CANCEL_BYTES = 16


class Backend:
    """Messages to and from one PostgreSQL session.

    Args:
        asked: The start-up packet: user, database and variables.
        reader: Where PostgreSQL's bytes come from.
        writer: Where ours go.
    """

    def __init__(
        self, asked: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.asked = asked
        self._reader = reader
        self._writer = writer
        self._outgoing = Outgoing(writer)
        self.key = b""
        """What PostgreSQL cancels statements by: its process, and a secret."""
        self.session_key = b""
        """The same for the client; the secret is that of its session alone."""
        self.cancels = 0
        """How many requests to cancel are on their way to PostgreSQL."""
        self.is_idle = False
        """Whether the last thing said was that it is ready, outside a transaction."""

    @classmethod
    async def connect(cls, socket_path: str, asked: bytes) -> Backend:
        """Open a session.

        Args:
            socket_path: PostgreSQL's socket.
            asked: The start-up packet.

        Raises:
            SqlError: PostgreSQL refuses, e.g. an invalid value of a session variable.
        """
        backend = cls(asked, *await asyncio.open_unix_connection(socket_path))
        backend._writer.write(asked)
        while True:
            message = await backend.receive()
            if message.kind == b"E":
                fields = Notice.parse(message.body).fields
                await backend.close()
                raise SqlError(fields["M"], sqlstate=fields["C"])
            if message.kind == b"K":
                backend.key = message.body
            if message.kind == b"Z":
                return backend

    async def send(self, *messages: Message) -> None:
        """Write messages."""
        self.is_idle = False
        await self._outgoing.send(*messages)

    async def receive(self) -> Message:
        """Read the next message."""
        message = await read_message(self._reader)
        self.is_idle = message.kind == b"Z" and message.body == b"I"
        return message

    async def succeeds(self, sql: str) -> bool:
        """Run statements of our own, and return whether all went well."""
        try:
            await self.send(query(sql))
            while (message := await self.receive()).kind not in (b"E", b"Z"):
                continue
        except (asyncio.IncompleteReadError, OSError):
            return False
        return message.kind == b"Z"

    async def close(self) -> None:
        """End the session; an open transaction is rolled back."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # it was gone already


class Backends:
    """PostgreSQL's sessions: one that a client has left serves the next who asks for the same.

    A new one has to read PostgreSQL's catalogs and translate every function of ours again.

    Args:
        socket_path: PostgreSQL's socket.
        version: The version that is imitated.
    """

    def __init__(self, socket_path: str, version: Version) -> None:
        self._socket_path = socket_path
        self._version = version
        self._left: deque[Backend] = deque()
        self._serving: dict[bytes, Backend] = {}

    async def open(self, start: Start) -> Backend:
        """Open the session of a user who has been let in.

        Raises:
            SqlError: PostgreSQL refuses, e.g. an invalid value of a session variable; or what the
                client asked for is longer than PostgreSQL listens to.
        """
        asked = startup(_parameters(start, self._version))
        if len(asked) > MAX_STARTUP_BYTES:
            raise SqlError("invalid length of startup packet", sqlstate="08P01")
        backend = await self._kept(asked) or await Backend.connect(self._socket_path, asked)
        backend.session_key = backend.key[:_PROCESS_BYTES] + secrets.token_bytes(_SECRET_BYTES)
        self._serving[backend.session_key] = backend
        return backend

    async def cancel(self, session_key: bytes) -> None:
        """Cancel what a session is running; a session that has ended is not there any more."""
        backend = self._serving.get(session_key)
        if backend is None:
            return
        backend.cancels += 1
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket_path)
            writer.write(int32(_CANCEL_BYTES, CANCEL_REQUEST) + backend.key)
            await reader.read()  # PostgreSQL closes once it has acted
            writer.close()
            await writer.wait_closed()
        finally:
            backend.cancels -= 1

    async def leave(self, backend: Backend) -> None:
        """End the session of a client; an open transaction is rolled back."""
        del self._serving[backend.session_key]
        clears = backend.is_idle and await backend.succeeds(_CLEAR)
        is_left = clears and await backend.succeeds(_LEAVE)
        if not is_left or backend.cancels:  # one that is late would hit the next session
            await backend.close()
            return
        self._left.append(backend)
        if len(self._left) > MOST_LEFT:
            await self._left.popleft().close()

    async def close(self) -> None:
        """Close the sessions that nobody uses."""
        while self._left:
            await self._left.pop().close()

    async def _kept(self, asked: bytes) -> Backend | None:
        while (backend := self._take(asked)) is not None:
            if await backend.succeeds(_ENTER):
                return backend
            await backend.close()  # its user was dropped, or PostgreSQL ended it
        return None

    def _take(self, asked: bytes) -> Backend | None:
        for backend in self._left:
            if backend.asked == asked:
                self._left.remove(backend)
                return backend
        return None


def _parameters(start: Start, version: Version) -> dict[str, str]:
    """Return the start-up parameters of the PostgreSQL session."""
    kept = kept_variables(version)
    given = (start_parameter(name, value, kept) for name, value in start.variables.items())
    return {
        **dict(parameter for parameter in given if parameter is not None),
        "user": start.user,
        "database": "postgres",
        "client_encoding": "UTF8",
        "search_path": schema_of(start.database),
        "emulator.database": start.database,
    }
