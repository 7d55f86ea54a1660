"""A client's connection: the bytes before TLS, and messages after it."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.emulator.host.certificates import common_name
from dev.emulator.sqlerror import SqlError
from dev.emulator.wire.messages import (
    CANCEL_REQUEST,
    GSS_REQUEST,
    MAX_STARTUP_BYTES,
    SSL_REQUEST,
    Message,
    Outgoing,
    error_message,
    read_message,
)

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Callable

HANDSHAKE_TIMEOUT_S = 30.0
_HEAD = struct.Struct("!iI")  # length and code of a start-up packet


@dataclass(frozen=True)
class Request:
    """The first packet of a client: what it wants, and the rest of the packet."""

    code: int
    body: bytes


class Client:
    """An encrypted connection.

    Args:
        reader: Where the client's bytes come from.
        writer: Where ours go.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._outgoing = Outgoing(writer)
        self.muted = False  # answers are thrown away, for the fault `drop_after`

    @property
    def certificate_user(self) -> str | None:
        """The common name of the client's certificate, or None if it showed none."""
        tls = self._writer.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True)
        return None if certificate is None else common_name(certificate)

    @property
    def address(self) -> str:
        """The IP address the client connects from.

        Raises:
            ConnectionResetError: The client has already gone.
        """
        peer = self._writer.get_extra_info("peername")
        if peer is None:
            raise ConnectionResetError("the client went away while it logged in")
        return str(peer[0])

    async def first_packet(self) -> Request:
        """Read the packet that a connection begins with."""
        return await _packet(self._reader.readexactly)

    async def receive(self) -> Message:
        """Read the next message."""
        return await read_message(self._reader)

    async def send(self, *messages: Message) -> None:
        """Write messages; waits only when the client is slow to read."""
        if not self.muted:
            await self._outgoing.send(*messages)

    def abort(self) -> None:
        """End the connection at once, whatever has gone out."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """End the connection, after what was written has gone out."""
        self._outgoing.flush()
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), HANDSHAKE_TIMEOUT_S)
        except (OSError, asyncio.TimeoutError):
            return  # it was gone already


async def accept(connection: socket.socket, tls: ssl.SSLContext) -> Client | Request:
    """Lead a new connection to TLS.

    Args:
        connection: The accepted socket, not blocking.
        tls: The listener's TLS settings.

    Returns:
        The encrypted connection, or a request to cancel a query, which may come without TLS.

    Raises:
        SqlError: The client wants to go on without TLS; it has been told.
    """
    loop = asyncio.get_running_loop()
    cancelling = await _ask_for_tls(connection)
    if cancelling is not None:
        return cancelling
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, connection, ssl=tls, ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S
    )
    return Client(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def _ask_for_tls(connection: socket.socket) -> Request | None:
    """Read what comes before TLS; None once the client has been told to begin it."""
    loop = asyncio.get_running_loop()

    async def receive(count: int) -> bytes:
        return await _receive_exactly(connection, count)

    while (request := await _packet(receive)).code != SSL_REQUEST:
        if request.code == CANCEL_REQUEST:
            return request
        if request.code != GSS_REQUEST:
            refusal = SqlError(
                "node is running secure mode, SSL connection required", sqlstate="08P01"
            )
            await loop.sock_sendall(connection, error_message(refusal).encode())
            raise refusal
        await loop.sock_sendall(connection, b"N")
    await loop.sock_sendall(connection, b"S")
    return None


async def _receive_exactly(connection: socket.socket, count: int) -> bytes:
    loop = asyncio.get_running_loop()
    received = b""
    while len(received) < count:
        more = await loop.sock_recv(connection, count - len(received))
        if not more:
            raise asyncio.IncompleteReadError(received, count)
        received += more
    return received


async def _packet(receive: Callable[[int], Awaitable[bytes]]) -> Request:
    length, code = _HEAD.unpack(await receive(_HEAD.size))
    if not _HEAD.size <= length <= MAX_STARTUP_BYTES:
        raise SqlError("invalid length of startup packet", sqlstate="08P01")
    return Request(code, await receive(length - _HEAD.size))
