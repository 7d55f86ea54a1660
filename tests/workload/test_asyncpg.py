"""asyncpg: connections and pools."""

import logging
from typing import Any

import asyncpg
import pytest

from crdb_sso.errors import TokenUnavailable
from tests.support.event_loops import run
from tests.workload.trusted_issuer import USER, Trusted
from tests.workload.uncached import Uncached

WHO = "SELECT current_user"


def test_a_connection_has_a_token_and_keeps_the_programs_settings(trusted: Trusted) -> None:
    async def program() -> Any:
        conn = await trusted.login.asyncpg_connect(
            trusted.token, server_settings={"application_name": "orders"}
        )
        found = await conn.fetchval(WHO), await conn.fetchval("SHOW application_name")
        await conn.close()
        return found

    assert run(program()) == (USER, "orders")


def test_each_connection_of_a_pool_has_a_token_of_its_own(trusted: Trusted) -> None:
    async def program() -> Any:
        connect = trusted.login.async_creator(Uncached(trusted.token))
        async with asyncpg.create_pool(connect=connect, min_size=3, max_size=3) as pool:
            return await pool.fetchval(WHO)

    assert run(program()) == USER
    assert len(set(trusted.given)) == 3


def test_a_refused_login_shows_no_token(trusted: Trusted, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(asyncpg.InvalidAuthorizationSpecificationError) as caught,
    ):
        run(trusted.login.asyncpg_connect(trusted.foreign))

    assert "invalid principal" in str(caught.value)
    assert trusted.is_silent(f"{caught.value!r} {caught.value} {caplog.text}")


def test_a_source_that_raises_reaches_whoever_connects(trusted: Trusted) -> None:
    async def sealed() -> str:
        raise RuntimeError("the vault is sealed")

    with pytest.raises(TokenUnavailable, match="the vault is sealed"):
        run(trusted.login.asyncpg_connect(sealed))
