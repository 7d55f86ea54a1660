"""What happens to users: created ones, found ones, and those that can't be dropped."""

from typing import Any

import psycopg
import pytest

from crdb_sso.errors import ClusterRefused
from tests.provider.test_crash_points import crash_points
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, update, wish
from tests.support.servers import EmbeddedCluster

DISABLE = {"on_delete": "disable"}


def user(cluster: EmbeddedCluster, name: str = "app_orders") -> tuple[str, str] | None:
    """Return options and memberships of a user, None if it does not exist."""
    for found, options, roles in cluster.snapshot().users:
        if found == name:
            return options, roles
    return None


def orders(cluster: EmbeddedCluster, **more: Any) -> dict[str, Any]:
    """Return inputs with more options for the login app_orders."""
    props = wish(cluster)
    props["logins"]["app_orders"] |= more
    return props


def without_orders(cluster: EmbeddedCluster) -> dict[str, Any]:
    props = wish(cluster)
    del props["logins"]["app_orders"]
    return props


@pytest.fixture
def roles(cluster: EmbeddedCluster) -> None:
    for role in ("readers", "writers", "theirs"):
        cluster.execute(f"CREATE ROLE {role}")


# memberships


@pytest.mark.usefixtures("roles")
def test_a_membership_that_others_gave_survives_up_update_and_destroy(
    cluster: EmbeddedCluster,
) -> None:
    cluster.execute("CREATE USER app_orders")
    cluster.execute("GRANT theirs TO app_orders")

    state = create(orders(cluster, roles={"readers": True}))
    assert user(cluster) == ("", "{readers,theirs}")
    state = update(state, orders(cluster, roles={"writers": True}))
    assert user(cluster) == ("", "{theirs,writers}")
    delete(state)
    assert user(cluster) == ("", "{theirs}")


# found users


@pytest.mark.parametrize("on_delete", ["drop", "disable"])
def test_a_found_user_keeps_its_password_and_login_state_through_destroy(
    cluster: EmbeddedCluster, on_delete: str
) -> None:
    cluster.execute("CREATE USER app_orders WITH PASSWORD 'found-0ne'")

    delete(create(orders(cluster, on_delete=on_delete)))

    with psycopg.connect(
        host=cluster.host,
        port=cluster.port,
        user="app_orders",
        password="found-0ne",
        dbname="defaultdb",
        sslmode="verify-full",
        sslrootcert=cluster.ca_cert,
    ) as conn:
        assert conn.execute("SELECT current_user").fetchone() == ("app_orders",)


# on_delete


@pytest.mark.usefixtures("roles")
def test_a_disabled_user_stays_shut_out_without_what_was_given_here(
    cluster: EmbeddedCluster,
) -> None:
    state = create(orders(cluster, roles={"readers": True}, **DISABLE))
    cluster.execute("GRANT theirs TO app_orders")

    update(state, without_orders(cluster))

    assert user(cluster) == ("NOLOGIN", "{theirs}")
    assert "app_orders" not in str(cluster.snapshot().claims)


