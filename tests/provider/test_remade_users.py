"""A user that is no longer as its stack left it is somebody's by now: it is kept, and named."""

from typing import Any

import pytest

from tests.support.provider_calls import create, delete, update, wish
from tests.support.servers import EmbeddedCluster

REMADE = {
    "made anew with another role": (
        (
            "DROP USER app_orders",
            "CREATE USER app_orders WITH PASSWORD 'dba-0nly'",
            "GRANT theirs TO app_orders",
        ),
        "member of theirs, no longer a member of readers",
    ),
    "made anew without its role": (
        ("DROP USER app_orders", "CREATE USER app_orders WITH PASSWORD 'dba-0nly'"),
        "no longer a member of readers",
    ),
    "one more role": (("GRANT theirs TO app_orders",), "member of theirs"),
    "an option": (("ALTER USER app_orders CREATEROLE",), "CREATEROLE"),
    "a password that ends": (
        ("ALTER USER app_orders WITH PASSWORD 'dba-0nly' VALID UNTIL '2031-01-01'",),
        "VALID UNTIL",
    ),
}


@pytest.fixture
def state(cluster: EmbeddedCluster) -> dict[str, Any]:
    for role in ("readers", "theirs"):
        cluster.execute(f"CREATE ROLE {role}")
    props = wish(cluster)
    props["logins"]["app_orders"]["roles"] = {"readers": True}
    return create(props)


def fewer(cluster: EmbeddedCluster) -> dict[str, Any]:
    props = wish(cluster)
    del props["logins"]["app_orders"]
    return props


@pytest.mark.parametrize("way", ["destroy", "update"])
@pytest.mark.parametrize(
    ("statements", "news"), [pytest.param(*case, id=name) for name, case in REMADE.items()]
)
def test_it_is_kept_and_named_and_no_token_opens_it(  # noqa: PLR0917 - two tables
    cluster: EmbeddedCluster,
    state: dict[str, Any],
    told: list[str],
    statements: tuple[str, ...],
    news: str,
    way: str,
) -> None:
    for statement in statements:
        cluster.execute(statement)
    (remade,) = (row for row in cluster.snapshot().users if row[0] == "app_orders")

    if way == "destroy":
        delete(state)
    else:
        update(state, fewer(cluster))

    after = cluster.snapshot()
    (kept,) = (row for row in after.users if row[0] == "app_orders")
    assert kept[:2] == remade[:2]
    assert ("theirs" in kept[2]) is ("theirs" in remade[2])
    assert (
        f"info: kept: SQL user app_orders is no longer as this stack left it ({news}): drop it by"
        " hand if nobody needs it"
    ) in told
    assert "app_orders" not in after.setting("identity_map.configuration")
    assert "app_orders" not in {entry for _, entry, *_ in after.claims}


def test_a_user_that_nobody_touched_is_dropped(
    cluster: EmbeddedCluster, state: dict[str, Any], told: list[str]
) -> None:
    delete(state)

    assert not {"app_orders", "app_billing"} & {user for user, _, _ in cluster.snapshot().users}
    assert told == []
