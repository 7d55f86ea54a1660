"""Logins into users that may do more than use data, on a cluster."""

from typing import Any

import pytest

from crdb_sso.errors import GuardRefused
from tests.support.provider_calls import PROVIDER, create, delete, identity, update, wish
from tests.support.servers import EmbeddedCluster

CHAIN = (
    "CREATE ROLE dbas",
    "CREATE ROLE leads",
    "GRANT admin TO leads",
    "GRANT leads TO dbas",
)


def logins(**more: Any) -> dict[str, Any]:
    return {"logins": {"boss": {"identities": {"me": identity("x")}, **more}}}


def prepared(cluster: EmbeddedCluster, *statements: str) -> None:
    for statement in statements:
        cluster.execute(statement)


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        pytest.param(("GRANT admin TO boss",), "member of admin", id="an admin"),
        pytest.param(
            (*CHAIN, "GRANT dbas TO boss"), "member of admin (through dbas)", id="through roles"
        ),
        pytest.param(("ALTER USER boss CREATEROLE",), "holds CREATEROLE", id="an option"),
        pytest.param(
            ("GRANT SYSTEM MODIFYCLUSTERSETTING TO boss",),
            "holds MODIFYCLUSTERSETTING",
            id="a system privilege",
        ),
        pytest.param(
            ("CREATE ROLE ops", "GRANT SYSTEM VIEWACTIVITY TO ops", "GRANT ops TO boss"),
            "holds VIEWACTIVITY (through ops)",
            id="a system privilege of its role",
        ),
    ],
)
def test_an_existing_user_with_privileges_is_taken_only_if_the_login_says_so(
    cluster: EmbeddedCluster,
    statements: tuple[str, ...],
    says: str,
    told: list[str],
) -> None:
    prepared(cluster, "CREATE USER boss", *statements)
    found = cluster.snapshot()

    with pytest.raises(GuardRefused, match="boss: exists, ") as caught:
        create(wish(cluster, **logins()))
    assert f"boss: exists, {says}" in str(caught.value)
    assert cluster.snapshot() == found
    with pytest.raises(GuardRefused, match="boss: exists, "):
        PROVIDER.check({}, wish(cluster, **logins()))

    told.clear()
    state = create(wish(cluster, **logins(allow_privileged=True)))
    assert any(f"boss: exists, {says}" in line for line in told)
    delete(state)
    assert cluster.snapshot() == found


def test_a_login_makes_nobody_an_admin_unless_it_says_so(cluster: EmbeddedCluster) -> None:
    prepared(cluster, *CHAIN)
    with pytest.raises(GuardRefused, match="boss: becomes a member of dbas, which is a member of"):
        create(wish(cluster, **logins(roles={"dbas": True})))

    delete(create(wish(cluster, **logins(roles={"dbas": True}, allow_privileged=True))))


def test_a_user_that_became_an_admin_since_can_be_shut_out(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster, **logins()))
    cluster.execute("GRANT admin TO boss")

    state = update(state, wish(cluster, **logins(login=False)))

    assert cluster.execute(
        "SELECT rolcanlogin FROM pg_catalog.pg_roles WHERE rolname = 'boss'"
    ) == [(False,)]
    cluster.execute("REVOKE admin FROM boss")
    delete(state)