def test_destroy_disables_as_the_state_remembers(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()
    state = update(create(wish(cluster)), orders(cluster, **DISABLE))

    delete(state)

    after = cluster.snapshot()
    assert user(cluster) == ("NOLOGIN", "{}")
    assert user(cluster, "app_billing") is None
    assert (after.settings, after.claims) == (before.settings, ())


def test_a_disabled_user_with_grants_does_not_block_anything(cluster: EmbeddedCluster) -> None:
    state = create(orders(cluster, **DISABLE))
    cluster.execute("GRANT CONNECT ON DATABASE defaultdb TO app_orders")

    delete(state)

    assert user(cluster) == ("NOLOGIN", "{}")
    cluster.execute("REVOKE CONNECT ON DATABASE defaultdb FROM app_orders")


@pytest.mark.parametrize("on_delete", ["drop", "disable"])
def test_a_login_that_is_added_again_opens_a_disabled_user_and_leaves_it_as_found(
    cluster: EmbeddedCluster, on_delete: str
) -> None:
    delete(create(orders(cluster, **DISABLE)))

    state = create(orders(cluster, on_delete=on_delete))

    assert user(cluster) == ("", "{}")
    delete(state)
    assert user(cluster) == ("NOLOGIN", "{}")


def test_the_latest_on_delete_counts(cluster: EmbeddedCluster) -> None:
    state = update(create(orders(cluster, **DISABLE)), wish(cluster))

    delete(state)

    assert user(cluster) is None


def test_while_another_stack_has_the_login_it_stays_open(cluster: EmbeddedCluster) -> None:
    state = create(orders(cluster, **DISABLE))
    other = create(wish(cluster, owner="org/shop/dev/other"))

    delete(state)
    assert user(cluster) == ("", "{}")

    delete(other)
    assert user(cluster) is None


def test_a_failed_first_create_drops_the_users_it_created(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()
    cluster.faults({"match": "SET CLUSTER SETTING", "kind": "drop_before", "times": 1})

    with pytest.raises(Exception, match="was undone"):
        create(orders(cluster, **DISABLE))

    cluster.faults()
    assert cluster.snapshot() == before


def test_refresh_keeps_on_delete(cluster: EmbeddedCluster) -> None:
    state = create(orders(cluster, **DISABLE))

    assert PROVIDER.read(OWNER, state).inputs == orders(cluster, **DISABLE)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_delete_that_fails_anywhere_disables_with_the_next(
    cluster: EmbeddedCluster, kind: str
) -> None:
    states = [create(orders(cluster, **DISABLE))]
    for _ in crash_points(cluster, kind, lambda: delete(states[-1])):
        delete(states[-1])
        assert user(cluster) == ("NOLOGIN", "{}")
        cluster.execute("DROP USER app_orders")
        states.append(create(orders(cluster, **DISABLE)))
    assert user(cluster) == ("NOLOGIN", "{}")


# users that can't be dropped


def test_what_holds_a_user_is_named_and_the_statement_that_is_printed_frees_it(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()
    state = create(wish(cluster))
    cluster.execute("CREATE TABLE defaultdb.public.stuff (i INT)")
    cluster.execute("GRANT SELECT ON defaultdb.public.stuff TO app_orders")
    cluster.execute("GRANT SYSTEM VIEWACTIVITY TO app_billing")

    with pytest.raises(ClusterRefused) as caught:
        delete(state)

    assert "app_orders (grants on defaultdb.public.stuff)" in caught.value.what
    assert "app_billing (privileges on system: VIEWACTIVITY)" in caught.value.what
    assert "server.identity_map.configuration" in caught.value.written
    _, *statements = caught.value.hint.splitlines()
    assert sorted(line.strip() for line in statements) == [
        'REVOKE ALL ON TABLE defaultdb.public.stuff FROM "app_orders";',
        'REVOKE SYSTEM VIEWACTIVITY FROM "app_billing";',
    ]
    after = cluster.snapshot()
    assert after.settings == before.settings
    assert {entry for _, entry, _, _, _ in after.claims} == {"app_orders", "app_billing"}
    for statement in statements:
        cluster.execute(statement)
    delete(state)
    assert cluster.snapshot() == before
    cluster.execute("DROP TABLE defaultdb.public.stuff")


def test_the_error_says_how_to_reassign_what_a_user_owns(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    cluster.execute("CREATE DATABASE shop")
    cluster.execute("GRANT CREATE ON DATABASE shop TO app_orders")
    cluster.execute("ALTER USER app_orders WITH PASSWORD 'for-a-while'")
    url = f"postgresql://app_orders:for-a-while@{cluster.host}:{cluster.port}/shop"
    with psycopg.connect(
        url, sslmode="verify-full", sslrootcert=cluster.ca_cert, autocommit=True
    ) as conn:
        conn.execute("CREATE TABLE shop.public.mine (i INT)")
    cluster.execute("REVOKE CREATE ON DATABASE shop FROM app_orders")

    with pytest.raises(ClusterRefused) as caught:
        delete(state)

    assert "app_orders (owner of table shop.public.mine)" in caught.value.what
    assert 'USE "shop"; REASSIGN OWNED BY "app_orders" TO "root";' in caught.value.hint
    cluster.execute("DROP DATABASE shop CASCADE")
    delete(state)
    assert user(cluster) is None
