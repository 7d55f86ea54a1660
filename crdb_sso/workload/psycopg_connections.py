"""psycopg: connections, and what a pool calls for each of them."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager

import psycopg

from crdb_sso.workload.parameters import (
    Address,
    Foreign,
    Parameters,
    Trust,
    libpq_parameters,
)
from crdb_sso.workload.refusals import Driver, LoginRefused, explaining
from crdb_sso.workload.tokens import Source


class PsycopgLoginRefused(LoginRefused, psycopg.OperationalError):
    """A refused login, as those expect it who know psycopg."""


PSYCOPG = Driver(psycopg.Error, PsycopgLoginRefused)


class ConnectionArguments:
    """Connection parameters with a fresh token, for whoever opens a connection.

    Called on a thread, it returns them; called on an event loop, something to await.
    `psycopg_pool` takes either.

    Args:
        address: Where to connect.
        trust: What the login says of its tokens.
        source: Where the tokens come from.
        more: Parameters of the program's own.
    """

    def __init__(
        self, address: Address, trust: Trust, source: Source, more: Mapping[str, object]
    ) -> None:
        self._address = address
        self.trust = trust
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

    def explaining(self, given: Mapping[str, object]) -> AbstractContextManager[None]:
        """Return a context in which a refused login raises with its reason.

        It is for what opens connections itself, e.g. an engine of Django's.

        Args:
            given: The parameters that are connected with, as `now` returned them.

        Raises:
            LoginRefused: The cluster refused the login in this context, and here is why.
        """
        return explaining(PSYCOPG, self.trust, str(given.get("password", "")))

    def connection_class(self, base: Foreign = psycopg.Connection) -> Foreign:
        """Return what `connection_class` of a pool may be: it says why a login is refused.

        A pool opens its connections itself, so what `kwargs` is given can't explain a refusal. With
        this class the reason is in the pool's log, and a NullConnectionPool raises it.

        Args:
            base: `psycopg.Connection`, `psycopg.AsyncConnection`, or a class of your own that
                inherits from one of them.
        """
        arguments = self
        if issubclass(base, psycopg.AsyncConnection):

            class AsyncExplaining(base):  # type: ignore[misc] # chosen by the program
                """A connection whose refusal is explained."""

                @classmethod
                async def connect(cls, conninfo: str = "", **given: Foreign) -> Foreign:
                    """Open a connection."""
                    with arguments.explaining(given):
                        return await super().connect(conninfo, **given)

            return AsyncExplaining

        class Explaining(base):  # type: ignore[misc] # chosen by the program
            """A connection whose refusal is explained."""

            @classmethod
            def connect(cls, conninfo: str = "", **given: Foreign) -> Foreign:
                """Open a connection."""
                with arguments.explaining(given):
                    return super().connect(conninfo, **given)

        return Explaining


def connect(arguments: ConnectionArguments) -> psycopg.Connection:
    """Open a connection."""
    given = arguments.now()
    with arguments.explaining(given):
        return psycopg.connect("", **given)


async def connect_async(arguments: ConnectionArguments) -> psycopg.AsyncConnection:
    """Open an asynchronous connection."""
    given = await arguments.soon()
    with arguments.explaining(given):
        return await psycopg.AsyncConnection.connect("", **given)
