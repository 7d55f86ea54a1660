"""One login attempt, spoken by hand: shows what libpq hides.

libpq reports a refused login as one text without SQLSTATE, and it cannot send an empty password or
a start-up parameter of its own. So the tests that compare refusals field by field use this client.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

PROTOCOL_3_0 = 196608
PROTOCOL_3_2 = 196610
SSL_REQUEST = 80877103
CLEARTEXT_PASSWORD = 3
AUTHENTICATION_OK = 0
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a cluster listens, and how its certificate is checked."""

    host: str
    port: int
    tls: ssl.SSLContext = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """How the server ended one login attempt."""

    admitted: bool
    asked: int | None
    """Code of the authentication request, if one came; 3 asks for a cleartext password."""
    fields: Mapping[str, str]
    """ErrorResponse fields by their letter; empty when admitted."""
    closed: bool = False
    """Whether the server closed the connection after its error."""
    offered: int | None = None
    """The version of the protocol that the server offered instead of the one asked for."""

    @property
    def message(self) -> str | None:
        return self.fields.get("M")

    @property
    def detail(self) -> str | None:
        return self.fields.get("D")

    @property
    def hint(self) -> str | None:
        return self.fields.get("H")

    @property
    def sqlstate(self) -> str | None:
        return self.fields.get("C")

    @property
    def severity(self) -> str | None:
        return self.fields.get("S")


def knock(
    address: Address,
    parameters: Mapping[str, str],
    password: str | bytes,
    *,
    tls: bool = True,
    protocol: int = PROTOCOL_3_0,
) -> Answer:
    """Send one start-up message, answer a cleartext password request, and tell how it ended.

    Args:
        address: Where to connect.
        parameters: Start-up parameters: `user`, `database`, `options`, ...
        password: Sent as it is, also when empty.
        tls: False speaks in clear text, as a client with `sslmode=disable` does.
        protocol: The version of the protocol that is asked for.

    Raises:
        OSError: No connection, or no answer within 20 seconds.
    """
    with socket.create_connection((address.host, address.port), timeout=TIMEOUT_S) as plain:
        if not tls:
            return _attempt(plain, parameters, password, protocol)
        plain.sendall(struct.pack("!ii", 8, SSL_REQUEST))
        assert plain.recv(1) == b"S", "the server does not speak TLS"
        with address.tls.wrap_socket(plain, server_hostname=address.host) as secure:
            return _attempt(secure, parameters, password, protocol)


def _attempt(
    stream: socket.socket, parameters: Mapping[str, str], password: str | bytes, protocol: int
) -> Answer:
    pairs = b"".join(part.encode() + b"\0" for pair in parameters.items() for part in pair)
    stream.sendall(struct.pack("!ii", len(pairs) + 9, protocol) + pairs + b"\0")
    asked: int | None = None
    offered: int | None = None
    while True:
        kind, body = _message(stream)
        if kind == b"E":
            fields, closed = _fields(body), _closed(stream)
            return Answer(
                admitted=False, asked=asked, fields=fields, closed=closed, offered=offered
            )
        if kind == b"v":
            (offered,) = struct.unpack("!i", body[:4])
        if kind != b"R":
            continue  # notices may come before the verdict
        (code,) = struct.unpack("!i", body[:4])
        if code == AUTHENTICATION_OK:
            return Answer(admitted=True, asked=asked, fields={}, offered=offered)
        if code != CLEARTEXT_PASSWORD:  # SCRAM, say: an ordinary login, which is left to psycopg
            return Answer(admitted=False, asked=code, fields={})
        asked = code
        secret = (password.encode() if isinstance(password, str) else password) + b"\0"
        stream.sendall(b"p" + struct.pack("!i", len(secret) + 4) + secret)


def _message(stream: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(stream, 5)
    (length,) = struct.unpack("!i", head[1:])
    return head[:1], _exactly(stream, length - 4)


def _exactly(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise ConnectionError("the server closed the connection without an answer")
        data += piece
    return data


def _fields(body: bytes) -> dict[str, str]:
    parts = [part.decode() for part in body.split(b"\0") if part]
    return {part[0]: part[1:] for part in parts}


def _closed(stream: socket.socket) -> bool:
    try:
        return stream.recv(1) == b""
    except ConnectionResetError:
        return True
