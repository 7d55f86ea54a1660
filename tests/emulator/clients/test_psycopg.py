"""The embedded cluster as psycopg sees it: prepared, in pipelines, in binary."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.types.json import Jsonb

from tests.emulator.embedded import refusal, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.emulator.embedded import Connection
    from tests.emulator.token_login import TokenLogin

TABLE = (
    b"CREATE TABLE things (n INT PRIMARY KEY, name STRING, at TIMESTAMPTZ, id UUID, doc JSONB,"
    b" raw BYTES, ok BOOL, tags STRING[], price DECIMAL, share FLOAT, day DATE, span INTERVAL)"
)
INSERT = "INSERT INTO things VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
ROW = (
    1,
    "één",
    dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.timezone.utc),
    uuid.UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
    {"a": [1, None]},
    b"\0\xff",
    True,
    ["a", "b"],
    Decimal("1.50"),
    2.5,
    dt.date(2026, 1, 2),
    dt.timedelta(hours=36),
)


@pytest.fixture
def session(login: TokenLogin) -> Iterator[Connection]:
    with psycopg.connect(**login.libpq(), autocommit=True) as opened:
        yield opened


def test_a_token_for_another_audience_is_refused(login: TokenLogin) -> None:
    with pytest.raises(psycopg.OperationalError, match="JWT authentication: invalid audience"):
        psycopg.connect(**login.libpq(password=login.other_token))


@pytest.mark.parametrize("mark", ["%s", "%b", "%t"])
@pytest.mark.parametrize("binary", [False, True])
def test_values_of_all_types_come_back_in_text_and_binary(
    session: Connection, mark: str, *, binary: bool
) -> None:
    session.execute(TABLE)
    given = [Jsonb(value) if isinstance(value, dict) else value for value in ROW]
    session.execute(INSERT.replace("%s", mark).encode(), given, binary=binary)
    assert session.execute("SELECT * FROM things", binary=binary).fetchall() == [ROW]


def test_prepared_statements_are_kept_and_dropped(session: Connection) -> None:
    session.execute(b"CREATE TABLE things (n INT PRIMARY KEY)")
    session.prepared_max = 2
    for n in range(6):
        session.execute(b"INSERT INTO things VALUES (%s)", [n], prepare=True)
        asked = f"SELECT n AS n{n} FROM things WHERE n = %s"  # noqa: S608 - a number of ours
        assert session.execute(asked.encode(), [n], prepare=True).fetchall() == [(n,)]
    session.execute(b"DEALLOCATE ALL")
    assert rows(session, "SELECT count(*) FROM things") == [(6,)]


def test_a_pipeline_keeps_its_order_and_ends_at_its_first_error(login: TokenLogin) -> None:
    with psycopg.connect(**login.libpq()) as session:
        session.execute(b"CREATE TABLE things (n INT PRIMARY KEY)")
        session.commit()
        with session.pipeline():
            one = session.execute(b"INSERT INTO things VALUES (1) RETURNING n")
            count = session.execute(b"SELECT count(*) FROM things")
        assert (one.fetchone(), count.fetchone()) == ((1,), (1,))
        session.commit()
        with pytest.raises(psycopg.errors.UndefinedTable):
            _in_pipeline(
                session,
                b"INSERT INTO things VALUES (2)",
                b"SELECT * FROM nothing",
                b"INSERT INTO things VALUES (3)",
            )
        session.rollback()
        assert rows(session, "SELECT n FROM things") == [(1,)]


def _in_pipeline(session: Connection, *statements: bytes) -> None:
    with session.pipeline() as pipeline:
        for statement in statements:
            session.execute(statement)
        pipeline.sync()


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (IsolationLevel.SERIALIZABLE, "serializable"),
        (IsolationLevel.REPEATABLE_READ, "serializable"),
        (IsolationLevel.READ_COMMITTED, "read committed"),
        (IsolationLevel.READ_UNCOMMITTED, "read committed"),
        (None, "serializable"),
    ],
)
def test_a_transaction_says_which_isolation_it_has(
    login: TokenLogin, asked: IsolationLevel | None, given: str
) -> None:
    with psycopg.connect(**login.libpq()) as session:
        session.isolation_level = asked
        assert rows(session, "SHOW TRANSACTION ISOLATION LEVEL") == [(given,)]
        assert rows(session, "SHOW transaction_isolation") == [(given,)]


@pytest.mark.parametrize(
    "chosen",
    [
        "SET default_transaction_isolation = 'read committed'",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ],
)
def test_a_session_may_choose_its_isolation(session: Connection, chosen: str) -> None:
    session.execute(chosen.encode())
    for name in ("default_transaction_isolation", "transaction_isolation"):
        assert rows(session, f"SHOW {name}") == [("read committed",)]
    session.execute(b"RESET default_transaction_isolation")
    assert rows(session, "SHOW transaction_isolation") == [("serializable",)]


def test_an_isolation_that_does_not_exist_is_refused(session: Connection) -> None:
    assert refusal(session, "SET default_transaction_isolation = 'chaos'") == (
        "22023",
        'invalid value for parameter "default_transaction_isolation": "chaos"',
    )


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(lambda s: s.execute(b"SET TRANSACTION READ ONLY"), id="SET TRANSACTION"),
        pytest.param(lambda s: s.set_read_only(True), id="BEGIN READ ONLY"),
        pytest.param(
            lambda s: s.execute(
                b"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
            ).connection.commit(),
            id="SET SESSION CHARACTERISTICS",
        ),
        pytest.param(
            lambda s: s.execute(b"SET default_transaction_read_only = on").connection.commit(),
            id="SET default_transaction_read_only",
        ),
    ],
)
def test_what_is_read_only_is_not_written(
    login: TokenLogin, chosen: Callable[[Connection], Any]
) -> None:
    with psycopg.connect(**login.libpq()) as session:
        session.execute(b"CREATE TABLE things (n INT PRIMARY KEY)")
        session.commit()
        chosen(session)
        assert rows(session, "SHOW transaction_read_only") == [("on",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            session.execute(b"INSERT INTO things VALUES (1)")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("SELECT n FROM things ORDER BY m", [2, 1, 3], id="first"),
        pytest.param("SELECT n FROM things ORDER BY m DESC", [3, 1, 2], id="last when falling"),
        pytest.param("SELECT n FROM things ORDER BY m ASC LIMIT 1", [2], id="before LIMIT"),
        pytest.param("SELECT n FROM things ORDER BY m NULLS LAST", [1, 3, 2], id="as it says"),
        pytest.param(
            "SELECT n FROM (SELECT * FROM things ORDER BY (m), n DESC LIMIT 2) AS x ORDER BY n",
            [1, 2],
            id="in a subquery",
        ),
        pytest.param("SELECT unnest(array_agg(n ORDER BY m)) FROM things", [2, 1, 3], id="inside"),
    ],
)
def test_null_comes_first(session: Connection, statement: str, expected: list[int]) -> None:
    session.execute(b"CREATE TABLE things (n INT PRIMARY KEY, m INT)")
    session.execute(b"INSERT INTO things VALUES (1, 10), (2, NULL), (3, 20)")
    assert [n for (n,) in rows(session, statement)] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("upper('één')", "ÉÉN", id="upper case beyond ASCII"),
        pytest.param("lower('ÉÉN')", "één", id="lower case beyond ASCII"),
        pytest.param("'É' ILIKE 'é'", True, id="ILIKE beyond ASCII"),
        pytest.param("'Z' < 'a'", True, id="order by bytes"),
        pytest.param("length('één')", 3, id="length in characters"),
        pytest.param("'crdb' ~ '^c.*b$'", True, id="a regular expression"),
        pytest.param("'crdb' !~* '^[[:digit:]]+$'", True, id="a class"),
    ],
)
def test_expressions_have_the_values_of_cockroachdb(
    session: Connection, expression: str, expected: object
) -> None:
    assert rows(session, f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SELECT 7 / 2", id="division, a decimal there"),
        pytest.param("SELECT extract(year FROM now())", id="extract, a float there"),
        pytest.param(r"SELECT 'aa' ~ '(a)\1'", id="a pattern that RE2 lacks"),
        pytest.param("SELECT 'a' ~ '(?=a)'", id="a group that RE2 lacks"),
        pytest.param("SELECT 'a' ~ lower('A')", id="a pattern nobody can read"),
        pytest.param("COPY things FROM STDIN", id="COPY"),
        pytest.param("DECLARE c CURSOR FOR SELECT 1", id="a cursor"),
        pytest.param("PREPARE TRANSACTION 'x'", id="two-phase commit"),
        pytest.param(
            "SET transaction_isolation = 'serializable'", id="a variable of the transaction"
        ),
        pytest.param("SET null_ordered_last = on", id="a variable not imitated"),
        pytest.param("SHOW distsql", id="another"),
        pytest.param("SELECT column_default FROM information_schema.columns", id="a column"),
        pytest.param("SELECT d.datlastsysoid FROM pg_catalog.pg_database d", id="another column"),
    ],
)
def test_what_would_be_answered_wrongly_is_refused(session: Connection, statement: str) -> None:
    assert refusal(session, statement)[0] == "0A000"


def test_an_array_is_an_array_to_the_information_schema(session: Connection) -> None:
    session.execute(b"CREATE TABLE things (n INT PRIMARY KEY, tags STRING[])")
    asked = "SELECT column_name, data_type FROM information_schema.columns ORDER BY 1"
    assert rows(session, asked) == [("n", "bigint"), ("tags", "ARRAY")]
