"""SQLAlchemy: engines whose new connections have a fresh token each."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crdb_sso.errors import InvalidInput
from crdb_sso.workload.extras import needs
from crdb_sso.workload.parameters import (
    Address,
    Foreign,
    Parameters,
    Trust,
    asyncpg_parameters,
    libpq_parameters,
)
from crdb_sso.workload.refusals import Driver, explaining
from crdb_sso.workload.tokens import Source, Token

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine


def _psycopg() -> Driver:
    from crdb_sso.workload.psycopg_connections import PSYCOPG

    return PSYCOPG


def _psycopg2() -> Driver:
    from crdb_sso.workload.psycopg2_refusals import PSYCOPG2

    return PSYCOPG2


def _asyncpg() -> Driver:
    from crdb_sso.workload.asyncpg_refusals import ASYNCPG

    return ASYNCPG


_Make = Callable[[Address, Token, Mapping[str, object]], Parameters]
_DRIVERS: Mapping[str, tuple[_Make, Callable[[], Driver]]] = {
    "psycopg": (libpq_parameters, _psycopg),
    "psycopg_async": (libpq_parameters, _psycopg),
    "psycopg2": (libpq_parameters, _psycopg2),
    "asyncpg": (asyncpg_parameters, _asyncpg),
}
_OF_THE_LOGIN = ("host", "port", "user", "dbname", "database", "password", "sslmode", "sslrootcert")


def attach(address: Address, trust: Trust, engine: "Engine | AsyncEngine", source: Source) -> None:
    """Let an engine make each new connection with a login and a fresh token.

    A refused login leaves the event as an error of the driver's, as any other does: SQLAlchemy
    wraps those of psycopg and psycopg2 into its own OperationalError, and lets those of asyncpg
    pass.

    Args:
        address: Where to connect.
        trust: What the login says of its tokens.
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
    known = _DRIVERS.get(target.dialect.driver)
    if known is None:
        raise InvalidInput(
            f"the driver {target.dialect.driver!r} can't log in with a token here",
            hint=f"Use one of {', '.join(_DRIVERS)}, e.g. cockroachdb+psycopg://",
        )
    _check_url(target.url, address)
    make, driver = known[0], known[1]()

    def connect(dialect: Foreign, _: object, arguments: Foreign, given: Foreign) -> Foreign:
        is_async = target.dialect.is_async
        token = await_only(source.token_async()) if is_async else source.token()
        more = {name: value for name, value in given.items() if name not in _OF_THE_LOGIN}
        # for a URL without a host there is an empty conninfo, which CockroachDB's dialect misreads
        rest = [argument for argument in arguments if argument != ""]
        parameters = make(address, token, more)
        with explaining(driver, trust, token.value):
            return dialect.connect(*rest, **parameters)

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
