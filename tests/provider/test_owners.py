"""Several stacks on one cluster: what they share, and what they can't."""

from contextlib import suppress
from typing import Any

import pytest

from crdb_sso.errors import CrdbSsoError, GuardRefused
from tests.support.provider_calls import (
    ISSUER,
    OWNER,
    create,
    delete,
    identity,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster

OTHER = "org/other/prod/sso"
ENABLED = "server.jwt_authentication.enabled"


def stock(cluster: EmbeddedCluster, **changes: Any) -> dict[str, Any]:
    """Return another owner's inputs: the same source, a different login."""
    logins = {"app_stock": {"identities": {"s": identity("s-1")}}}
    return wish(cluster, **({"owner": OTHER, "logins": logins} | changes))


def test_a_switch_that_two_stacks_want_differently_is_an_error_that_names_the_other(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    before = cluster.snapshot()

    with pytest.raises(GuardRefused) as caught:
        create(stock(cluster, enabled=False))

    assert f"wants {ENABLED} = false, {OWNER} (since 20" in caught.value.what
    assert "wants true: a cluster has one value" in caught.value.what
    assert cluster.snapshot() == before


def test_the_switch_stays_as_others_want_it_until_the_last_leaves(cluster: EmbeddedCluster) -> None:
    found = cluster.snapshot()
    first, second = create(wish(cluster)), create(stock(cluster))

    delete(first)
    assert cluster.snapshot().setting("jwt_authentication.enabled") == "true"
    delete(second)

    assert found.setting("jwt_authentication.enabled") == "false"
    assert cluster.snapshot().settings == found.settings


def test_users_and_memberships_come_back_with_their_own_stack_after_a_refresh(
    cluster: EmbeddedCluster,
) -> None:
    cluster.execute("CREATE ROLE readers")
    logins = {"app_orders": {"identities": {"o": identity("o-1")}, "roles": {"readers": True}}}
    mine = create(wish(cluster, logins=logins))
    other = create(stock(cluster))
    cluster.execute("DROP USER app_orders")

    other = update(other, stock(cluster, logins={"app_x": {"identities": {"x": identity("x-1")}}}))

    assert "app_orders" not in {user for user, _, _ in cluster.snapshot().users}
    seen = refresh(mine)
    assert seen["logins"] == {}
    update(seen, wish(cluster, logins=logins))
    assert ("app_orders", "", "{readers}") in cluster.snapshot().users
    delete(other)


# one login of two stacks


def orders(cluster: EmbeddedCluster, owner: str, *, login: bool) -> dict[str, Any]:
    bag: dict[str, Any] = {"identities": {"o": identity("o-1")}}
    return wish(cluster, owner, logins={"app_orders": bag if login else bag | {"login": False}})


def may_log_in(cluster: EmbeddedCluster) -> bool:
    (options,) = [o for user, o, _ in cluster.snapshot().users if user == "app_orders"]
    return options == ""


@pytest.mark.parametrize("shut_first", [True, False])
def test_a_login_that_one_stack_shuts_out_stays_out_while_it_says_so(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch, *, shut_first: bool
) -> None:
    said: list[str] = []
    states: dict[str, dict[str, Any]] = {}
    for owner in (OTHER, OWNER) if shut_first else (OWNER, OTHER):
        states[owner] = create(orders(cluster, owner, login=owner == OWNER))
    assert not may_log_in(cluster)
    monkeypatch.setattr("pulumi.log.warn", said.append)

    update(states[OWNER], orders(cluster, OWNER, login=True))

    assert not may_log_in(cluster)
    assert said == [f"SQL user app_orders may not log in: {OTHER} shuts it out (`login: false`)"]
    assert refresh(states[OWNER]) == states[OWNER]


def test_a_first_up_says_that_another_stack_shuts_its_login_out(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(orders(cluster, OTHER, login=False))
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)

    create(orders(cluster, OWNER, login=True))

    line = f"app_orders may not log in, because {OTHER} shuts it out (`login: false`)"
    assert line in said
    assert not may_log_in(cluster)


def test_a_stack_that_shut_a_login_out_opens_it_when_it_changes_its_mind(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()
    ours = create(orders(cluster, OWNER, login=True))
    theirs = create(orders(cluster, OTHER, login=False))

    theirs = update(theirs, orders(cluster, OTHER, login=True))

    assert may_log_in(cluster)
    delete(ours)
    delete(theirs)
    assert cluster.snapshot() == before


def test_a_login_that_a_destroyed_stack_shut_out_is_opened_by_the_other_after_a_refresh(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cluster.snapshot()
    ours = create(orders(cluster, OWNER, login=True))
    theirs = create(orders(cluster, OTHER, login=False))
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)

    delete(theirs)

    assert not may_log_in(cluster)
    kept, line = said
    assert kept == f"kept: SQL user app_orders: also needed by {OWNER}"
    assert line == (
        f"SQL user app_orders stays shut out (NOLOGIN): {OWNER} opens it with `pulumi refresh`,"
        " then `pulumi up`, if it wants it to log in"
    )
    ours = update(refresh(ours), orders(cluster, OWNER, login=True))
    assert may_log_in(cluster)
    delete(ours)
    assert cluster.snapshot() == before


# one resource of two names

RENAMED = "org/shop/dev/renamed"
KILLED_AT = ["INSERT INTO .*claims", "SET CLUSTER SETTING", "DROP USER", "WHERE id = 1 AND token"]


def kill(cluster: EmbeddedCluster, state: dict[str, Any], news: dict[str, Any], at: str) -> None:
    """Lose an update's connection for good at some statement; the engine keeps the old state."""
    cluster.faults({"match": at, "kind": "drop_after", "times": 1})
    with suppress(CrdbSsoError):  # losing the answer to the last statement is not an error
        update(state, news)
    cluster.faults()


@pytest.mark.parametrize("at", KILLED_AT)
def test_a_rename_that_breaks_off_and_is_destroyed_next_leaves_nothing(
    cluster: EmbeddedCluster, at: str
) -> None:
    before = cluster.snapshot()
    state = create(wish(cluster))
    kill(cluster, state, stock(cluster, owner=RENAMED), at)

    delete(state)

    assert cluster.snapshot() == before
    assert cluster.execute("SELECT * FROM crdb_sso.public.owners") == []


def test_a_new_resource_under_a_former_name_is_a_different_owner(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    renamed = update(state, wish(cluster, owner=RENAMED))

    fresh = create(stock(cluster, owner=OWNER))
    delete(fresh)

    assert {owner for _, _, owner, _, _ in cluster.snapshot().claims} == {RENAMED}
    assert f"{ISSUER} o-1 app_orders" in cluster.snapshot().setting("identity_map.configuration")
    delete(renamed)
    assert cluster.snapshot().claims == ()
