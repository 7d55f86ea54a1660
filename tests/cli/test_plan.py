"""`crdb-sso plan`: what would happen, in lines and as SQL; the first suite is in test_claims.py."""

import json

import psycopg
import pytest

from tests.cli.test_cli import OTHER, crdb_sso, stock
from tests.support.provider_calls import ISSUER, OWNER, create, identity, refresh, update, wish
from tests.support.servers import EmbeddedCluster

AUDIENCE = "server.jwt_authentication.audience"
MAP = "server.identity_map.configuration"


def run_by_hand(cluster: EmbeddedCluster, printed: str) -> None:
    """Run what a plan printed, as somebody would who pastes it."""
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        for line in printed.splitlines():
            if not line.startswith("--"):
                conn.execute(line.encode())


def test_the_sql_of_a_destroy_does_what_releasing_the_stack_does(cluster: EmbeddedCluster) -> None:
    cluster.set(MAP, "https://it's.example.com o\\d $x\n# kept: ü\n")
    create(wish(cluster))
    stock(cluster)
    code, printed, _ = crdb_sso("plan", "--destroy", OTHER, "--print-sql")
    assert code == 0
    assert all(line.isprintable() for line in printed.splitlines())
    run_by_hand(cluster, printed)
    by_hand = cluster.snapshot()

    crdb_sso("claims", "release", OTHER, "--yes")

    assert cluster.snapshot().settings == by_hand.settings
    assert cluster.snapshot().users == by_hand.users
    assert "app_stock" not in by_hand.setting(MAP)


@pytest.fixture
def damaged(cluster: EmbeddedCluster) -> dict[str, object]:
    """A stack that has lost an audience, a line, a membership and a login to somebody's hand."""
    cluster.execute("CREATE ROLE readers")
    logins = {"app_orders": {"identities": {"o": identity("o-1")}, "roles": {"readers": True}}}
    state = create(wish(cluster, logins=logins))
    stock(cluster)
    cluster.set(MAP, f"{ISSUER} s-1 app_stock")
    cluster.set(AUDIENCE, "x")
    cluster.execute("ALTER USER app_orders NOLOGIN")
    cluster.execute("REVOKE readers FROM app_orders")
    return state


@pytest.mark.usefixtures("damaged")
def test_without_a_stack_it_shows_what_each_would_put_back(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()

    code, printed, errors = crdb_sso("plan")

    assert (code, errors) == (0, "")
    assert printed.splitlines() == [
        f"{OTHER} would put back:",
        "  + audience crdb",
        f"{OWNER} would put back:",
        "  ~ SQL user app_orders may log in",
        "  + membership of app_orders in readers",
        f"  + map line {ISSUER} o-1 app_orders",
        "  + audience crdb",
    ]
    assert cluster.snapshot() == before


def test_that_is_what_refresh_and_up_do(
    cluster: EmbeddedCluster, damaged: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRDB_SSO_SPREAD_S", "0")  # the others were damaged long ago
    _, printed, _ = crdb_sso("plan", "--json")
    (ours,) = [one for one in json.loads(printed)["stacks"] if one["owner"] == OWNER]
    wanted = {**wish(cluster), "logins": damaged["logins"]}
    seen = refresh(dict(damaged))
    update(seen, wanted)
    by_stack = cluster.snapshot()
    again = crdb_sso("plan", "--json")[1]

    assert ours["refused"] == ""
    assert ours["statements"][0] == 'ALTER USER "app_orders" WITH LOGIN;'
    (after,) = [one for one in json.loads(again)["stacks"] if one["owner"] == OWNER]
    assert (after["puts_back"], after["statements"]) == ([], [])
    cluster.set(MAP, f"{ISSUER} s-1 app_stock")
    cluster.set(AUDIENCE, "x")
    cluster.execute("ALTER USER app_orders NOLOGIN")
    cluster.execute("REVOKE readers FROM app_orders")
    run_by_hand(cluster, "\n".join(ours["statements"]))
    assert cluster.snapshot().settings == by_stack.settings
    assert cluster.snapshot().users == by_stack.users


@pytest.mark.usefixtures("damaged")
def test_as_sql_every_line_is_a_statement_or_a_comment(cluster: EmbeddedCluster) -> None:
    _, printed, _ = crdb_sso("plan", "--print-sql")

    run_by_hand(cluster, printed)
    assert crdb_sso("plan")[1].splitlines() == [
        f"{OTHER} would put back:",
        "  nothing",
        f"{OWNER} would put back:",
        "  nothing",
    ]


def test_what_a_guard_refuses_is_said(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE ROLE readers")
    logins = {"app_orders": {"identities": {"o": identity("o-1")}, "roles": {"readers": True}}}
    create(wish(cluster, logins=logins))
    cluster.execute("REVOKE readers FROM app_orders")
    cluster.execute("DROP ROLE readers")

    code, printed, _ = crdb_sso("plan")

    assert code == 0
    assert "  refused: " in printed
    assert "readers" in printed


@pytest.mark.usefixtures("cluster")
def test_on_an_untouched_cluster_no_stack_has_anything() -> None:
    assert crdb_sso("plan") == (0, "no stack has claimed anything\n", "")
    assert crdb_sso("plan", "--json")[1] == '{\n  "stacks": []\n}\n'
