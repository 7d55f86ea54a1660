"""A TCP relay that delays both directions, and counts how often a client waits for an answer."""

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_CHUNK = 1 << 16
_MOST_WAITING_S = 60.0


class Relay:
    """Forwards a local port to another, each chunk `delay_s` seconds later.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        connections: How many clients have connected.
        round_trips: How often a client sent something that may have waited for an answer.
    """

    def __init__(self, host: str, port: int, delay_s: float) -> None:
        self._target = (host, port)
        self._delay_s = delay_s
        self._open = 0
        self._idle = threading.Event()
        self._idle.set()
        self._stop = asyncio.Event()
        self.port = 0
        self.connections = 0
        self.round_trips = 0

    async def serve(self, ready: threading.Event) -> None:
        """Listen until told to stop."""
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        open_ends = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_ends:
            task.cancel()
        await asyncio.gather(*open_ends, return_exceptions=True)

    def stop(self) -> None:
        """End `serve`; call this in its event loop."""
        self._stop.set()

    def wait_until_idle(self) -> None:
        """Wait until every client so far has closed its connection, so that the counts are final.

        Raises:
            TimeoutError: A connection stays open.
        """
        if not self._idle.wait(_MOST_WAITING_S):
            raise TimeoutError(f"{self._open} connections are still open")

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open += 1
        self._idle.clear()
        asked, answered = self._counter()
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            await asyncio.gather(
                self._pump(reader, far_writer, on_read=asked),
                self._pump(far_reader, writer, on_write=answered),
            )
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    def _counter(self) -> tuple[Callable[[], None], Callable[[], None]]:
        """Return what a connection calls when its client asks, and when it gets an answer.

        An answer takes at least twice the delay: what the client sends before that belongs to the
        same round trip, and so does everything before the answer comes.
        """
        now = asyncio.get_running_loop().time
        began_s, is_answered = -math.inf, True

        def asked() -> None:
            nonlocal began_s, is_answered
            if is_answered and now() - began_s >= 2 * self._delay_s:
                self.round_trips += 1
                began_s, is_answered = now(), False

        def answered() -> None:
            nonlocal is_answered
            is_answered = True

        return asked, answered

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        on_read: Callable[[], None] = lambda: None,
        on_write: Callable[[], None] = lambda: None,
    ) -> None:
        """Copy one direction; each chunk waits its own delay, not that of the chunks before it."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def write() -> None:
            while True:
                due, chunk = await queue.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not chunk:
                    break
                on_write()
                writer.write(chunk)
                await writer.drain()
            writer.close()

        async def read() -> None:
            chunk = b"-"
            while chunk:
                try:
                    chunk = await reader.read(_CHUNK)
                except ConnectionError:
                    chunk = b""  # the other side is gone: pass the end on
                if chunk:
                    on_read()
                await queue.put((loop.time() + self._delay_s, chunk))

        try:
            await asyncio.gather(read(), write())
        except ConnectionError:
            writer.close()


@contextmanager
def relay(host: str, port: int, *, delay_s: float) -> Iterator[Relay]:
    """Run a relay in a thread.

    Args:
        host: Where to forward to.
        port: Its port.
        delay_s: For each direction, in seconds; a round trip costs twice that.
    """
    ready, loop = threading.Event(), asyncio.new_event_loop()
    running = Relay(host, port, delay_s)
    thread = threading.Thread(target=lambda: loop.run_until_complete(running.serve(ready)))
    thread.start()
    try:
        ready.wait()
        yield running
    finally:
        loop.call_soon_threadsafe(running.stop)
        thread.join()
        loop.close()
