"""What was set up by hand is adopted: nothing changes, and the stack removes nothing."""

from collections.abc import Mapping

import pytest

from crdb_sso.adopt.adoption import AdoptedLogin, Principal
from crdb_sso.adopt.program import program_text
from tests.components.adopted import OWNER, inputs_of
from tests.support.handmade_clusters import (
    AUDIENCE,
    EACH_LAYOUT,
    ENABLED,
    IDENTITY_MAP,
    LAYOUTS,
    MAP_OF_ISSUERS,
    read_adoption,
    set_up,
    visible,
)
from tests.support.provider_calls import ISSUER, PROVIDER, create, delete
from tests.support.servers import EmbeddedCluster

ORDERS = AdoptedLogin((Principal(ISSUER, "orders"),), ("readers", "writers"))


@pytest.mark.parametrize("texts", EACH_LAYOUT)
def test_up_and_destroy_leave_every_byte_and_every_user_as_found(
    cluster: EmbeddedCluster, texts: Mapping[str, str]
) -> None:
    set_up(cluster, texts)
    before = visible(cluster)
    snapshot = cluster.snapshot()
    assert {name: snapshot.setting(name) for name in texts} == texts
    adoption = read_adoption(cluster)
    assert "app_orders" in adoption.logins

    state = create(inputs_of(program_text(adoption), cluster.admin_url))

    assert visible(cluster) == before
    claims = cluster.snapshot().claims
    assert {(owner, found) for _, _, owner, _, found in claims} == {(OWNER, True)}
    assert PROVIDER.read(OWNER, state).outs == state
    delete(state)
    assert visible(cluster) == before
    assert cluster.snapshot().claims == ()


@MAP_OF_ISSUERS
def test_logins_are_read_with_their_roles_and_their_state(cluster: EmbeddedCluster) -> None:
    set_up(cluster, LAYOUTS["a map from issuers to addresses"])

    adoption = read_adoption(cluster)

    assert adoption.logins == {
        "app_batch": AdoptedLogin((Principal(ISSUER, "batch"),), may_login=False),
        "app_orders": ORDERS,
    }
    assert adoption.issuers == {ISSUER: "https://keys.example.com"}
    assert adoption.foreign == ()


def test_each_thing_that_stays_foreign_is_named(cluster: EmbeddedCluster) -> None:
    set_up(cluster, LAYOUTS["lists, comments and odd layout"])

    adoption = read_adoption(cluster)

    assert [thing.what for thing in adoption.foreign] == [
        "key 'weak'",
        "key 'shared'",
        "identity map line 1",
        "identity map line 7, 'cert_map alice alice'",
        rf"identity map line 8, '{ISSUER} /^(.*)@corp\\.com$ \\1'",
        f"identity map line 9, '{ISSUER} ops root'",
        f"identity map line 10, '{ISSUER} ghost nobody'",
        "issuer 'https://open.example.org'",
    ]
    assert "c2VjcmV0" not in program_text(adoption)


def test_a_new_cluster_gives_a_program_without_logins(cluster: EmbeddedCluster) -> None:
    before = visible(cluster)
    adoption = read_adoption(cluster)

    state = create(inputs_of(program_text(adoption), cluster.admin_url))

    assert [thing.what for thing in adoption.foreign] == [ENABLED]
    assert visible(cluster) == before
    delete(state)
    assert visible(cluster) == before


def test_what_somebody_adds_next_to_an_adopted_login_stays(cluster: EmbeddedCluster) -> None:
    texts = LAYOUTS["a plain text each"]
    set_up(cluster, texts)
    state = create(inputs_of(program_text(read_adoption(cluster)), cluster.admin_url))
    cluster.set(AUDIENCE, '["crdb", "later"]')
    cluster.set(IDENTITY_MAP, f"{texts[IDENTITY_MAP]}\n# later\n")
    before = visible(cluster)

    delete(state)

    assert visible(cluster) == before


@MAP_OF_ISSUERS
def test_an_adopted_login_that_leaves_the_program_stays_on_the_cluster(
    cluster: EmbeddedCluster,
) -> None:
    set_up(cluster, LAYOUTS["a map from issuers to addresses"])
    before = visible(cluster)
    inputs = inputs_of(program_text(read_adoption(cluster)), cluster.admin_url)
    state = create(inputs)
    fewer = inputs | {"logins": {"app_orders": inputs["logins"]["app_orders"]}}

    state = dict(PROVIDER.update(OWNER, state, fewer).outs or {})

    assert visible(cluster) == before
    assert "app_batch" not in {entry for _, entry, *_ in cluster.snapshot().claims}
    delete(state)
    assert visible(cluster) == before
