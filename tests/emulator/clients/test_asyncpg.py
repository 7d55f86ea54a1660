"""The embedded cluster as asyncpg sees it: it answers rightly, or refuses."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from tests.emulator.token_login import JWT, TokenLogin
from tests.support.event_loops import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TABLE = (
    "CREATE TABLE things (n INT PRIMARY KEY, name STRING, at TIMESTAMPTZ, id UUID, doc JSONB,"
    " raw BYTES, ok BOOL, tags STRING[], price DECIMAL, share FLOAT, day DATE)"
)
INSERT = "INSERT INTO things VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
ROW = (
    1,
    "één",
    dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.timezone.utc),
    uuid.UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
    '{"a": [1, null]}',
    b"\0\xff",
    True,
    ["a", "b"],
    Decimal("1.50"),
    2.5,
    dt.date(2026, 1, 2),
)


async def connect(login: TokenLogin, token: str = "") -> Any:
    return await asyncpg.connect(
        host=login.host,
        port=login.port,
        user=login.user,
        password=token or login.token,
        database=login.database,
        ssl=login.tls(),
        server_settings={"options": JWT},
    )


def with_session(login: TokenLogin, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run something in a session, and return what it returns."""

    async def in_session() -> Any:
        session = await connect(login)
        try:
            return await work(session)
        finally:
            await session.close()

    return run(in_session())


def test_a_token_opens_a_session_of_a_cockroachdb(login: TokenLogin) -> None:
    async def work(session: Any) -> Any:
        assert session.get_settings().crdb_version.startswith("CockroachDB CCL v25.2")
        return await session.fetchrow("SELECT current_user, current_database()")

    assert tuple(with_session(login, work)) == (login.user, login.database)


def test_a_token_for_another_audience_is_refused(login: TokenLogin) -> None:
    with pytest.raises(asyncpg.PostgresError) as raised:
        run(connect(login, login.other_token))
    assert (raised.value.sqlstate, str(raised.value).splitlines()[0]) == (
        "28000",
        "JWT authentication: invalid audience",
    )
    assert raised.value.detail == "token issued with an audience of [another audience]"


def test_values_of_all_types_come_back_from_prepared_statements(login: TokenLogin) -> None:
    async def work(session: Any) -> Any:
        await session.execute(TABLE)
        status = await session.execute(INSERT, *ROW)
        read = await session.prepare("SELECT * FROM things WHERE n = $1")
        types = [attribute.type.name for attribute in read.get_attributes()]
        return status, types, tuple(await read.fetchrow(1)), await read.fetch(2)

    status, types, row, none = with_session(login, work)
    assert (status, row, none) == ("INSERT 0 1", ROW, [])
    assert types == [
        *("int8", "text", "timestamptz", "uuid", "jsonb", "bytea", "bool", "text[]", "numeric"),
        *("float8", "date"),
    ]


def test_transactions_nest_and_roll_back(login: TokenLogin) -> None:
    async def work(session: Any) -> Any:
        await session.execute("CREATE TABLE things (n INT PRIMARY KEY)")

        async def insert(*numbers: int) -> None:
            async with session.transaction():
                for n in numbers:
                    await session.execute("INSERT INTO things VALUES ($1)", n)

        async with session.transaction():
            await insert(1)
            with pytest.raises(asyncpg.UniqueViolationError):
                await insert(2, 1)
        return await session.fetch("SELECT n FROM things")

    assert [tuple(row) for row in with_session(login, work)] == [(1,)]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("serializable", "serializable"),
        ("repeatable_read", "serializable"),
        ("read_committed", "read committed"),
        ("read_uncommitted", "read committed"),
    ],
)
def test_a_transaction_says_which_isolation_it_has(
    login: TokenLogin, asked: str, given: str
) -> None:
    async def work(session: Any) -> Any:
        async with session.transaction(isolation=asked):
            return await session.fetchval("SHOW transaction_isolation")

    assert with_session(login, work) == given


def test_a_cursor_reads_in_steps(login: TokenLogin) -> None:
    async def work(session: Any) -> Any:
        await session.execute("CREATE TABLE things (n INT PRIMARY KEY)")
        await session.executemany("INSERT INTO things VALUES ($1)", [(n,) for n in range(10)])
        async with session.transaction():
            numbers = session.cursor("SELECT n FROM things ORDER BY n", prefetch=3)
            return [row["n"] async for row in numbers]

    assert with_session(login, work) == list(range(10))


def test_a_statement_that_takes_too_long_is_cancelled_and_the_session_goes_on(
    login: TokenLogin,
) -> None:
    async def work(session: Any) -> Any:
        with pytest.raises(asyncio.TimeoutError):
            await session.fetchval("SELECT pg_sleep(60)", timeout=0.2)
        return await session.fetchval("SELECT 1")

    assert with_session(login, work) == 1


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        (
            "INSERT INTO things VALUES (1)",
            asyncpg.UniqueViolationError,
            'duplicate key value violates unique constraint "things_pkey"',
        ),
        (
            "INSERT INTO things VALUES (NULL)",
            asyncpg.NotNullViolationError,
            'null value in column "n" violates not-null constraint',
        ),
        ("SELECT * FROM nothing", asyncpg.UndefinedTableError, 'relation "nothing" does not exist'),
        ("SELECT m FROM things", asyncpg.UndefinedColumnError, 'column "m" does not exist'),
        ("SELEC 1", asyncpg.FeatureNotSupportedError, "the statement SELEC 1 is not implemented"),
        ("LISTEN things", asyncpg.FeatureNotSupportedError, "the statement LISTEN"),
    ],
)
def test_errors_keep_their_sqlstate(
    login: TokenLogin, statement: str, error: type[Exception], message: str
) -> None:
    async def work(session: Any) -> Any:
        await session.execute("CREATE TABLE things (n INT PRIMARY KEY)")
        await session.execute("INSERT INTO things VALUES (1)")
        with pytest.raises(error) as raised:
            await session.fetch(statement)
        return str(raised.value), await session.fetchval("SELECT count(*) FROM things")

    said, still_there = with_session(login, work)
    assert said.startswith(message)
    assert still_there == 1


def test_copy_is_refused_and_its_data_ignored(login: TokenLogin) -> None:
    async def work(session: Any) -> Any:
        await session.execute("CREATE TABLE things (n INT PRIMARY KEY)")
        with pytest.raises(asyncpg.FeatureNotSupportedError):
            await session.copy_records_to_table("things", records=[(1,)])
        return await session.fetchval("SELECT count(*) FROM things")

    assert with_session(login, work) == 0


def test_a_pool_hands_out_sessions_that_are_reset(login: TokenLogin) -> None:
    async def work() -> Any:
        pool = await asyncpg.create_pool(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.token,
            database=login.database,
            ssl=login.tls(),
            server_settings={"options": JWT},
            min_size=1,
            max_size=1,
        )
        async with pool:
            async with pool.acquire() as session:
                first = await session.fetchval("SELECT current_user")
            async with pool.acquire() as session:
                return first, await session.fetchval("SELECT current_user")

    assert run(work()) == (login.user, login.user)
