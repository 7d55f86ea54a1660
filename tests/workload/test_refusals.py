"""However a login is opened: a refusal comes with the judge's words, and nothing else is one."""

import logging
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import psycopg
import pytest
from psycopg_pool import AsyncNullConnectionPool, ConnectionPool, NullConnectionPool, PoolTimeout
from sqlalchemy import create_engine, exc
from sqlalchemy.ext.asyncio import create_async_engine

from crdb_sso.workload import Login, LoginRefused
from tests.support.event_loops import run
from tests.support.ports import kept_port
from tests.workload.trusted_issuer import Trusted
from tests.workload.uncached import Uncached

Open = Callable[[Login, Uncached], object]


def connect_async(login: Login, source: Uncached) -> object:
    return run(login.connect_async(source))


def null_pool(login: Login, source: Uncached) -> object:
    arguments = login.kwargs(source)
    made = arguments.connection_class()
    with NullConnectionPool(kwargs=arguments, connection_class=made, open=True) as pool:
        return pool.getconn(30)


def async_null_pool(login: Login, source: Uncached) -> object:
    arguments = login.kwargs(source)
    made = arguments.connection_class(psycopg.AsyncConnection)

    async def program() -> object:
        async with AsyncNullConnectionPool(
            kwargs=arguments, connection_class=made, open=False
        ) as pool:
            return await pool.getconn(30)

    return run(program())


def pool_of_login(login: Login, source: Uncached) -> object:
    with login.pool(source, min_size=1, timeout=1) as pool:
        return pool.getconn()


def async_pool_of_login(login: Login, source: Uncached) -> object:
    async def program() -> object:
        async with login.async_pool(source, min_size=1, timeout=1) as pool:
            return await pool.getconn()

    return run(program())


def attached(driver: str) -> Open:
    def connect(login: Login, source: Uncached) -> object:
        engine = create_engine(f"cockroachdb+{driver}://")
        login.attach(engine, source)
        return engine.connect()

    return connect


def attached_async(driver: str) -> Open:
    def connect(login: Login, source: Uncached) -> object:
        async def program() -> None:
            engine = create_async_engine(f"cockroachdb+{driver}://")
            login.attach(engine, source)
            await engine.connect()

        return run(program())

    return connect


def engine_with_creator(login: Login, source: Uncached) -> object:
    async def program() -> None:
        creator = login.async_creator(source)
        engine = create_async_engine("cockroachdb+asyncpg://", async_creator=creator)
        await engine.connect()

    return run(program())


def asyncpg_connect(login: Login, source: Uncached) -> object:
    return run(login.asyncpg_connect(source))


def asyncpg_pool(login: Login, source: Uncached) -> object:
    async def program() -> object:
        return await asyncpg.create_pool(connect=login.async_creator(source), min_size=1)

    return run(program())


OF_ASYNCPG = asyncpg.InvalidAuthorizationSpecificationError
WAYS: dict[str, tuple[Open, type[Exception]]] = {
    "connect": (Login.connect, psycopg.OperationalError),
    "connect_async": (connect_async, psycopg.OperationalError),
    "a null pool": (null_pool, psycopg.OperationalError),
    "a null pool on a loop": (async_null_pool, psycopg.OperationalError),
    "pool": (pool_of_login, PoolTimeout),
    "async_pool": (async_pool_of_login, PoolTimeout),
    "SQLAlchemy, psycopg": (attached("psycopg"), exc.OperationalError),
    "SQLAlchemy, psycopg2": (attached("psycopg2"), exc.OperationalError),
    "SQLAlchemy, psycopg on a loop": (attached_async("psycopg"), exc.OperationalError),
    "SQLAlchemy, asyncpg": (attached_async("asyncpg"), OF_ASYNCPG),
    "SQLAlchemy, a creator": (engine_with_creator, OF_ASYNCPG),
    "asyncpg": (asyncpg_connect, OF_ASYNCPG),
    "a pool of asyncpg": (asyncpg_pool, OF_ASYNCPG),
}
every_way = pytest.mark.parametrize(("open_", "expected"), WAYS.values(), ids=WAYS)

CAUSES: dict[str, tuple[dict[str, str], str, str]] = {
    "audience": (
        {"aud": "another-database"},
        "audience: expected: ",
        "Next step: Get a token with the audience 'crdb'",
    ),
    "subject": (
        {"sub": "night-shift"},
        "no line of the issuer matches 'night-shift'",
        "Next step: Use a token whose principal is 'orders-service'",
    ),
    "expired": ({"fault": "expired"}, "expiry: expected: ", "Next step: Ask for a fresh token"),
}


