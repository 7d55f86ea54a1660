"""A TCP relay that delays both directions: round trips are counted by the time they cost."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 1 << 16


class Relay:
    """Forwards a local port to another, each chunk `delay_s` seconds later."""

    def __init__(self, host: str, port: int, delay_s: float) -> None:
        self._target = (host, port)
        self._delay_s = delay_s
        self.port = 0

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Listen until `stop` is set."""
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Copy one direction; a chunk waits its own delay, not that of the chunks before it."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def write() -> None:
            while True:
                due, chunk = await queue.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not chunk:
                    break
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
                await queue.put((loop.time() + self._delay_s, chunk))

        try:
            await asyncio.gather(read(), write())
        except ConnectionError:
            writer.close()


@contextmanager
def relay(host: str, port: int, *, delay_s: float) -> Iterator[int]:
    """Run a relay in a thread; yields its port on 127.0.0.1.

    Args:
        host: Where to forward to.
        port: Its port.
        delay_s: For each direction, in seconds; a round trip costs twice that.
    """
    ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    running = Relay(host, port, delay_s)
    thread = threading.Thread(target=lambda: loop.run_until_complete(running.serve(ready, stop)))
    thread.start()
    try:
        ready.wait()
        yield running.port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
