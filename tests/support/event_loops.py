"""Event loops for drivers that leave sockets to the loop to close."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class LoopThatKnowsItsSockets(asyncio.SelectorEventLoop):
    """An event loop that remembers the sockets of the connections it opened."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: list[Any] = []

    async def create_connection(self, *args: Any, **kwargs: Any) -> Any:
        transport, protocol = await super().create_connection(*args, **kwargs)
        self.sockets.append(transport.get_extra_info("socket"))
        return transport, protocol


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine, and return what it returns, once all its connections are closed.

    asyncpg leaves a refused connection to the loop to close: a loop that ends before has open
    transports, which the garbage collector warns of later.
    """
    loop = LoopThatKnowsItsSockets()

    async def until_closed() -> Any:
        try:
            return await asyncio.wait_for(work, 60)
        finally:
            while any(s.fileno() != -1 for s in loop.sockets):  # noqa: ASYNC110 - they set no event
                await asyncio.sleep(0.001)

    try:
        return loop.run_until_complete(until_closed())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
