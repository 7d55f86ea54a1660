"""A session's own connection to PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.relations import schema_of
from dev.emulator.statements.variables import kept_variables, start_parameter
from dev.emulator.wire.messages import (
    MAX_STARTUP_BYTES,
    Message,
    Notice,
    Outgoing,
    read_message,
    startup,
)

if TYPE_CHECKING:
    from dev.emulator.login.authentication import Start
    from dev.emulator.versions import Version


class Backend:
    """Messages to and from one PostgreSQL session.

    Args:
        reader: Where PostgreSQL's bytes come from.
        writer: Where ours go.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._outgoing = Outgoing(writer)
        self.key = Message(b"K")

    @classmethod
    async def connect(cls, socket_path: str, start: Start, version: Version) -> Backend:
        """Open the session of a user who has been let in.

        Raises:
            SqlError: PostgreSQL refuses, e.g. an invalid value of a session variable; or what the
                client asked for is longer than PostgreSQL listens to.
        """
        asked = startup(_parameters(start, version))
        if len(asked) > MAX_STARTUP_BYTES:
            raise SqlError("invalid length of startup packet", sqlstate="08P01")
        backend = cls(*await asyncio.open_unix_connection(socket_path))
        backend._writer.write(asked)
        while True:
            message = await backend.receive()
            if message.kind == b"E":
                fields = Notice.parse(message.body).fields
                await backend.close()
                raise SqlError(fields["M"], sqlstate=fields["C"])
            if message.kind == b"K":
                backend.key = message
            if message.kind == b"Z":
                return backend

    async def send(self, *messages: Message) -> None:
        """Write messages."""
        await self._outgoing.send(*messages)

    async def receive(self) -> Message:
        """Read the next message."""
        return await read_message(self._reader)

    async def close(self) -> None:
        """End the session; an open transaction is rolled back."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # it was gone already


async def cancel(socket_path: str, request: bytes) -> None:
    """Pass a request to cancel on to PostgreSQL, which knows the key.

    Args:
        socket_path: PostgreSQL's socket.
        request: The whole packet.
    """
    reader, writer = await asyncio.open_unix_connection(socket_path)
    writer.write(request)
    await reader.read()  # PostgreSQL closes once it has acted
    writer.close()
    await writer.wait_closed()


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
