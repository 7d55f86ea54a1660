"""The SQL that is sent for the claim tables, word for word."""

from collections.abc import Iterable
from datetime import datetime, timezone

from psycopg import sql

from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.plan.steps import Announce, Retire
from crdb_sso.registry.claims import Claim, Entry, Kind

TABLES = RegistryTables("crdb_sso")
CLAIMS = (
    Claim(Entry(Kind.USER, "app"), "me", "LOGIN", found=False),
    Claim(Entry(Kind.LINE, "i s app"), "me", "i s app", found=True),
)


def texts(statements: Iterable[sql.Composable]) -> list[str]:
    return [" ".join(statement.as_string(None).split()) for statement in statements]


def test_the_statements_that_create_a_registry_may_run_again() -> None:
    made = texts(TABLES.create(3))

    assert [statement.partition(" (")[0] for statement in made] == [
        'CREATE DATABASE IF NOT EXISTS "crdb_sso"',
        'CREATE TABLE IF NOT EXISTS "crdb_sso"."public"."claims"',
        'CREATE TABLE IF NOT EXISTS "crdb_sso"."public"."found_text"',
        'CREATE TABLE IF NOT EXISTS "crdb_sso"."public"."meta"',
        'CREATE TABLE IF NOT EXISTS "crdb_sso"."public"."owners"',
        'CREATE TABLE IF NOT EXISTS "crdb_sso"."public"."retiring"',
        'CREATE TABLE IF NOT EXISTS "crdb_sso"."public"."lease"',
        'INSERT INTO "crdb_sso"."public"."lease"',
        'INSERT INTO "crdb_sso"."public"."meta"',
        (
            'UPDATE "crdb_sso"."public"."meta" SET value = \'3\''
            " WHERE key = 'schema_version' AND value::INT < '3'::INT"
        ),
    ]
    assert [statement.partition(" (")[2] for statement in made[1:9]] == [
        (
            " kind STRING NOT NULL, entry STRING NOT NULL, owner STRING NOT NULL, text STRING NOT"
            " NULL, found BOOL NOT NULL, since TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY"
            " (kind, entry, owner) )"
        ),
        "setting STRING PRIMARY KEY, text STRING)",
        "key STRING PRIMARY KEY, value STRING NOT NULL)",
        (
            " instance STRING PRIMARY KEY, owner STRING NOT NULL, begun TIMESTAMPTZ NOT NULL,"
            " completed TIMESTAMPTZ )"
        ),
        (
            " entry STRING NOT NULL, owner STRING NOT NULL, until TIMESTAMPTZ NOT NULL, PRIMARY KEY"
            " (entry, owner) )"
        ),
        (
            " id INT PRIMARY KEY, holder STRING NOT NULL, token UUID NOT NULL,"
            " since TIMESTAMPTZ NOT NULL, until TIMESTAMPTZ NOT NULL )"
        ),
        (
            "id, holder, token, since, until) VALUES (1, '', gen_random_uuid(), now(), now())"
            " ON CONFLICT (id) DO NOTHING"
        ),
        (
            "key, value) VALUES ('schema_version', '3'), ('cluster_id', gen_random_uuid()::STRING)"
            " ON CONFLICT (key) DO NOTHING"
        ),
    ]


def test_a_lease_is_taken_kept_and_released_by_its_token_and_the_clusters_clock() -> None:
    (taken, take), (kept, keep), (given, give) = (
        TABLES.take_lease("me on host", "t-1", 60),
        TABLES.keep_lease("t-1", 60),
        TABLES.give_lease_back("t-1"),
    )

    assert texts([taken, kept, given]) == [
        (
            'UPDATE "crdb_sso"."public"."lease" SET holder = %s, token = %s::UUID, since = now(),'
            " until = now() + %s::FLOAT * '1s'::INTERVAL"
            " WHERE id = 1 AND (until <= now() OR token = %s::UUID"
            " OR until > now() + %s::FLOAT * '1s'::INTERVAL)"
        ),
        (
            'UPDATE "crdb_sso"."public"."lease" SET until = CASE WHEN token = %s::UUID'
            " THEN now() + %s::FLOAT * '1s'::INTERVAL END WHERE id = 1"
        ),
        (
            'UPDATE "crdb_sso"."public"."lease" SET until = now(), token = gen_random_uuid()'
            " WHERE id = 1 AND token = %s::UUID"
        ),
    ]
    assert take == ["me on host", "t-1", 60, "t-1", 3660]
    assert (keep, give) == (["t-1", 60], ["t-1"])


