"""psycopg and its pools: each new connection has a fresh token, and whoever gets none hears why."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool, NullConnectionPool, PoolTimeout

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.workload import Login, LoginRefused
from tests.support.ports import kept_port
from tests.workload.trusted_issuer import USER, Trusted
from tests.workload.uncached import Uncached

WHO = "SELECT current_user"


class Sealed:
    """A source of a vault that is sealed."""

    def __call__(self) -> str:
        raise RuntimeError("the vault is sealed")


def test_a_connection_is_two_lines(trusted: Trusted) -> None:
    login = trusted.login
    with login.connect(trusted.token, autocommit=True, row_factory=dict_row) as conn:
        row: Any = conn.execute(WHO).fetchone()
        assert row == {"current_user": USER}
        assert conn.autocommit


def test_a_connection_on_an_event_loop(trusted: Trusted) -> None:
    async def program() -> Any:
        async with await trusted.login.connect_async(trusted.token) as conn:
            return await (await conn.execute(WHO)).fetchone()

    assert asyncio.run(program()) == (USER,)


def test_a_refused_login_says_what_the_server_said_and_no_token(trusted: Trusted) -> None:
    with pytest.raises(psycopg.OperationalError, match="invalid principal") as caught:
        trusted.login.connect(trusted.foreign)

    assert trusted.is_silent(f"{caught.value!r} {caught.value} {caught.value.__cause__}")


@pytest.mark.parametrize("is_async", [False, True])
def test_a_refused_login_says_what_does_not_fit(trusted: Trusted, *, is_async: bool) -> None:
    def connect() -> object:
        if is_async:
            return asyncio.run(trusted.login.connect_async(trusted.foreign))
        return trusted.login.connect(trusted.foreign)

    with pytest.raises(LoginRefused, match="invalid principal") as caught:
        connect()

    assert "no line of the issuer matches 'night-shift'" in str(caught.value)
    assert "Next step: Use a token whose principal is 'orders-service'" in str(caught.value)
    assert caught.value.verdict.first_failure is not None
    assert trusted.is_silent(f"{caught.value} {caught.value.__cause__} {caught.value.verdict}")


@pytest.mark.parametrize(
    ("change", "look_at"),
    [
        pytest.param("ALTER USER app_orders NOLOGIN", "ALTER USER ... LOGIN", id="no login"),
        pytest.param("DROP USER app_orders", "CREATE USER", id="no user"),
        pytest.param(
            "SET CLUSTER SETTING server.jwt_authentication.jwks = '{\"keys\":[]}'",
            "Pinned keys: run `pulumi up` to fetch the issuer's current keys.",
            id="a new key",
        ),
        pytest.param(
            "SET CLUSTER SETTING server.jwt_authentication.enabled = false",
            "server.jwt_authentication.enabled",
            id="not on",
        ),
    ],
)
@pytest.mark.holds(since="24.1")  # before, several causes are one message
def test_a_cause_that_only_the_cluster_knows_has_a_next_step(
    trusted: Trusted, change: str, look_at: str
) -> None:
    trusted.cluster.execute(change)

    with pytest.raises(LoginRefused) as caught:
        trusted.login.connect(trusted.token)

    assert caught.value.verdict.is_undecided
    assert f"\n  Look at: {look_at}" in str(caught.value)
    assert "\n  Next step: crdb-sso explain --user app_orders" in str(caught.value)
    assert trusted.is_silent(str(caught.value))


@pytest.mark.holds(since="24.1")
def test_a_forged_signature_has_a_next_step(trusted: Trusted) -> None:
    def forged() -> str:
        made = trusted.token()
        signed, _, signature = made.rpartition(".")
        return f"{signed}.{signature[:10]}{'A' * (len(signature) - 10)}"

    with pytest.raises(LoginRefused, match="Look at: Whether the cluster's key of that `kid`"):
        trusted.login.connect(forged)


def test_a_wrong_issuer_is_blamed_on_the_issuer(trusted: Trusted) -> None:
    login = replace(trusted.login, issuer="https://other.example.com")
    trusted.cluster.set("server.jwt_authentication.enabled", "false")  # some refusal

    with pytest.raises(LoginRefused, match="  issuer: expected: 'https://other"):
        login.connect(trusted.token)


def test_a_cluster_that_is_away_is_not_a_refusal(trusted: Trusted) -> None:
    with kept_port() as port, pytest.raises(psycopg.OperationalError) as caught:
        replace(trusted.login, port=port).connect(trusted.foreign)

    assert not isinstance(caught.value, LoginRefused)


def test_without_a_token_nothing_is_dialled() -> None:
    login = Login(host="nowhere.invalid", user=USER)
    with pytest.raises(TokenUnavailable, match="the vault is sealed"):
        login.connect(Sealed())
    with pytest.raises(TokenUnavailable, match="the vault is sealed"):
        asyncio.run(login.connect_async(Sealed()))


def test_each_connection_of_a_pool_has_a_token_of_its_own(trusted: Trusted) -> None:
    kwargs = trusted.login.kwargs(Uncached(trusted.token), autocommit=True)
    with ConnectionPool(kwargs=kwargs, min_size=3, open=True) as pool:
        pool.wait(60)
        with pool.connection() as conn:
            assert conn.execute(WHO).fetchone() == (USER,)
            assert conn.autocommit

    assert len(set(trusted.given)) == 3
    assert repr(kwargs).startswith("ConnectionArguments(Address(host=")


def test_one_function_serves_pools_of_both_kinds(trusted: Trusted) -> None:
    kwargs = trusted.login.kwargs(trusted.token)

    async def program() -> Any:
        async with (
            AsyncConnectionPool(kwargs=kwargs, min_size=2, open=False) as pool,
            pool.connection() as conn,
        ):
            return await (await conn.execute(WHO)).fetchone()

    with NullConnectionPool(kwargs=kwargs, open=True) as pool, pool.connection() as conn:
        assert conn.execute(WHO).fetchone() == (USER,)
    assert asyncio.run(program()) == (USER,)
    assert len(trusted.given) == 1  # one source, one token


def test_parameters_are_fresh_each_time_and_the_callers_stay_as_they_are(
    trusted: Trusted,
) -> None:
    mine = {"autocommit": True, "options": "-c statement_timeout=9s"}
    kwargs = trusted.login.kwargs(trusted.token, **mine)
    one, two = kwargs.now(), kwargs.now()
    one["password"] = "changed by a pool"

    assert two["password"] == trusted.given[0]
    assert mine == {"autocommit": True, "options": "-c statement_timeout=9s"}
    assert two["options"] == "-c statement_timeout=9s --crdb:jwt_auth_enabled=true"
    assert two["sslmode"] == "verify-full"
    assert trusted.is_silent(repr([two, kwargs]))


@pytest.mark.parametrize("name", ["password", "host", "sslmode", "user", "dbname"])
def test_what_the_login_says_can_not_be_said_twice(trusted: Trusted, name: str) -> None:
    with pytest.raises(InvalidInput, match=f"`{name}` is what the login says"):
        trusted.login.kwargs(trusted.token, **{name: "x"})


def test_a_pool_of_a_login_serves_connections(trusted: Trusted) -> None:
    with trusted.login.pool(trusted.token, min_size=1, kwargs={"autocommit": True}) as pool:
        pool.wait(60)
        with pool.connection() as conn:
            assert conn.execute(WHO).fetchone() == (USER,)
        assert pool.last_error is None

    async def program() -> Any:
        async with trusted.login.async_pool(trusted.token, min_size=1) as pool:
            await pool.wait(60)
            async with pool.connection() as conn:
                assert pool.last_error is None
                return await (await conn.execute(WHO)).fetchone()

    assert asyncio.run(program()) == (USER,)


def test_the_first_failure_of_a_source_reaches_whoever_opens_the_pool(trusted: Trusted) -> None:
    with pytest.raises(TokenUnavailable, match="the vault is sealed"):
        trusted.login.pool(Sealed()).open()
    with (
        pytest.raises(TokenUnavailable, match="the vault is sealed"),
        trusted.login.pool(Sealed()),
    ):
        pass

    async def program() -> None:
        await trusted.login.async_pool(Sealed()).open()

    with pytest.raises(TokenUnavailable, match="the vault is sealed"):
        asyncio.run(program())


class Sealing:
    """A source that gives one token that can't be kept, and then no more."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.asked > 1:
            raise RuntimeError("the vault is sealed")
        return "opaque"


