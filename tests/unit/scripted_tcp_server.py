"""A server on loopback that treats each connection as a test says."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Treatment = Callable[[socket.socket], None]


@dataclass
class TcpServer:
    """Where it listens, and the start packet of each connection."""

    port: int
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def tcp_server(*treatments: Treatment) -> Iterator[TcpServer]:
    """Serve one connection after another; the last treatment applies to all that follow."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = TcpServer(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, server, treatments))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, server: TcpServer, treatments: tuple[Treatment, ...]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the listener was shut down
            return
        with client:
            treat = treatments[min(len(server.asked), len(treatments) - 1)]
            server.asked.append(client.recv(4096))
            treat(client)


@contextmanager
def silent_port() -> Iterator[int]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


# treatments


def hang_up(_client: socket.socket) -> None:
    """Close without a word."""


def no_tls(client: socket.socket) -> None:
    client.sendall(b"N")


def broken_tls(client: socket.socket) -> None:
    client.sendall(b"S")
    client.recv(4096)


def wrong_password(client: socket.socket) -> None:
    text = b"SFATAL\0C28P01\0Mpassword authentication failed for user op\0\0"
    client.sendall(b"E" + struct.pack("!i", len(text) + 4) + text)


def welcome(client: socket.socket) -> None:
    """Let the client in, and wait until it leaves."""
    client.sendall(b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I")
    while client.recv(4096):
        pass