def refusal_in(error: BaseException | None) -> LoginRefused | None:
    """Return the refusal that an error is, has as `orig`, or was raised from."""
    while error is not None and not isinstance(error, LoginRefused):
        error = getattr(error, "orig", None) or error.__cause__
    return error


@every_way
@pytest.mark.parametrize(("asked", "seen", "step"), CAUSES.values(), ids=CAUSES)
def test_a_token_that_does_not_fit_is_explained(
    trusted: Trusted,
    caplog: pytest.LogCaptureFixture,
    *,
    open_: Open,
    expected: type[Exception],
    asked: dict[str, str],
    seen: str,
    step: str,
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(expected) as caught:
        open_(trusted.login, Uncached(lambda: trusted.token(**asked)))

    said = str(caught.value)
    assert "JWT authentication: invalid" in said  # the server's own words
    assert seen in said
    assert step in said
    found = refusal_in(caught.value)
    assert found is not None
    assert found.verdict.first_failure is not None
    shown = (said, repr(caught.value), repr(found), found.__cause__, found.verdict, caplog.text)
    assert trusted.is_silent(" ".join(map(str, shown)))


@every_way
@pytest.mark.holds(since="24.1")  # before, several causes are one message
def test_a_cause_that_only_the_cluster_knows_is_named(
    trusted: Trusted, open_: Open, expected: type[Exception]
) -> None:
    trusted.cluster.execute("ALTER USER app_orders NOLOGIN")

    with pytest.raises(expected, match=r"does not have login privilege") as caught:
        open_(trusted.login, Uncached(trusted.token))

    found = refusal_in(caught.value)
    assert found is not None
    assert found.verdict.is_undecided
    assert "Look at: ALTER USER ... LOGIN" in str(caught.value)
    assert "Next step: crdb-sso explain --user app_orders" in str(caught.value)


@every_way
def test_a_cluster_that_is_away_refuses_nobody(
    trusted: Trusted, open_: Open, expected: type[Exception]
) -> None:
    away = ConnectionRefusedError if expected is OF_ASYNCPG else expected
    with kept_port() as port, pytest.raises(away) as caught:
        open_(replace(trusted.login, port=port), Uncached(trusted.foreign))

    assert refusal_in(caught.value) is None
    assert "Next step" not in str(caught.value)


@every_way
def test_a_cluster_that_is_not_believed_refuses_nobody(
    trusted: Trusted, open_: Open, expected: type[Exception]
) -> None:
    login = replace(trusted.login, ca_file=trusted.issuer.ca_cert)
    not_verified = OSError if expected is OF_ASYNCPG else expected
    with pytest.raises(not_verified, match=r"(?i)certificate verify failed") as caught:
        open_(login, Uncached(trusted.foreign))

    assert refusal_in(caught.value) is None


@pytest.mark.parametrize("open_", [Login.connect, asyncpg_connect])
def test_a_refusal_can_be_sent_to_another_process(trusted: Trusted, open_: Open) -> None:
    with pytest.raises(LoginRefused) as caught:
        open_(trusted.login, Uncached(trusted.foreign))

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert type(again) is type(caught.value)
    assert str(again) == str(caught.value)
    assert again.verdict == caught.value.verdict


def test_any_pool_writes_the_reason_into_its_log(
    trusted: Trusted, caplog: pytest.LogCaptureFixture
) -> None:
    arguments = trusted.login.kwargs(Uncached(trusted.foreign))
    made = arguments.connection_class()
    with (
        caplog.at_level(logging.WARNING, "psycopg.pool"),
        ConnectionPool(kwargs=arguments, connection_class=made, min_size=1, open=True) as pool,
        pytest.raises(PoolTimeout),
    ):
        pool.getconn(2)

    assert "no line of the issuer matches 'night-shift'" in caplog.text
    assert trusted.is_silent(caplog.text)


class Own(psycopg.Connection):
    """A program's own connections."""


class OwnAsync(psycopg.AsyncConnection):
    """The same for asyncio."""


def test_a_connection_class_of_the_program_stays_what_it_is(trusted: Trusted) -> None:
    arguments = trusted.login.kwargs(trusted.token)
    with (
        NullConnectionPool(
            kwargs=arguments, connection_class=arguments.connection_class(Own), open=True
        ) as pool,
        pool.connection() as conn,
    ):
        assert isinstance(conn, Own)

    async def program() -> Any:
        made = arguments.connection_class(OwnAsync)
        async with (
            AsyncNullConnectionPool(kwargs=arguments, connection_class=made, open=False) as pool,
            pool.connection() as conn,
        ):
            return conn

    assert isinstance(run(program()), OwnAsync)