def test_a_later_failure_of_a_source_is_what_a_pool_timeout_is_raised_from(
    trusted: Trusted, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.CRITICAL, "psycopg.pool"),
        trusted.login.pool(Sealing(), min_size=1, timeout=0.5) as pool,
    ):
        with pytest.raises(PoolTimeout, match="the vault is sealed") as caught:
            pool.getconn()
        assert isinstance(caught.value.__cause__, TokenUnavailable)
        with pytest.raises(PoolTimeout, match="the vault is sealed"):
            pool.wait(0.1)

    async def program() -> None:
        async with trusted.login.async_pool(Sealing(), min_size=1, timeout=0.5) as pool:
            with pytest.raises(PoolTimeout, match="the vault is sealed"):
                await pool.getconn()
            with pytest.raises(PoolTimeout, match="the vault is sealed"):
                await pool.wait(0.1)

    asyncio.run(program())


def test_a_refused_login_is_what_a_pool_timeout_is_raised_from(
    trusted: Trusted, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        trusted.login.pool(trusted.foreign, min_size=1, timeout=2) as pool,
        pytest.raises(PoolTimeout, match="invalid principal") as caught,
    ):
        pool.getconn()

    assert isinstance(caught.value.__cause__, LoginRefused)
    assert "no line of the issuer matches 'night-shift'" in str(caught.value)
    assert trusted.is_silent(f"{caught.value} {caught.value.__cause__} {caplog.text}")


def test_a_token_stays_in_use_after_its_end_only_in_sessions(trusted: Trusted) -> None:
    """Only the login is checked: a pool needs no short `max_lifetime`."""
    with trusted.login.connect(lambda: short_lived(trusted)) as conn:
        assert conn.execute("SELECT pg_sleep(1.1)").fetchone() is not None
        assert conn.execute(WHO).fetchone() == (USER,)


def short_lived(trusted: Trusted) -> str:
    asked = {"sub": "orders-service", "aud": "crdb", "lifetime": "1"}
    return trusted.issuer.token(asked)
