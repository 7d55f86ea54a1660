"""Create, update, delete: what is on the cluster after each, and that nothing is left."""

import json
from typing import Any

import pytest

from crdb_sso.errors import ClusterUnreachable
from tests.support.handmade_clusters import MAP_OF_ISSUERS
from tests.support.provider_calls import (
    AUDIENCE,
    ISSUER,
    KEY_1,
    KEY_2,
    OWNER,
    create,
    delete,
    other_wish,
    update,
    wish,
)
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS


def test_create_writes_users_map_keys_issuer_audience_and_turns_logins_on(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))

    after = cluster.snapshot()
    assert after.setting("jwt_authentication.enabled") == "true"
    assert json.loads(after.setting("jwks")) == {"keys": [json.loads(KEY_1), json.loads(KEY_2)]}
    assert json.loads(after.issuers) == [ISSUER]
    assert json.loads(after.setting("audience")) == [AUDIENCE]
    assert after.setting("identity_map.configuration") == (
        f"{ISSUER} b-1 app_billing\n{ISSUER} o-1 app_orders\n"
    )
    assert [user for user, _, _ in after.users] == ["admin", "app_billing", "app_orders", "root"]
    assert {owner for _, _, owner, _, _ in after.claims} == {OWNER}


def test_update_changes_every_kind_of_entry(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE ROLE readers")
    state = create(wish(cluster))

    update(state, other_wish(cluster))

    after = cluster.snapshot()
    assert json.loads(after.setting("jwks")) == {"keys": [json.loads(KEY_2)]}
    assert json.loads(after.issuers) == ["https://new-idp.example.com"]
    assert json.loads(after.setting("audience")) == [AUDIENCE, "crdb-2"]
    assert after.setting("identity_map.configuration") == (
        "https://new-idp.example.com o-2 app_orders\nhttps://new-idp.example.com s-1 app_stock\n"
    )
    assert after.users[1:] == (
        ("app_orders", "", "{readers}"),
        ("app_stock", "NOLOGIN", "{}"),
        ("readers", "NOLOGIN", "{}"),
        ("root", "", "{admin}"),
    )


def test_delete_leaves_the_cluster_exactly_as_found(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE ROLE readers")
    before = cluster.snapshot()
    state = update(create(wish(cluster)), other_wish(cluster))

    delete(state)

    assert cluster.snapshot() == before


FOREIGN_KEY = '{"kty":"RSA", "e":"AQAB","n":"sXchDaQ","x5t":"kept as it is"}'
FOREIGN = {
    "a plain string each": {
        "server.jwt_authentication.jwks": FOREIGN_KEY,
        ISSUERS: "https://others.example.org/",
        "server.jwt_authentication.audience": "others",
        "server.identity_map.configuration": "https://others.example.org/ sub theirs",
    },
    "lists, comments and odd layout": {
        "server.jwt_authentication.jwks": f' {{"note":1, "keys" : [ {FOREIGN_KEY} ]}} ',
        ISSUERS: '[ "https://others.example.org/" ]',
        "server.jwt_authentication.audience": '["others" , "123"]',
        "server.identity_map.configuration": "# theirs\n\nhttps://others.example.org/\t/^x$ u #!\n",
    },
    "an issuer map": {
        ISSUERS: (
            '{"issuer_jwks_map": {"https://others.example.org/": "https://others.example.org/k"}}'
        ),
    },
}


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(v, id=k, marks=[MAP_OF_ISSUERS] if k == "an issuer map" else [])
        for k, v in FOREIGN.items()
    ],
)
def test_what_others_wrote_stays_while_we_are_here_and_comes_back_byte_for_byte(
    cluster: EmbeddedCluster, foreign: dict[str, str]
) -> None:
    for name, value in foreign.items():
        cluster.set(name, value)
    before = cluster.snapshot()
    props = wish(cluster)
    props["sources"]["idp"]["jwks_uri"] = f"{ISSUER}/keys"

    state = create(props)

    during = cluster.snapshot()
    for name, value in foreign.items():
        kept = {FOREIGN_KEY, '"https://others.example.org/"', '"others"', "theirs", "/^x$ u #!"}
        for piece in (piece for piece in kept if piece in value or piece.strip('"') == value):
            assert piece in during.setting(name)
    delete(state)
    assert cluster.snapshot() == before


