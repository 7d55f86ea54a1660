"""Messages of the PostgreSQL wire protocol, version 3: taking apart and putting together."""

from __future__ import annotations

import asyncio
import re
import struct
from dataclasses import dataclass, field

from dev.emulator.sqlerror import SqlError

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
PROTOCOL_3 = 196608

MAX_STARTUP_BYTES = 10_000
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

_HEADER = struct.Struct("!cI")
_INT32 = struct.Struct("!i")
_LENGTH_BYTES = 4  # a length counts itself
_BUFFER_BYTES = 64 * 1024
_BROKEN = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Message:
    """One message: its type byte and its body, without the length."""

    kind: bytes
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes that go over the wire."""
        return _HEADER.pack(self.kind, len(self.body) + _LENGTH_BYTES) + self.body


class Outgoing:
    """Messages to one side: those that are sent without waiting in between leave in one piece.

    Args:
        writer: Where they go.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._unsent = bytearray()

    async def send(self, *messages: Message) -> None:
        """Write messages; waits only when the other side is slow to read."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self.flush)
        for message in messages:
            self._unsent += message.encode()
        if len(self._unsent) > _BUFFER_BYTES:
            self.flush()
        if self._writer.transport.get_write_buffer_size() > _BUFFER_BYTES:
            await self._writer.drain()

    def flush(self) -> None:
        """Let go what has been sent so far."""
        if self._unsent:
            self._writer.write(bytes(self._unsent))
            self._unsent.clear()


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Read one typed message.

    Raises:
        asyncio.IncompleteReadError: The other side went away.
        SqlError: The announced length is impossible.
    """
    kind, length = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if not _LENGTH_BYTES <= length <= MAX_MESSAGE_BYTES:
        raise SqlError(f"message size {length} is out of bounds", sqlstate="08P01")
    return Message(kind, await reader.readexactly(length - _LENGTH_BYTES))


def text(value: str) -> bytes:
    """Return a zero-terminated string."""
    return value.encode() + b"\0"


def int32(*values: int) -> bytes:
    """Return big-endian 32-bit integers."""
    return b"".join(_INT32.pack(value) for value in values)


def startup(parameters: dict[str, str]) -> bytes:
    """Return the start-up packet of a client, length included."""
    pairs = b"".join(text(key) + text(value) for key, value in parameters.items())
    return int32(len(pairs) + 9, PROTOCOL_3) + pairs + b"\0"


def startup_parameters(body: bytes) -> dict[str, str]:
    """Return the key/value pairs of a start-up packet, given what follows its protocol number.

    Raises:
        SqlError: The pairs are not text.
    """
    try:
        parts = [part.decode() for part in body.split(b"\0")]
    except UnicodeDecodeError as exc:
        raise SqlError("startup parameters are not UTF-8", sqlstate="08P01") from exc
    return {key: value for key, value in zip(parts[::2], parts[1::2], strict=False) if key}


def protocol_offer(parameters: dict[str, str]) -> Message:
    """Return the NegotiateProtocolVersion message that offers version 3.0.

    Args:
        parameters: Those of the start-up packet; none of the protocol's own options are known.
    """
    options = [name for name in parameters if name.startswith("_pq_.")]
    return Message(b"v", int32(PROTOCOL_3, len(options)) + b"".join(map(text, options)))


@dataclass
class Fields:
    """Reads values off the front of a message body."""

    body: bytes
    at: int = 0

    def text(self) -> str:
        """Take a zero-terminated string.

        Raises:
            SqlError: It has no end, or is not UTF-8.
        """
        end = self.body.find(b"\0", self.at)
        if end < 0:
            raise SqlError("string in message has no end", sqlstate="08P01")
        try:
            value = self.body[self.at : end].decode()
        except UnicodeDecodeError as exc:
            raise SqlError("invalid UTF-8 in message", sqlstate="22021") from exc
        self.at = end + 1
        return value

    def escaped_text(self) -> str:
        """Take a zero-terminated string that need not be UTF-8: broken bytes become surrogates.

        Raises:
            SqlError: It has no end.
        """
        end = self.body.find(b"\0", self.at)
        if end < 0:
            raise SqlError("string in message has no end", sqlstate="08P01")
        value = self.body[self.at : end].decode("utf-8", "surrogateescape")
        self.at = end + 1
        return value

    def rest(self) -> bytes:
        """Take everything that is left."""
        return self.body[self.at :]


@dataclass
class Notice:
    """The fields of an ErrorResponse or NoticeResponse, by their one-letter codes."""

    fields: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: bytes) -> Notice:
        """Read the body of an `E` or `N` message."""
        parts = [part.decode() for part in body.split(b"\0") if part]
        return cls({part[0]: part[1:] for part in parts})

    def encode(self) -> bytes:
        """Return the body of an `E` or `N` message.

        What is not text becomes U+FFFD, and a field ends at its first NUL: no client reads on.
        """
        shown = (
            code + _BROKEN.sub("\ufffd", value.partition("\0")[0])
            for code, value in self.fields.items()
        )
        return b"".join(map(text, shown)) + b"\0"


def error_message(error: SqlError) -> Message:
    """Return the ErrorResponse that tells the client about an error."""
    fields = {"S": "ERROR", "V": "ERROR", "C": error.sqlstate, "M": error.message}
    if error.detail is not None:
        fields["D"] = error.detail
    if error.hint is not None:
        fields["H"] = error.hint
    return Message(b"E", Notice(fields).encode())


def parameter_status(name: str, value: str) -> Message:
    """Return a ParameterStatus message."""
    return Message(b"S", text(name) + text(value))


SYNC = Message(b"S")
FLUSH = Message(b"H")


def query(sql: str) -> Message:
    """Return a simple Query message."""
    return Message(b"Q", text(sql))


def parse(name: str, sql: str) -> Message:
    """Return a Parse message that leaves all parameter types open."""
    return Message(b"P", text(name) + text(sql) + b"\0\0")


def bind(portal: str, statement: str, values: list[str | None]) -> Message:
    """Return a Bind message with text parameters and text results."""
    parameters = b"".join(
        int32(-1) if value is None else int32(len(value.encode())) + value.encode()
        for value in values
    )
    count = struct.pack("!h", len(values))
    return Message(b"B", text(portal) + text(statement) + b"\0\0" + count + parameters + b"\0\0")


def execute(portal: str) -> Message:
    """Return an Execute message without a row limit."""
    return Message(b"E", text(portal) + int32(0))
