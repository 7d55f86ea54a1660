"""psycopg: connections, and what a pool calls for each of them."""

import asyncio
from collections.abc import Mapping

import psycopg

from crdb_sso.verdict import Verdict
from crdb_sso.verdict.told import is_refused
from crdb_sso.workload.explaining import advice_on, explanation, judged
from crdb_sso.workload.parameters import (
    Address,
    Foreign,
    Parameters,
    Trust,
    libpq_parameters,
)
from crdb_sso.workload.tokens import Source
from crdb_sso.workload.tokens.token import without_secrets


class LoginRefused(psycopg.OperationalError):
    """The cluster refused the login: its own words, what does not fit, and the next step.

    Attributes:
        verdict: What the judge says of the token; undecided if the cause is on the cluster.
    """

    def __init__(self, said: str, verdict: Verdict, advice: str = "") -> None:
        super().__init__(f"{said}\n  {explanation(verdict) or advice}")
        self.verdict = verdict


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


def connect(arguments: ConnectionArguments) -> psycopg.Connection:
    """Open a connection."""
    given = arguments.now()
    try:
        return psycopg.connect("", **given)
    except psycopg.Error as error:
        raise explained(error, arguments.trust, given) from error


async def connect_async(arguments: ConnectionArguments) -> psycopg.AsyncConnection:
    """Open an asynchronous connection."""
    given = await arguments.soon()
    try:
        return await psycopg.AsyncConnection.connect("", **given)
    except psycopg.Error as error:
        raise explained(error, arguments.trust, given) from error


def explained(error: psycopg.Error, trust: Trust, given: Parameters) -> psycopg.Error:
    """Return why the server refused a login; the error itself if it is about something else.

    Args:
        error: What psycopg raised.
        trust: What the login says of its tokens.
        given: The parameters of the connection, with the token.
    """
    said = str(error)
    if not is_refused(said):
        return error
    verdict = judged(trust, str(given["password"]), said)
    return LoginRefused(without_secrets(said), verdict, advice_on(said, trust.user))
