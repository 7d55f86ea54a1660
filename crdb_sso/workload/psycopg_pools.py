"""Pools of psycopg_pool that tell their callers why there is no connection.

A pool itself writes a failing connection into its log and tries again, until a caller runs into a
PoolTimeout that does not say why.
"""

from collections.abc import Mapping

from crdb_sso.errors import CrdbSsoError
from crdb_sso.workload.extras import needs
from crdb_sso.workload.parameters import Foreign, Parameters
from crdb_sso.workload.psycopg_connections import ConnectionArguments

with needs("psycopg-pool", "workload", "Login.pool"):
    import psycopg
    from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout


class _Memory:
    """Connection parameters for a pool, and why the last connection failed."""

    def __init__(self, arguments: ConnectionArguments) -> None:
        self.arguments = arguments
        self.error: Exception | None = None

    def now(self) -> Parameters:
        """Return parameters for one connection."""
        try:
            return self.arguments.now()
        except CrdbSsoError as error:
            self.error = error
            raise

    async def soon(self) -> Parameters:
        """Return parameters for one connection, from an event loop."""
        try:
            return await self.arguments.soon()
        except CrdbSsoError as error:
            self.error = error
            raise

    def told(self, late: PoolTimeout) -> PoolTimeout:
        """Return an error that says why nobody gets a connection, if that is known."""
        return late if self.error is None else PoolTimeout(f"{late}: {self.error}")


class TokenPool(ConnectionPool):
    """A `ConnectionPool` in which each new connection has a fresh token.

    Attributes:
        last_error: Why the last connection could not be opened, None if it could.
    """

    def __init__(self, memory: _Memory, **more: Foreign) -> None:
        self._memory = memory
        super().__init__("", kwargs=memory.now, open=False, **more)

    @property
    def last_error(self) -> Exception | None:
        """Why the last connection could not be opened, None if it could."""
        return self._memory.error

    def open(self, wait: bool = False, timeout: float = 30.0) -> None:  # noqa: FBT001, FBT002 - inherited
        """Open the pool, once there is a token.

        Raises:
            TokenUnavailable: There is none, and why.
        """
        self._memory.arguments.source.token()
        super().open(wait, timeout)

    def wait(self, timeout: float = 30.0) -> None:
        """Wait until the pool is full.

        Raises:
            PoolTimeout: It did not get so far, and why.
        """
        try:
            super().wait(timeout)
        except PoolTimeout as late:
            raise self._memory.told(late) from self.last_error

    def getconn(self, timeout: float | None = None) -> psycopg.Connection:
        """Return a connection.

        Raises:
            PoolTimeout: There is none in time, and why.
        """
        try:
            return super().getconn(timeout)
        except PoolTimeout as late:
            raise self._memory.told(late) from self.last_error


class AsyncTokenPool(AsyncConnectionPool):
    """The same for asyncio."""

    def __init__(self, memory: _Memory, **more: Foreign) -> None:
        self._memory = memory
        super().__init__("", kwargs=memory.soon, open=False, **more)

    @property
    def last_error(self) -> Exception | None:
        """Why the last connection could not be opened, None if it could."""
        return self._memory.error

    async def open(self, wait: bool = False, timeout: float = 30.0) -> None:  # noqa: FBT001, FBT002 - inherited
        """Open the pool, once there is a token.

        Raises:
            TokenUnavailable: There is none, and why.
        """
        await self._memory.arguments.source.token_async()
        await super().open(wait, timeout)

    async def wait(self, timeout: float = 30.0) -> None:
        """Wait until the pool is full.

        Raises:
            PoolTimeout: It did not get so far, and why.
        """
        try:
            await super().wait(timeout)
        except PoolTimeout as late:
            raise self._memory.told(late) from self.last_error

    async def getconn(
        self,
        timeout: float | None = None,
    ) -> psycopg.AsyncConnection:
        """Return a connection.

        Raises:
            PoolTimeout: There is none in time, and why.
        """
        try:
            return await super().getconn(timeout)
        except PoolTimeout as late:
            raise self._memory.told(late) from self.last_error


def token_pool(arguments: ConnectionArguments, more: Mapping[str, Foreign]) -> TokenPool:
    """Return a pool, not yet open."""
    memory = _Memory(arguments)
    base = arguments.connection_class(more.get("connection_class", psycopg.Connection))

    class Remembered(base):  # type: ignore[misc,valid-type] # chosen by the program
        """A connection whose failure is remembered."""

        @classmethod
        def connect(cls, conninfo: str = "", **kwargs: Foreign) -> Foreign:
            """Open a connection."""
            try:
                made = super().connect(conninfo, **kwargs)
            except psycopg.Error as error:
                memory.error = error
                raise
            memory.error = None
            return made

    return TokenPool(memory, **{**more, "connection_class": Remembered})


def async_token_pool(arguments: ConnectionArguments, more: Mapping[str, Foreign]) -> AsyncTokenPool:
    """Return a pool for asyncio, not yet open."""
    memory = _Memory(arguments)
    base = arguments.connection_class(more.get("connection_class", psycopg.AsyncConnection))

    class Remembered(base):  # type: ignore[misc,valid-type] # chosen by the program
        """A connection whose failure is remembered."""

        @classmethod
        async def connect(cls, conninfo: str = "", **kwargs: Foreign) -> Foreign:
            """Open a connection."""
            try:
                made = await super().connect(conninfo, **kwargs)
            except psycopg.Error as error:
                memory.error = error
                raise
            memory.error = None
            return made

    return AsyncTokenPool(memory, **{**more, "connection_class": Remembered})
