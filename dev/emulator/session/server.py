"""The front end: accepts connections, lets users in, and relays their sessions."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dev.emulator.login.authentication import authenticate, read_start
from dev.emulator.session.extended_query import ExtendedQueries
from dev.emulator.session.faults import CONNECT, LOGIN, Faults
from dev.emulator.session.relay import Dropped, Relay
from dev.emulator.session.simple_query import SimpleQueries
from dev.emulator.sqlerror import SqlError
from dev.emulator.wire.client import HANDSHAKE_TIMEOUT_S, Client, Request, accept
from dev.emulator.wire.messages import (
    CANCEL_REQUEST,
    PROTOCOL_3,
    Message,
    error_message,
    int32,
    parameter_status,
    protocol_offer,
    startup_parameters,
)

if TYPE_CHECKING:
    import ssl

    from dev.emulator.login.authentication import Start
    from dev.emulator.login.store import Store
    from dev.emulator.session.backend import Backend, Backends

BACKLOG = 128
LOGIN_OK = Message(b"R", int32(0))
READY = Message(b"Z", b"I")
# What ends a connection without anything going wrong here.
_GONE = (asyncio.IncompleteReadError, OSError, asyncio.TimeoutError, Dropped)


@dataclass(frozen=True)
class Front:
    """Everything a connection needs.

    Attributes:
        tls: The listener's TLS settings.
        backends: PostgreSQL's sessions.
        store: Accounts and settings.
        faults: What tests want to go wrong.
        turn: Held by the login whose token is being judged.
    """

    tls: ssl.SSLContext
    backends: Backends
    store: Store
    faults: Faults
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def serve(self, listener: socket.socket) -> None:
        """Accept connections until cancelled; their sessions end then as well."""
        loop = asyncio.get_running_loop()
        sessions: set[asyncio.Task[None]] = set()
        try:
            while True:
                connection, _ = await loop.sock_accept(listener)
                connection.setblocking(False)  # noqa: FBT003 - the name says it
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                task = asyncio.create_task(self._connection(connection))
                sessions.add(task)
                task.add_done_callback(sessions.discard)
        finally:
            for task in sessions:
                task.cancel()
            await asyncio.gather(*sessions, return_exceptions=True)

    async def _connection(self, connection: socket.socket) -> None:
        """Serve one connection from its first byte to its last."""
        with connection:
            try:
                client = await asyncio.wait_for(accept(connection, self.tls), HANDSHAKE_TIMEOUT_S)
                if isinstance(client, Request):
                    await self.backends.cancel(client.body)
                    return
            except SqlError:
                return  # the client has been told
            except _GONE:
                return
            try:
                await self._session(client)
            except _GONE:
                return
            except asyncio.CancelledError:
                client.abort()  # the cluster ends: it waits for nobody's farewell
                raise
            finally:
                await client.close()

    async def _session(self, client: Client) -> None:
        try:
            start = await self._let_in(client)
            if start is None:
                return
            backend = await self.backends.open(start)
        except SqlError as exc:
            await client.send(error_message(exc))
            return
        try:
            await self._greet(client, backend, start)
            await self._relay(client, backend, start)
        except SqlError as exc:
            await client.send(error_message(exc))
        finally:
            await self.backends.leave(backend)

    async def _let_in(self, client: Client) -> Start | None:
        """Let a client in who may have a session; None if it asks for something else."""
        request = await asyncio.wait_for(client.first_packet(), HANDSHAKE_TIMEOUT_S)
        if request.code == CANCEL_REQUEST:
            await self.backends.cancel(request.body)
            return None
        is_newer = request.code >> 16 == PROTOCOL_3 >> 16 and request.code != PROTOCOL_3
        if request.code != PROTOCOL_3 and not (is_newer and self.store.version.negotiates_protocol):
            raise SqlError(f"unknown protocol version {request.code}", sqlstate="08P01")
        parameters = startup_parameters(request.body)
        if is_newer:
            await client.send(protocol_offer(parameters))
        start = read_start(parameters)
        await self._meet_faults(f"{CONNECT} {start.user}")
        dropped_after = await self._meet_faults(f"{LOGIN} {start.user}")
        await authenticate(client, start, self.store, self.turn)
        await self.store.note_login(start.user)
        if dropped_after:
            raise Dropped
        return start

    async def _meet_faults(self, what: str) -> bool:
        """Act on the faults that hit a step of logging in; True means drop after it."""
        hit = self.faults.hits(what)
        for fault in hit:
            if fault.kind == "delay":
                await asyncio.sleep(fault.ms / 1000)
            elif fault.kind == "hold":
                await self.faults.change()
            elif fault.kind == "error":
                raise SqlError(fault.message, sqlstate=fault.sqlstate)
            elif fault.kind == "drop_before":
                raise Dropped
        return any(fault.kind == "drop_after" for fault in hit)

    async def _greet(self, client: Client, backend: Backend, start: Start) -> None:
        told = {
            "server_version": "13.0.0",
            "server_encoding": "UTF8",
            "client_encoding": "UTF8",
            "DateStyle": "ISO, MDY",
            "IntervalStyle": "postgres",
            "TimeZone": "UTC",
            "integer_datetimes": "on",
            "standard_conforming_strings": "on",
            "application_name": start.variables.get("application_name", ""),
            "session_authorization": start.user,
            "crdb_version": self.store.version.build,
        }
        statuses = [parameter_status(name, value) for name, value in told.items()]
        await client.send(LOGIN_OK, *statuses, Message(b"K", backend.session_key), READY)

    async def _relay(self, client: Client, backend: Backend, start: Start) -> None:
        relay = Relay(client, backend, start.user, self.store, self.faults)
        for name, value in start.variables.items():
            relay.follow_variable(name, value)
        simple, extended = SimpleQueries(relay), ExtendedQueries(relay)
        while (message := await client.receive()).kind != b"X":
            if message.kind == b"Q":
                await simple.run(message)
            else:
                await extended.run(message)


def listen(port: int) -> socket.socket:
    """Return a listening socket on the loopback interface.

    Args:
        port: A port, or 0 for a free one.

    Raises:
        OSError: The port is not available; the message names it.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    except OSError as exc:
        raise OSError(f"cannot listen on 127.0.0.1:{port}: {exc.strerror}") from exc
    listener.setblocking(False)  # noqa: FBT003 - the name says it
    return listener
