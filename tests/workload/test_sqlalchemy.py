"""SQLAlchemy: engines of each driver, whose parameters stay as they are."""

import logging
from typing import Any

import pytest
from sqlalchemy import create_engine, exc, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from crdb_sso.errors import InvalidInput, TokenUnavailable
from tests.support.event_loops import run
from tests.workload.trusted_issuer import USER, Trusted
from tests.workload.uncached import Uncached

WHO = text("SELECT current_user")


@pytest.mark.parametrize("url", ["cockroachdb+psycopg://"])
def test_each_connection_of_an_engine_has_a_token_of_its_own(trusted: Trusted, url: str) -> None:
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"options": "-c statement_timeout=9s"}
    )
    trusted.login.attach(engine, Uncached(trusted.token))

    for _ in range(2):
        with engine.connect() as conn:
            assert conn.execute(WHO).scalar_one() == USER
            assert conn.execute(text("SHOW statement_timeout")).scalar_one() in ("9s", "9000")

    assert len(set(trusted.given)) == 2
    assert engine.url.render_as_string(hide_password=False) == url
    assert trusted.is_silent(repr(engine))


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_an_engine_on_an_event_loop_asks_without_holding_it(trusted: Trusted, driver: str) -> None:
    asked = []

    async def function() -> str:
        asked.append("on the loop")
        return trusted.token()

    async def program() -> Any:
        engine = create_async_engine(f"cockroachdb+{driver}://", poolclass=NullPool)
        trusted.login.attach(engine, function)
        found = []
        for _ in range(2):
            async with engine.connect() as conn:
                found.append((await conn.execute(WHO)).scalar_one())
        await engine.dispose()
        return found

    assert run(program()) == [USER, USER]
    assert asked == ["on the loop"]


def test_an_engine_takes_connections_of_asyncpg_from_a_creator(trusted: Trusted) -> None:
    async def program() -> Any:
        creator = trusted.login.async_creator(trusted.token)
        engine = create_async_engine("cockroachdb+asyncpg://", async_creator=creator)
        async with engine.connect() as conn:
            found = (await conn.execute(WHO)).scalar_one()
        await engine.dispose()
        return found

    assert run(program()) == USER


def test_a_source_that_raises_reaches_whoever_connects(trusted: Trusted) -> None:
    def sealed() -> str:
        raise RuntimeError("the vault is sealed")

    engine = create_engine("cockroachdb+psycopg://", poolclass=NullPool)
    trusted.login.attach(engine, sealed)

    with pytest.raises(TokenUnavailable, match="the vault is sealed"):
        engine.connect()


def test_a_refused_login_shows_no_token(trusted: Trusted, caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine("cockroachdb+psycopg://", poolclass=NullPool, echo="debug")
    trusted.login.attach(engine, trusted.foreign)

    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(exc.OperationalError, match="invalid principal") as caught,
    ):
        engine.connect()

    assert trusted.is_silent(f"{caught.value!r} {caught.value} {caplog.text}")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("cockroachdb+psycopg://app_orders:hunter2@localhost/defaultdb", "URL has a password"),
        ("cockroachdb+psycopg://somebody@/", "URL has the user 'somebody', the login 'app_orders'"),
        ("cockroachdb+psycopg://elsewhere/", "URL has the host 'elsewhere'"),
        ("cockroachdb+psycopg://localhost:1/", "URL has the port '1'"),
        ("cockroachdb+psycopg:///shop", "URL has the database 'shop', the login 'defaultdb'"),
        ("sqlite://", "the driver 'pysqlite' can't log in with a token"),
    ],
)
def test_an_engine_that_says_something_else_is_refused(
    trusted: Trusted, url: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        trusted.login.attach(create_engine(url), trusted.token)

    assert "hunter2" not in str(caught.value)
