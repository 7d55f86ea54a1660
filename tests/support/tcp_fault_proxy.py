"""A TCP proxy that acts on a client, or on its server, at a chosen round trip."""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 1 << 16
PATIENCE_S = 20.0

QUIET_S = 0.3
"""A pipeline is answered bit by bit: all of it has run once nothing has come for so long."""


@dataclass
class TcpFaultProxy:
    """A running proxy: where it connects to, and when it acts.

    Attributes:
        target: Port on loopback to forward to.
        at: At which round trip, counted from 1 over all connections.
        act: What to do then, while the request is held back.
        after: Whether to act when the answer is there, and hold that back instead.
    """

    target: int
    at: int
    act: Callable[[], None]
    after: bool = False
    port: int = 0
    round_trips: int = 0
    sprung: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    pumps: list[threading.Thread] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        """Forward every connection until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:  # nobody listens: as if there were no proxy
                    client.close()
                    continue
                link = _Link(self, client, server)
                pumps = [threading.Thread(target=p, daemon=True) for p in (link.ask, link.answer)]
                self.pumps.extend(pumps)
                for pump in pumps:
                    pump.start()

    def until_idle(self) -> None:
        """Wait until all connections are over, and what was to be done at one has been done."""
        latest = time.monotonic() + PATIENCE_S
        for pump in self.pumps:
            while pump.ident is None:  # it is about to be started
                time.sleep(0.001)
            pump.join(max(0.0, latest - time.monotonic()))

    def spring(self) -> None:
        """Act, once."""
        if not self.sprung.is_set():
            self.sprung.set()
            self.act()


@dataclass
class _Link:
    """One connection: its next request begins once the last one is answered."""

    proxy: TcpFaultProxy
    client: socket.socket
    server: socket.socket
    answered: bool = True
    number: int = 0

    def ask(self) -> None:
        """Pass on what the client sends."""
        with suppress(OSError):
            while chunk := self.client.recv(_CHUNK):
                if self.answered:
                    self.answered = False
                    self.proxy.round_trips += 1
                    self.number = self.proxy.round_trips
                    if self.number == self.proxy.at and not self.proxy.after:
                        self.proxy.spring()
                        break
                self.server.sendall(chunk)
        self._close()

    def answer(self) -> None:
        """Pass on what the server sends."""
        with suppress(OSError, ValueError):  # select names a socket that the other pump has closed
            while chunk := self.server.recv(_CHUNK):
                if self.number == self.proxy.at and self.proxy.after:
                    chunk += self._rest()
                    if not self.proxy.over.is_set():
                        self.proxy.spring()
                self.answered = True
                self.client.sendall(chunk)
        self._close()

    def _rest(self) -> bytes:
        """Return what else the server says until it is quiet."""
        rest = b""
        while select.select([self.server], [], [], QUIET_S)[0]:
            chunk = self.server.recv(_CHUNK)
            if not chunk:
                break
            rest += chunk
        return rest

    def _close(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def tcp_fault_proxy(
    target: int, at: int, act: Callable[[], None], *, after: bool = False
) -> Iterator[TcpFaultProxy]:
    """Run such a proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = TcpFaultProxy(target, at, act, after, listener.getsockname()[1])
        threading.Thread(target=running.serve, args=[listener], daemon=True).start()
        yield running
        running.over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