def test_entries_that_were_found_outlive_the_stack(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE ROLE readers")
    cluster.execute("CREATE USER app_orders")
    cluster.execute("GRANT readers TO app_orders")
    cluster.set("server.jwt_authentication.audience", AUDIENCE)
    cluster.set("server.identity_map.configuration", f"{ISSUER} o-1 app_orders")
    cluster.set("server.jwt_authentication.enabled", "true")
    props = wish(cluster)
    props["logins"]["app_orders"] |= {"roles": {"readers": True}, "login": False}
    before = cluster.snapshot()

    state = create(props)
    assert ("app_orders", "NOLOGIN", "{readers}") in cluster.snapshot().users
    delete(state)

    assert cluster.snapshot() == before


def test_what_others_add_while_we_are_here_stays(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    cluster.set("server.jwt_authentication.audience", f'["{AUDIENCE}", "later"]')

    delete(state)

    assert cluster.snapshot().setting("audience") == '["later"]'


def test_logins_stay_on_for_issuers_that_others_added_in_the_meantime(
    cluster: EmbeddedCluster,
) -> None:
    state = create(wish(cluster))
    cluster.set(ISSUERS, f'["{ISSUER}", "https://theirs.example.org"]')

    delete(state)

    after = cluster.snapshot()
    assert after.issuers == '["https://theirs.example.org"]'
    assert after.setting("jwt_authentication.enabled") == "true"


def test_a_second_stack_keeps_what_it_shares_with_the_first(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()
    first = create(wish(cluster))
    logins = {"app_orders": wish(cluster)["logins"]["app_orders"]}
    second = create(wish(cluster, owner="org/shop/dev/other", logins=logins))

    delete(first)

    during = cluster.snapshot()
    assert during.setting("identity_map.configuration") == f"{ISSUER} o-1 app_orders\n"
    assert json.loads(during.issuers) == [ISSUER]
    assert "app_orders" in {user for user, _, _ in during.users}
    delete(second)
    assert cluster.snapshot() == before


def test_a_renamed_component_carries_its_claims(cluster: EmbeddedCluster) -> None:
    state = create(wish(cluster))
    before = cluster.snapshot()

    state = update(state, wish(cluster, owner="org/shop/dev/renamed"))

    after = cluster.snapshot()
    assert (after.settings, after.users) == (before.settings, before.users)
    assert {claim[2] for claim in after.claims} == {"org/shop/dev/renamed"}
    assert state["owner"] == "org/shop/dev/renamed"


def test_a_login_may_be_a_role_of_another_in_the_same_stack(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()
    props = wish(cluster)
    props["logins"]["app_orders"]["roles"] = {"app_billing": True}

    state = create(props)

    assert ("app_orders", "", "{app_billing}") in cluster.snapshot().users
    delete(state)
    assert cluster.snapshot() == before


def test_a_rename_that_fails_halfway_is_completed_with_nothing_left(
    cluster: EmbeddedCluster,
) -> None:
    before = cluster.snapshot()
    state = create(wish(cluster))
    renamed = other_logins(wish(cluster, owner="org/shop/dev/renamed"))
    cluster.faults({"match": "DROP USER", "kind": "drop_before"})
    with pytest.raises(ClusterUnreachable):
        update(state, renamed)
    cluster.faults()

    state = update(state, renamed)

    assert {claim[2] for claim in cluster.snapshot().claims} == {"org/shop/dev/renamed"}
    assert "app_billing" not in {user for user, _, _ in cluster.snapshot().users}
    delete(state)
    assert cluster.snapshot() == before


def other_logins(props: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs with one login fewer."""
    return props | {"logins": {"app_orders": props["logins"]["app_orders"]}}
