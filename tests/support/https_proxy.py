"""An HTTPS proxy on loopback that connects every client to one port, whatever it asks for."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """A running proxy: its URL, and the `host:port` that it was asked for, in order."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """Connect every client to a port on loopback, whatever host it asks for."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, proxy, port))
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, proxy: Proxy, port: int) -> None:
    relays = []
    with suppress(OSError):  # the listener was shut down
        while True:
            client, _ = listener.accept()
            relays.append(threading.Thread(target=_relay, args=(client, proxy, port)))
            relays[-1].start()
    for relay in relays:
        relay.join()


def _relay(client: socket.socket, proxy: Proxy, port: int) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        proxy.asked.append(head.split()[1].decode())
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_copy, args=(server, client))
        back.start()
        _copy(client, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # one side went away
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