def test_a_change_says_when_it_begins_and_when_it_is_completed() -> None:
    (begun, named), *_ = TABLES.announce_claims(Announce("me", "uuid"))
    completed, ended = TABLES.complete("uuid")
    forgotten, gone = TABLES.forget("uuid")
    *_, (taken_over, former) = TABLES.release_claims(Retire(owners=("killed",)))

    assert texts([begun, completed, forgotten, taken_over]) == [
        (
            'INSERT INTO "crdb_sso"."public"."owners" (instance, owner, begun) VALUES (%s, %s,'
            " now()) ON CONFLICT (instance) DO UPDATE SET owner = excluded.owner, begun ="
            " excluded.begun"
        ),
        'UPDATE "crdb_sso"."public"."owners" SET completed = now() WHERE instance = %s',
        'DELETE FROM "crdb_sso"."public"."owners" WHERE instance = %s',
        'DELETE FROM "crdb_sso"."public"."owners" WHERE instance = ANY(%s::STRING[])',
    ]
    assert (named, ended, gone, former) == (["uuid", "me"], ["uuid"], ["uuid"], [["killed"]])


NOT_RETIRING = (
    'DELETE FROM "crdb_sso"."public"."retiring" WHERE (entry, owner) IN'
    " (SELECT * FROM unnest(%s::STRING[], %s::STRING[]))"
)


def test_the_end_of_a_claim_is_stored_and_deleted_with_it() -> None:
    until = datetime(2026, 11, 25, 6, tzinfo=timezone.utc)
    retired = Claim(Entry(Kind.KEY, "k1"), "me", "{}", found=False, until=until)
    _, (noted, noted_columns) = TABLES.announce_claims(Announce(claims=(retired, *CLAIMS)))
    ((again, again_columns),) = TABLES.announce_claims(Announce(wanted_again=(retired,)))
    _, (gone, gone_columns) = TABLES.release_claims(Retire(claims=(*CLAIMS, retired)))

    assert texts([noted, again, gone]) == [
        (
            'INSERT INTO "crdb_sso"."public"."retiring" (entry, owner, until) SELECT * FROM'
            " unnest(%s::STRING[], %s::STRING[], %s::TIMESTAMPTZ[])"
            " ON CONFLICT (entry, owner) DO UPDATE SET until = excluded.until"
        ),
        NOT_RETIRING,
        NOT_RETIRING,
    ]
    assert noted_columns == [["k1"], ["me"], [until]]
    assert again_columns == gone_columns == [["k1"], ["me"]]


def test_claims_are_announced_in_columns_and_found_texts_are_never_overwritten() -> None:
    step = Announce(claims=CLAIMS, found_texts={"server.x": None, "user app": "LOGIN"})

    (claims, claim_columns), (found, found_columns) = TABLES.announce_claims(step)

    assert texts([claims, found]) == [
        (
            'INSERT INTO "crdb_sso"."public"."claims" (kind, entry, owner, text, found,'
            " since) SELECT kind, entry, owner, text, found, coalesce(since, now()) FROM"
            " unnest(%s::STRING[], %s::STRING[], %s::STRING[], %s::STRING[], %s::BOOL[],"
            " %s::TIMESTAMPTZ[]) AS claimed (kind, entry, owner, text, found, since)"
            " ON CONFLICT (kind, entry, owner)"
            " DO UPDATE SET text = excluded.text, found = excluded.found"
        ),
        (
            'INSERT INTO "crdb_sso"."public"."found_text" (setting, text) SELECT * FROM'
            " unnest(%s::STRING[], %s::STRING[]) ON CONFLICT (setting) DO NOTHING"
        ),
    ]
    assert claim_columns == [
        ["user", "map line"],
        ["app", "i s app"],
        ["me", "me"],
        ["LOGIN", "i s app"],
        [False, True],
        [None, None],
    ]
    assert found_columns == [["server.x", "user app"], [None, "LOGIN"]]


def test_nothing_to_claim_sends_nothing() -> None:
    assert list(TABLES.announce_claims(Announce())) == []


def test_claims_are_released_by_kind_entry_and_owner() -> None:
    step = Retire(claims=CLAIMS, found_keys=("server.x",))

    (claims, claim_columns), (found, found_columns) = TABLES.release_claims(step)

    assert texts([claims, found]) == [
        (
            'DELETE FROM "crdb_sso"."public"."claims" WHERE (kind, entry, owner) IN'
            " (SELECT * FROM unnest(%s::STRING[], %s::STRING[], %s::STRING[]))"
        ),
        'DELETE FROM "crdb_sso"."public"."found_text" WHERE setting = ANY(%s::STRING[])',
    ]
    assert claim_columns == [["user", "map line"], ["app", "i s app"], ["me", "me"]]
    assert found_columns == [["server.x"]]


def test_found_texts_that_others_need_are_not_deleted() -> None:
    assert len(list(TABLES.release_claims(Retire(claims=CLAIMS)))) == 1
