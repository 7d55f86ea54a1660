"""What PostgreSQL runs: names exchanged, everything else in the client's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dev.emulator.statements.reader import plans
from dev.emulator.statements.tokens import join, statements

if TYPE_CHECKING:
    from dev.emulator.statements.plan import Plan


def tight(sql: str) -> str:
    """Return SQL without the blanks that separate its tokens."""
    return " ".join(sql.split())


def planned(sql: str) -> Plan:
    (plan,) = plans(sql)
    return plan


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1 -- a remark", "SELECT 1"),
        ("SELECT /* here */ 1", "SELECT 1"),
        ("SELECT ';', $$;$$, E'\\';'", "SELECT ';' , $$;$$ , E'\\';'"),
        ("SELECT $1::STRING", "SELECT $1 :: TEXT"),
        ("SELECT $1::STRING[]", "SELECT $1 :: TEXT [ ]"),
        ("SELECT CAST(a AS INT) AS string", "SELECT CAST ( a AS INT8 ) AS string"),
        ("SELECT 'INT', \"INT\"", "SELECT 'INT' , \"INT\""),
        ("SELECT * FROM t", "SELECT * FROM t"),
        ("SELECT * FROM public.t", 'SELECT * FROM "t"'),
        ("SELECT * FROM D.T", 'SELECT * FROM "d.public"."t"'),
        ('SELECT * FROM "D"."T"', 'SELECT * FROM "D.public"."T"'),
        ("SELECT * FROM d.public.t AS x", 'SELECT * FROM "d.public"."t" AS x'),
        (
            "SELECT d.public.t.a, t.b FROM d.t",
            'SELECT "d.public"."t" . a , t . b FROM "d.public"."t"',
        ),
        ("SELECT * FROM t WHERE d = 'd.t'", "SELECT * FROM t WHERE d = 'd.t'"),
        ("SELECT n FROM t ORDER BY n", "SELECT n FROM t ORDER BY n NULLS FIRST"),
        (
            "SELECT n FROM t ORDER BY coalesce(n, 1) DESC, m LIMIT 1",
            "SELECT n FROM t ORDER BY coalesce ( n , 1 ) DESC NULLS LAST , m NULLS FIRST LIMIT 1",
        ),
        ("SELECT n FROM t ORDER BY n NULLS LAST", "SELECT n FROM t ORDER BY n NULLS LAST"),
        (
            "SELECT array_agg(n ORDER BY m) FROM t",
            "SELECT array_agg ( n ORDER BY m NULLS FIRST ) FROM t",
        ),
        ("SELECT * FROM pg_roles", 'SELECT * FROM emulator."pg_roles"'),
        ("SELECT pg_catalog.version()", "SELECT emulator.version ( )"),
        ("SELECT version FROM t", "SELECT version FROM t"),
        ("select current_catalog", "select emulator.current_database()"),
        (
            "SELECT t.current_catalog, a AS current_catalog FROM t",
            "SELECT t . current_catalog , a AS current_catalog FROM t",
        ),
        ("SELECT pg_advisory_lock(1)", "SELECT emulator.pg_advisory_lock ( 1 )"),
        (
            "WITH x AS (SELECT * FROM d.t) SELECT * FROM x",
            'WITH x AS ( SELECT * FROM "d.public"."t" ) SELECT * FROM x',
        ),
        (
            "SELECT u.username FROM [SHOW USERS] AS u",
            (
                "SELECT u . username FROM (SELECT username, array_to_string(options, ', ') AS "
                "options, member_of FROM emulator.users_and_options()) AS u"
            ),
        ),
        (
            "SELECT count(*) FROM [SHOW DATABASES]",
            'SELECT count ( * ) FROM (SELECT * FROM emulator.databases()) AS "show"',
        ),
        (
            'CREATE TABLE t (a STRING PRIMARY KEY, b INT, "INT" BYTES)',
            'CREATE TABLE t ( a TEXT PRIMARY KEY , b INT8 , "INT" BYTEA )',
        ),
        ("DROP TABLE a.t, b.t", 'DROP TABLE "a.public"."t" , "b.public"."t"'),
        (
            'UPSERT INTO d.T ("Key", v) VALUES ($1, $2)',
            (
                'INSERT INTO "d.public"."t" ( "Key" , v ) VALUES ( $1 , $2 ) ON CONFLICT '
                'ON CONSTRAINT "t_pkey" DO UPDATE SET "Key" = excluded."Key", v = excluded.v'
            ),
        ),
        (
            "UPSERT INTO t (a) SELECT b FROM u RETURNING a",
            (
                'INSERT INTO t ( a ) SELECT b FROM u ON CONFLICT ON CONSTRAINT "t_pkey" '
                "DO UPDATE SET a = excluded.a RETURNING a"
            ),
        ),
        (
            "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY",
            "BEGIN ISOLATION LEVEL read committed READ ONLY",
        ),
        ("START TRANSACTION PRIORITY HIGH", "BEGIN"),
        ("END", "COMMIT"),
        ("ABORT WORK", "ROLLBACK"),
        ("RELEASE SAVEPOINT Here", 'RELEASE SAVEPOINT "here"'),
        ("ROLLBACK TO here", 'ROLLBACK TO SAVEPOINT "here"'),
        ("GRANT SELECT ON t TO U, public", 'GRANT SELECT ON "t" TO "u", PUBLIC'),
        (
            "GRANT ALL ON d.* TO u WITH GRANT OPTION",
            (
                'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "d.public" TO "u" '
                "WITH GRANT OPTION"
            ),
        ),
        (
            "REVOKE GRANT OPTION FOR INSERT ON TABLE d.t FROM u",
            'REVOKE GRANT OPTION FOR INSERT ON "d.public"."t" FROM "u"',
        ),
    ],
)
def test_a_statement_becomes_what_postgres_runs(statement: str, expected: str) -> None:
    assert tight(planned(statement).sql) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("true", "(true)::text, pg_typeof(true)::text"),
        ("ON", "(true)::text, pg_typeof(true)::text"),
        ("id_token", "('id_token')::text, pg_typeof('id_token')::text"),
        ("server.x", "('server.x')::text, pg_typeof('server.x')::text"),
        ("'a' || 'b'", "('a' || 'b')::text, pg_typeof('a' || 'b')::text"),
        ("$1", "($1)::text, pg_typeof($1)::text"),
        (" E'a\\\\1'", "(E'a\\\\1')::text, pg_typeof(E'a\\\\1')::text"),
    ],
)
def test_the_value_of_a_setting_is_evaluated_by_postgres(statement: str, expected: str) -> None:
    plan = planned(f"SET CLUSTER SETTING server.jwt_authentication.claim = {statement}")
    call = "CALL emulator.offer_setting('server.jwt_authentication.claim', NULL, 's', "
    assert plan.sql == call + expected + ")"


@pytest.mark.parametrize(
    ("statement", "names", "given"),
    [
        ("CREATE USER u", [], []),
        ("CREATE ROLE u", ["NOLOGIN"], ["NULL"]),
        ("CREATE ROLE u LOGIN", ["LOGIN"], ["NULL"]),
        ("CREATE USER u WITH PASSWORD NULL", ["PASSWORD"], ["NULL"]),
        ("CREATE USER u PASSWORD $1", ["PASSWORD"], ["($1)::text"]),
        ("CREATE USER u ENCRYPTED PASSWORD bare", ["PASSWORD"], ["'bare'"]),
        (
            "CREATE USER u CREATEDB VALID UNTIL '2030-01-01'",
            ["CREATEDB", "VALID UNTIL"],
            ["NULL", "('2030-01-01')::text"],
        ),
    ],
)
def test_role_options_are_passed_on(statement: str, names: list[str], given: list[str]) -> None:
    quoted = ", ".join(f"'{name}'" for name in names)
    expected = (
        f"CALL emulator.create_role('u', NULL, false, ARRAY[{quoted}]::text[], "
        f"ARRAY[{', '.join(given)}]::text[])"
    )
    assert planned(statement).sql == expected


@pytest.mark.parametrize("word", ["admin", "grant", "if", "role", "cascade", "option", "with"])
def test_words_of_the_grammar_can_be_names(word: str) -> None:
    assert f"'{word}'" in planned(f"GRANT {word} TO {word}").sql
    assert f"'{word}'" in planned(f"REVOKE {word} FROM {word}").sql
    assert f"'{word}'" in planned(f"DROP USER {word}").sql


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ; ;", []),
        ("a;b", ["a", "b"]),
        ("a ';' b; c", ["a ';' b", "c"]),
        ('"a;""b"', ['"a;""b"']),
        ("$$;$$;$x$ $$ $x$", ["$$;$$", "$x$ $$ $x$"]),
        ("E'\\';';b", ["E'\\';'", "b"]),
        ("'\\';b", ["'\\'", "b"]),
        ("a--;\nb", ["a b"]),
        ("a/*;*/b", ["a b"]),
        ("$1::int", ["$1 :: int"]),
        ("a->>'b'", ["a ->> 'b'"]),
        ("1.5e3-.5", ["1.5e3 - .5"]),
    ],
)
def test_a_string_is_cut_at_its_semicolons(text: str, expected: list[str]) -> None:
    assert [join(tokens) for tokens in statements(text)] == expected
