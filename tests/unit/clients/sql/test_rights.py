"""The SQL about the rights on the claim tables, word for word."""

from collections.abc import Iterable

from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.rights import (
    closing,
    count_question,
    grant_question,
    opening,
    owned,
    owner_questions,
    registry_statements,
    taking_over,
)
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.registry.ownership import DATABASE, SCHEMA, TABLE, Owned

TABLES = RegistryTables("sso-x")
MINE = (
    Owned(DATABASE, "sso-x", "mallory"),
    Owned(SCHEMA, "public", "mallory"),
    Owned(TABLE, "claims", "mallory"),
)


def texts(statements: Iterable[Statement]) -> list[str]:
    return [" ".join(statement.as_string(None).split()) for statement, _ in statements]


def test_what_public_gets_from_the_cluster_is_taken_away() -> None:
    assert texts(closing(TABLES)) == [
        'REVOKE ALL ON DATABASE "sso-x" FROM public',
        'REVOKE CREATE ON SCHEMA "sso-x".public FROM public',
    ]
    assert texts(closing(TABLES, "ops", ""))[2:] == [
        'GRANT USAGE ON SCHEMA "sso-x".public TO "ops"'
    ]


def test_writers_use_the_tables_and_readers_read_them() -> None:
    assert texts(opening(TABLES, "ops", "")) == [
        'CREATE ROLE IF NOT EXISTS "ops"',
        'GRANT CONNECT ON DATABASE "sso-x" TO "ops"',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "sso-x".public.* TO "ops"',
    ]
    assert texts(opening(TABLES, "", "eyes")) == [
        'CREATE ROLE IF NOT EXISTS "eyes"',
        'GRANT CONNECT ON DATABASE "sso-x" TO "eyes"',
        'REVOKE INSERT, UPDATE, DELETE ON "sso-x".public.* FROM "eyes"',
        'GRANT SELECT ON "sso-x".public.* TO "eyes"',
    ]
    assert opening(TABLES, "", "") == []


def test_taking_over_gives_to_admin_and_takes_from_the_others() -> None:
    assert texts(taking_over(TABLES, MINE, ("mallory", "public"))) == [
        'ALTER DATABASE "sso-x" OWNER TO "admin"',
        'REVOKE ALL ON DATABASE "sso-x" FROM "mallory"',
        'ALTER SCHEMA "sso-x".public OWNER TO "admin"',
        'REVOKE ALL ON SCHEMA "sso-x".public FROM "mallory"',
        'ALTER TABLE "sso-x"."public"."claims" OWNER TO "admin"',
        'REVOKE ALL ON TABLE "sso-x"."public"."claims" FROM "mallory"',
        'REVOKE ALL ON TABLE "sso-x"."public"."claims" FROM public',
    ]


def test_what_is_taken_over_is_counted_and_its_grants_are_looked_at() -> None:
    questions = [count_question(TABLES, MINE[2]), *(grant_question(TABLES, m) for m in MINE)]

    asked = "SELECT DISTINCT grantee FROM [SHOW GRANTS ON {}] WHERE NOT grantee = ANY(%s)"
    assert texts(questions) == [
        'SELECT count(*) FROM "sso-x"."public"."claims"',
        asked.format('DATABASE "sso-x"'),
        asked.format('SCHEMA "sso-x".public'),
        asked.format('TABLE "sso-x"."public"."claims"'),
    ]
    assert [columns for _, columns in questions] == [
        None,
        [["admin", "root", "public"]],
        [["admin", "root", "public"]],
        [["admin", "root"]],
    ]


def test_every_claim_table_is_asked_for_its_owner_and_no_row_of_it() -> None:
    questions = owner_questions(TABLES)

    assert [columns for _, columns in questions] == [["sso-x"], None, [list(TABLES.tables)]]
    assert set(TABLES.tables) >= {"meta", "claims", "found_text", "lease"}
    assert not any('"public"."' in text for text in texts(questions))


def test_answers_are_values_and_missing_ones_are_nothing() -> None:
    rows = [[("database", "sso-x", "op", False, True)], None, [("table", "meta", "", False, False)]]

    assert owned(rows) == (
        Owned(DATABASE, "sso-x", "op", is_operators=True),
        Owned(TABLE, "meta", ""),
    )


def test_the_statements_to_run_by_hand_create_close_and_open() -> None:
    printed = registry_statements(TABLES, "ops", "eyes")
    firsts = [text.split(" (")[0] for text in printed]

    assert firsts[0] == 'CREATE DATABASE IF NOT EXISTS "sso-x";'
    assert 'GRANT SELECT ON "sso-x".public.* TO "eyes";' in firsts
    assert firsts[-4:] == [
        'REVOKE ALL ON DATABASE "sso-x" FROM public;',
        'REVOKE CREATE ON SCHEMA "sso-x".public FROM public;',
        'GRANT USAGE ON SCHEMA "sso-x".public TO "ops";',
        'GRANT USAGE ON SCHEMA "sso-x".public TO "eyes";',
    ]
    assert all(text.endswith(";") and text.count(";") == 1 for text in printed)
