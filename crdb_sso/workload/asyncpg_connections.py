"""asyncpg: connections, and what makes them for a pool or an engine."""

from typing import TYPE_CHECKING

from crdb_sso.workload.extras import needs
from crdb_sso.workload.parameters import Address, Foreign, Trust, asyncpg_parameters
from crdb_sso.workload.refusals import explaining
from crdb_sso.workload.tokens import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import asyncpg


def creator(
    address: Address, trust: Trust, source: Source
) -> "Callable[..., Coroutine[object, object, asyncpg.Connection]]":
    """Return a function that opens connections, each with a fresh token.

    Args:
        address: Where to connect.
        trust: What the login says of its tokens.
        source: Where the tokens come from.
    """

    async def connect(*_dsn: object, **more: Foreign) -> "asyncpg.Connection":
        with needs("asyncpg", "workload-asyncpg", "Login.asyncpg_connect"):
            import asyncpg
        from crdb_sso.workload.asyncpg_refusals import ASYNCPG

        token = await source.token_async()
        given = asyncpg_parameters(address, token, more)
        with explaining(ASYNCPG, trust, token.value):
            return await asyncpg.connect(**given)

    return connect
