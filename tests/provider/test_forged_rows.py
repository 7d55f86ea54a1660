"""Rows that somebody forges in the claim tables: they change nothing on the cluster.

Whoever may write the claim tables, and nothing else, may write anything into them.
"""

from typing import Any

import pytest

from tests.support.provider_calls import (
    ISSUER,
    KEY_1,
    OWNER,
    create,
    delete,
    identity,
    other_wish,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

OTHER, EVIL = "org/other/prod/sso", "org/evil/dev/sso"
ENABLED = "server.jwt_authentication.enabled"
HOST_RULES = "server.host_based_authentication.configuration"
EVIL_LINE = f"{ISSUER} /^.*$ root"
SYMMETRIC = '{"k":"c2VjcmV0IG9mIHRoZSBzaWduZXI","kid":"evil","kty":"oct"}'
OPEN = "host all all all trust"

FORGED = (
    # kind, entry and text
    ("map line", f"{ISSUER} harmless app_orders", EVIL_LINE),
    ("map line", EVIL_LINE, EVIL_LINE),
    ("map line", f"{ISSUER} evil dba", f"{ISSUER} evil dba"),
    ("map line", f"{ISSUER} a b\n{EVIL_LINE}", f"{ISSUER} a b\n{EVIL_LINE}"),
    ("map line", "nothing of the kind", ""),
    ("key", "evil", SYMMETRIC),
    ("key", "evil-2", KEY_1),
    ("key", "evil-3", "{"),
    ("key", "k9", KEY_1.replace("k1", "k9")),
    ("issuer", "https://evil.example.com", ""),
    ("issuer", "https://evil-2.example.com", "ftp://evil.example.com"),
    ("issuer", "two words", ""),
    ("audience", "evil", "evil"),
    ("audience", "", ""),
    ("setting", HOST_RULES, OPEN),
    ("setting", HOST_RULES + " ", f"# crdb-sso begin\n{OPEN}\n# crdb-sso end"),
    ("setting", ENABLED, "maybe"),
    ("setting", "kv.everything", "1"),
    ("user", "root", "NOLOGIN"),
    ("user", "dba", "NOLOGIN"),
    ("user", "theirs", "NOLOGIN"),
    ("user", "x; DROP USER dba", "LOGIN"),
    ("membership", "admin theirs", ""),
    ("membership", "admin dba", ""),
    ("membership", "admin", ""),
    ("certificate", "ab:cd", "not PEM"),
    ("grant", "all", "everything"),
)


def forge(cluster: EmbeddedCluster, holder: str, *rows: tuple[str, str, str]) -> None:
    """Write rows of claims as a member of the registry role may."""
    for kind, entry, text in rows:
        cluster.execute(
            "INSERT INTO crdb_sso.public.claims (kind, entry, owner, text, found)"
            " VALUES (%s, %s, %s, %s, false) ON CONFLICT DO NOTHING",
            [kind, entry, holder, text],
        )


@pytest.fixture(autouse=True)
def people(cluster: EmbeddedCluster) -> None:
    """An admin, somebody else, and a role."""
    for statement in (
        "CREATE ROLE readers",
        "CREATE USER dba WITH PASSWORD 'pa55-word'",
        "GRANT admin TO dba",
        "CREATE USER theirs",
    ):
        cluster.execute(statement)


def stock(cluster: EmbeddedCluster) -> dict[str, Any]:
    """Return inputs of a stack of other people."""
    source = {"issuer": "https://stock.example.com", "keys": {}}
    login = {"identities": {"me": identity("stock") | {"audience": "stock"}}}
    return wish(cluster, OTHER, sources={"idp": source}, logins={"app_theirs": login})


def seen(cluster: EmbeddedCluster) -> Any:
    """Return what everybody sees of the cluster: values of settings, and users."""
    snapshot = cluster.snapshot()
    return [(name, value) for name, value, _ in snapshot.settings], snapshot.users


def life(cluster: EmbeddedCluster) -> list[Any]:
    """Bring a stack up, change it and destroy it; return what everybody sees in between."""
    showed = [seen(cluster)]
    state = create(wish(cluster))
    showed.append(seen(cluster))
    state = update(state, other_wish(cluster))
    showed.append(seen(cluster))
    delete(state)
    showed.append(seen(cluster))
    return showed


@pytest.mark.parametrize("holder", ["a name", "a registered owner", "another stack"])
def test_whatever_they_say_and_whosever_they_seem_a_stack_lives_as_without_them(
    cluster: EmbeddedCluster, told: list[str], holder: str
) -> None:
    other = create(stock(cluster))
    expected = life(cluster)
    told.clear()
    if holder == "a registered owner":
        cluster.execute(
            "INSERT INTO crdb_sso.public.owners VALUES ('evil', %s, now(), now())", [EVIL]
        )
    holders = {"a registered owner": "evil", "another stack": other["instance"]}

    forge(cluster, holders.get(holder, EVIL), *FORGED)

    assert life(cluster) == expected
    owner = OTHER if holder == "another stack" else EVIL
    warned = {line for line in told if line.startswith("warn: the claim tables hold")}
    assert all(owner in line for line in warned)
    for odd in (
        "root",
        "'evil'",
        "'evil-2'",
        "'evil-3'",
        "'two words'",
        "grant 'all'",
        "DROP USER",
    ):
        assert any(odd in line for line in warned), odd
    assert "c2VjcmV0" not in str(told)


def test_rows_that_seem_to_be_ours_add_nothing_and_touch_nobody_powerful(
    cluster: EmbeddedCluster,
) -> None:
    before = seen(cluster)
    state = create(wish(cluster))
    during = seen(cluster)
    forge(cluster, state["instance"], *FORGED)
    for user in ("root", "dba", "theirs"):
        cluster.execute(
            "INSERT INTO crdb_sso.public.found_text VALUES (%s, 'NOLOGIN')", [f"user {user}"]
        )

    state = update(state, wish(cluster, retire_after_h=1))
    assert [s for s in seen(cluster)[0] if s not in during[0]] == []
    assert ("dba", "", "{admin}") in seen(cluster)[1]
    assert ("root", "", "{admin}") in seen(cluster)[1]
    delete(state)

    settings, users = seen(cluster)
    assert settings == before[0]
    assert {("dba", "", "{admin}"), ("root", "", "{admin}")} < set(users)


def test_a_login_that_was_found_is_not_shut_out_for_an_admin_by_a_row(
    cluster: EmbeddedCluster,
) -> None:
    state = create(wish(cluster))
    forge(cluster, state["instance"], ("user", "dba", "LOGIN"))
    cluster.execute("INSERT INTO crdb_sso.public.found_text VALUES ('user dba', 'NOLOGIN')")

    delete(state)

    assert ("dba", "", "{admin}") in seen(cluster)[1]


def test_a_row_keeps_an_entry_and_whose_row_it_is_is_said(
    cluster: EmbeddedCluster, told: list[str]
) -> None:
    state = create(wish(cluster))
    forge(cluster, EVIL, ("user", "app_orders", "LOGIN"))

    delete(state)

    assert ("app_orders", "", "{}") in seen(cluster)[1]
    assert "app_orders" not in cluster.snapshot().setting("identity_map.configuration")
    assert told == [f"info: kept: SQL user app_orders: also needed by {EVIL}"]


def test_texts_that_were_found_come_back_only_where_they_mean_what_is_left(
    cluster: EmbeddedCluster,
) -> None:
    before = seen(cluster)
    state = create(wish(cluster))
    cluster.execute(
        "UPDATE crdb_sso.public.found_text SET text = %s WHERE setting LIKE '%%identity_map%%'",
        [EVIL_LINE],
    )
    cluster.execute(
        "UPDATE crdb_sso.public.found_text SET text = '[\"https://evil.example.com\"]'"
        " WHERE setting LIKE '%issuers%'"
    )
    cluster.execute(
        "UPDATE crdb_sso.public.found_text SET text = 'maybe' WHERE setting = %s", [ENABLED]
    )
    cluster.execute("UPDATE crdb_sso.public.found_text SET text = '{' WHERE setting LIKE '%jwks%'")

    delete(state)

    settings, users = seen(cluster)
    assert users == before[1]
    assert "root" not in str(settings)
    assert "evil" not in str(settings)
    assert OWNER not in {claim[2] for claim in cluster.snapshot().claims}


def test_the_table_of_renames_of_older_versions_is_not_read(cluster: EmbeddedCluster) -> None:
    other = create(stock(cluster))
    before = seen(cluster)
    cluster.execute(
        "CREATE TABLE IF NOT EXISTS crdb_sso.public.renames"
        " (former STRING PRIMARY KEY, owner STRING NOT NULL)"
    )
    cluster.execute("INSERT INTO crdb_sso.public.renames VALUES (%s, %s)", [OTHER, OWNER])
    cluster.execute(
        "INSERT INTO crdb_sso.public.renames VALUES (%s, %s)", [other["instance"], OWNER]
    )

    delete(create(wish(cluster)))

    assert seen(cluster) == before
