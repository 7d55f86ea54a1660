"""read(): what is gone of ours is missing by name; what others added is ignored."""

from typing import Any

import pytest

from crdb_sso.errors import ClusterChanged, CrdbSsoError
from tests.support.provider_calls import (
    AUDIENCE,
    ISSUER,
    KEY_2,
    OWNER,
    PROVIDER,
    asked,
    create,
    other_wish,
    refresh,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

MAP = "server.identity_map.configuration"
JWKS = "server.jwt_authentication.jwks"


def read(state: dict[str, Any]) -> dict[str, Any]:
    result = PROVIDER.read(OWNER, state)
    assert result.id == OWNER
    assert result.inputs == asked(dict(result.outs or {}))
    return dict(result.inputs or {})


def without(props: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return the inputs with one thing missing."""
    bag = props
    for step in path[:-1]:
        bag = bag[step]
    del bag[path[-1]]
    return props


@pytest.fixture
def state(cluster: EmbeddedCluster) -> dict[str, Any]:
    cluster.execute("CREATE ROLE readers")
    props = wish(cluster)
    props["logins"]["app_orders"]["roles"] = {"readers": True}
    return create(props)


def test_without_drift_a_stack_reads_as_written(state: dict[str, Any]) -> None:
    assert read(state) == asked(state)


def test_foreign_additions_are_not_drift(cluster: EmbeddedCluster, state: dict[str, Any]) -> None:
    cluster.set(MAP, cluster.snapshot().setting(MAP) + "# note\nhttps://theirs sub u\n")
    cluster.set("server.jwt_authentication.audience", f'["theirs","{AUDIENCE}"]')
    cluster.execute("CREATE ROLE theirs")
    cluster.execute("GRANT theirs TO app_orders")

    assert read(state) == asked(state)


def test_a_removed_map_line_is_a_missing_identity(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    cluster.set(MAP, f"{ISSUER} b-1 app_billing")

    expected = without(asked(state), "logins", "app_orders", "identities", "orders")
    assert read(state) == expected


def test_a_removed_key_is_a_missing_kid(cluster: EmbeddedCluster, state: dict[str, Any]) -> None:
    cluster.set(JWKS, f'{{"keys":[{KEY_2}]}}')

    assert read(state) == without(asked(state), "sources", "idp", "keys", "k1")


def test_a_replaced_key_shows_the_key_that_replaced_it(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    forged = KEY_2.replace('"k2"', '"k1"')
    cluster.set(JWKS, f'{{"keys":[{forged},{KEY_2}]}}')

    assert read(state)["sources"]["idp"]["keys"] == {"k1": forged, "k2": KEY_2}


def test_a_dropped_user_is_a_missing_login(cluster: EmbeddedCluster, state: dict[str, Any]) -> None:
    cluster.execute("DROP USER app_orders")

    assert read(state) == without(asked(state), "logins", "app_orders")


def test_a_lost_membership_is_a_missing_role(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    cluster.execute("REVOKE readers FROM app_orders")

    assert read(state) == without(asked(state), "logins", "app_orders", "roles")


def test_a_user_shut_out_by_hand_shows_as_such(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    cluster.execute("ALTER USER app_billing NOLOGIN")

    assert read(state)["logins"]["app_billing"]["login"] is False


def test_logins_turned_off_show_as_such(cluster: EmbeddedCluster, state: dict[str, Any]) -> None:
    cluster.set("server.jwt_authentication.enabled", "false")

    assert read(state) == asked(state) | {"enabled": False}


def test_a_removed_issuer_is_marked_as_not_trusted(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    cluster.set(ISSUERS, "[]")

    found = read(state)

    assert found["sources"]["idp"] == state["sources"]["idp"] | {"trusted": False}
    assert read(refresh(state)) == found


DAMAGE = {
    "a removed map line": f"SET CLUSTER SETTING {MAP} = ''",
    "removed keys": f"RESET CLUSTER SETTING {JWKS}",
    "a removed issuer": f"SET CLUSTER SETTING {ISSUERS} = '[]'",
    "a removed audience": "RESET CLUSTER SETTING server.jwt_authentication.audience",
    "logins turned off": "SET CLUSTER SETTING server.jwt_authentication.enabled = false",
    "a dropped user": "DROP USER app_orders",
    "a lost membership": "REVOKE readers FROM app_orders",
    "a user shut out": "ALTER USER app_orders NOLOGIN",
}


@pytest.mark.parametrize("statement", [pytest.param(v, id=k) for k, v in DAMAGE.items()])
def test_drift_is_a_change_and_an_update_repairs_it(
    cluster: EmbeddedCluster, state: dict[str, Any], statement: str
) -> None:
    before = cluster.snapshot()
    cluster.execute(statement)

    found = refresh(state)

    assert PROVIDER.diff(OWNER, found, asked(state)).changes
    update(found, asked(state))
    assert cluster.snapshot() == before
    assert read(state) == asked(state)


def test_what_an_unfinished_change_left_is_listed_and_removed_by_the_next(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    before = cluster.snapshot()
    cluster.faults({"match": "SET CLUSTER SETTING", "kind": "drop_before", "skip": 2})
    with pytest.raises(CrdbSsoError):
        update(state, other_wish(cluster))
    cluster.faults()

    found = refresh(state)

    assert found["leftovers"] == [
        f"map line {OTHER} o-2 app_orders",
        f"map line {OTHER} s-1 app_stock",
        "user app_stock",
    ]
    update(found, asked(state))
    assert read(state) == asked(state)
    after = cluster.snapshot()
    assert (after.users, set(after.claims)) == (before.users, set(before.claims))
    assert after.setting(MAP) == before.setting(MAP)


OTHER = "https://new-idp.example.com"


def test_a_cluster_that_was_made_anew_reads_as_gone(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    cluster.wipe()

    result = PROVIDER.read(OWNER, state)

    assert (result.id, result.outs) == (None, {})


def test_another_cluster_behind_the_url_is_an_error(
    cluster: EmbeddedCluster, state: dict[str, Any]
) -> None:
    cluster.execute("UPDATE crdb_sso.public.meta SET value = 'another' WHERE key = 'cluster_id'")
    before = cluster.snapshot()

    for call in (
        lambda: PROVIDER.read(OWNER, state),
        lambda: PROVIDER.update(OWNER, state, other_wish(cluster)),
        lambda: PROVIDER.delete(OWNER, state),
    ):
        with pytest.raises(ClusterChanged, match="leads to another cluster"):
            call()
    assert cluster.snapshot() == before
