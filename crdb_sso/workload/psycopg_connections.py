"""psycopg: connections, and what a pool calls for each of them."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crdb_sso.workload.parameters import Address, Foreign, Parameters, libpq_parameters
from crdb_sso.workload.tokens import Source

if TYPE_CHECKING:
    import psycopg


class ConnectionArguments:
    """Connection parameters with a fresh token, for whoever opens a connection.

    Called on a thread, it returns them; called on an event loop, something to await.
    `psycopg_pool` takes either.

    Args:
        address: Where to connect.
        source: Where the tokens come from.
        more: Parameters of the program's own.
    """

    def __init__(self, address: Address, source: Source, more: Mapping[str, object]) -> None:
        self._address = address
        self._more = dict(more)
        self.source = source

    def __call__(self) -> Foreign:
        """Return parameters for one connection, or what to await for them."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.now()
        return self.soon()

    def __repr__(self) -> str:
        return f"ConnectionArguments({self._address}, {self.source})"

    def now(self) -> Parameters:
        """Return parameters for one connection.

        Raises:
            TokenUnavailable: There is no token.
        """
        return libpq_parameters(self._address, self.source.token(), self._more)

    async def soon(self) -> Parameters:
        """Return parameters for one connection; the event loop is free meanwhile.

        Raises:
            TokenUnavailable: There is no token.
        """
        return libpq_parameters(self._address, await self.source.token_async(), self._more)


def connect(arguments: ConnectionArguments) -> "psycopg.Connection":
    """Open a connection."""
    import psycopg

    return psycopg.connect("", **arguments.now())


async def connect_async(arguments: ConnectionArguments) -> "psycopg.AsyncConnection":
    """Open an asynchronous connection."""
    import psycopg

    return await psycopg.AsyncConnection.connect("", **await arguments.soon())
