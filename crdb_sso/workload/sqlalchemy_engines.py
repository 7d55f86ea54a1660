"""SQLAlchemy: engines whose new connections have a fresh token each."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crdb_sso.errors import InvalidInput
from crdb_sso.workload.extras import needs
from crdb_sso.workload.parameters import (
    Address,
    Foreign,
    Parameters,
    asyncpg_parameters,
    libpq_parameters,
)
from crdb_sso.workload.tokens import Source, Token

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

_Make = Callable[[Address, Token, Mapping[str, object]], Parameters]
_DRIVERS: Mapping[str, _Make] = {
    "psycopg": libpq_parameters,
    "psycopg_async": libpq_parameters,
    "psycopg2": libpq_parameters,
    "asyncpg": asyncpg_parameters,
}
_OF_THE_LOGIN = ("host", "port", "user", "dbname", "database", "password", "sslmode", "sslrootcert")


def attach(address: Address, engine: "Engine | AsyncEngine", source: Source) -> None:
    """Let an engine make each new connection with a login and a fresh token.

    Args:
        address: Where to connect.
        engine: The engine.
        source: Where the tokens come from.

    Raises:
        InvalidInput: Its URL has a password, names somebody else, or its driver is not known.
    """
    with needs("sqlalchemy", "workload-sqlalchemy", "Login.attach"):
        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import AsyncEngine
        from sqlalchemy.util import await_only
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    make = _DRIVERS.get(target.dialect.driver)
    if make is None:
        raise InvalidInput(
            f"the driver {target.dialect.driver!r} can't log in with a token here",
            hint=f"Use one of {', '.join(_DRIVERS)}, e.g. cockroachdb+psycopg://",
        )
    _check_url(target.url, address)

    def connect(dialect: Foreign, _: object, arguments: Foreign, given: Foreign) -> Foreign:
        is_async = target.dialect.is_async
        token = await_only(source.token_async()) if is_async else source.token()
        more = {name: value for name, value in given.items() if name not in _OF_THE_LOGIN}
        # for a URL without a host there is an empty conninfo, which CockroachDB's dialect misreads
        rest = [argument for argument in arguments if argument != ""]
        return dialect.connect(*rest, **make(address, token, more))

    event.listen(target, "do_connect", connect)


def _check_url(url: "URL", address: Address) -> None:
    """Check that an engine's URL says nothing else than the login.

    Raises:
        InvalidInput: It has a password, or names another host, port, user or database.
    """
    if url.password is not None:
        raise InvalidInput(
            "the engine's URL has a password", hint="Leave it out: the token is the password."
        )
    pairs = (
        ("host", url.host, address.host),
        ("port", url.port, address.port),
        ("user", url.username, address.user),
        ("database", url.database, address.database),
    )
    for what, said, meant in pairs:
        if said and str(said) != meant:
            raise InvalidInput(
                f"the engine's URL has the {what} {str(said)!r}, the login {meant!r}",
                hint="Leave it out of the URL: cockroachdb+psycopg:// is enough.",
            )
