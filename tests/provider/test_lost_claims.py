"""Claims that somebody deleted by hand: what they were about counts as found, and is listed."""

from typing import Any

import pytest

from crdb_sso.errors import ClusterChanged
from tests.support.provider_calls import (
    ISSUER,
    OWNER,
    PROVIDER,
    create,
    delete,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

KEPT = (
    "its claim is gone from the claim tables, so it counts as found. To own it again, set"
    " `take_over=True` and run `pulumi up` while the program still wants it"
)
STAYS = (
    "its claim is gone from the claim tables, so it counts as found from now on: `pulumi destroy`"
    " leaves it. To own it again, set `take_over=True`"
)
THINGS = (
    "SQL user app_billing",
    "SQL user app_orders",
    "membership of app_orders in readers",
    "audience crdb",
    f"issuer {ISSUER}",
    "key k1",
    "key k2",
    f"map line {ISSUER} b-1 app_billing",
    f"map line {ISSUER} o-1 app_orders",
)
SWITCH = "setting server.jwt_authentication.enabled"


@pytest.fixture
def empty(cluster: EmbeddedCluster) -> Any:
    """The cluster before the first stack."""
    cluster.execute("CREATE ROLE readers")
    return cluster.snapshot()


@pytest.fixture
def state(cluster: EmbeddedCluster, empty: Any) -> dict[str, Any]:
    assert empty
    return create(wanted(cluster))


def wanted(cluster: EmbeddedCluster, **changes: Any) -> dict[str, Any]:
    props = wish(cluster, **changes)
    props["logins"]["app_orders"]["roles"] = {"readers": True}
    return props


def lose_rows(cluster: EmbeddedCluster) -> None:
    cluster.execute("DELETE FROM crdb_sso.public.claims")
    cluster.execute("DELETE FROM crdb_sso.public.owners")
    cluster.execute("DELETE FROM crdb_sso.public.found_text")


def lose_database(cluster: EmbeddedCluster) -> None:
    cluster.execute("DROP DATABASE crdb_sso CASCADE")


def test_a_destroy_lists_what_it_leaves_when_the_rows_are_gone(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str]
) -> None:
    before = cluster.snapshot()
    lose_rows(cluster)

    delete(state)

    assert set(told) == {f"warn: kept: {thing}: {KEPT}" for thing in (*THINGS, SWITCH)}
    after = cluster.snapshot()
    assert (after.settings, after.users) == (before.settings, before.users)


def test_a_login_whose_rows_are_gone_is_kept_and_listed_when_it_leaves_the_program(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str]
) -> None:
    cluster.execute("DELETE FROM crdb_sso.public.claims WHERE entry LIKE '%app_billing'")
    fewer = wanted(cluster)
    del fewer["logins"]["app_billing"]

    PROVIDER.diff(OWNER, state, fewer)
    lines = [line for line in told if line.startswith("warn: ")]
    told.clear()
    update(state, fewer)

    gone = ("SQL user app_billing", f"map line {ISSUER} b-1 app_billing")
    assert set(lines) == {f"warn: kept: {thing}: {KEPT}" for thing in gone}
    assert not [line for line in told if line.startswith("warn: ")]  # its preview has said so
    assert "app_billing" in cluster.snapshot().setting("identity_map.configuration")


@pytest.mark.parametrize("lose", [lose_rows, lose_database], ids=["rows", "database"])
def test_an_up_says_what_counts_as_found_and_a_destroy_then_leaves_it(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str], lose: Any
) -> None:
    before = cluster.snapshot()
    lose(cluster)
    if lose is lose_database:
        state = refresh(state)
        told.clear()

    state = update(state, wanted(cluster))

    assert set(told) == {f"warn: {thing}: {STAYS}" for thing in THINGS}
    assert {found for *_, found in cluster.snapshot().claims} == {True}
    delete(state)
    after = cluster.snapshot()
    assert (after.settings, after.users, after.claims) == (before.settings, before.users, ())


@pytest.mark.parametrize("lose", [lose_rows, lose_database], ids=["rows", "database"])
def test_with_take_over_the_stack_owns_all_of_it_again(
    cluster: EmbeddedCluster, empty: Any, state: dict[str, Any], told: list[str], lose: Any
) -> None:
    lose(cluster)
    if lose is lose_database:
        state = refresh(state)
        told.clear()

    state = update(state, wanted(cluster, take_over=True))

    assert told == []
    delete(state)
    after = cluster.snapshot()
    assert after.users == empty.users
    assert after.issuers in ("", "[]")
    assert ISSUER not in after.setting("identity_map.configuration")
    assert "k1" not in after.setting("authentication.jwks")


def test_without_the_database_nothing_is_written_until_a_refresh_has_seen_that(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str]
) -> None:
    lose_database(cluster)
    before = cluster.snapshot()

    for call in (lambda: update(state, wanted(cluster)), lambda: delete(state)):
        with pytest.raises(ClusterChanged) as caught:
            call()
        assert "`pulumi refresh`" in caught.value.hint
    assert cluster.snapshot() == before
    told.clear()

    seen = refresh(state)

    (line,) = told
    assert line.startswith("warn: the database crdb_sso with the claims of all stacks is gone")
    told.clear()
    delete(seen)
    assert set(told) == {f"warn: kept: {thing}: {KEPT}" for thing in (*THINGS, SWITCH)}
    assert cluster.snapshot() == before
