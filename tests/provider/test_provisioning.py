"""Provisioning and group sync on an embedded cluster of the first version that has them."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crdb_sso.adopt.program import program_text
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.tokens.jwks import parse_given
from tests.components.adopted import inputs_of
from tests.docs.pages import code_blocks
from tests.provider.test_crash_points import crash_points
from tests.support.handmade_clusters import LAYOUTS, read_adoption, set_up, visible
from tests.support.provider_calls import (
    OWNER,
    PROVIDER,
    create,
    delete,
    identity,
    refresh,
    update,
    wish,
)
from tests.support.servers import (
    EmbeddedCluster,
    LocalIssuer,
    embedded_cluster,
    local_issuer,
    minted,
)

SYNC = "server.jwt_authentication.authorization.enabled"
PROVISIONING = "security.provisioning.jwt.enabled"
MAP = "server.identity_map.configuration"
OTHER = "org/shop/dev/other"
ACCEPTED = {"allow_privileged": True}
"""What turns group sync on: nothing keeps a group from being called admin."""


@pytest.fixture(scope="module", params=["25.4", "26.2", "26.4"])
def running_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with embedded_cluster(folder, "--version", request.param) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def of(cluster: EmbeddedCluster, issuer: LocalIssuer, **changes: Any) -> dict[str, Any]:
    """Return the wish with a source whose tokens tests can get."""
    keys = parse_given(issuer.jwks()).text_by_kid()
    source = {"issuer": issuer.issuer, "keys": keys}
    return wish(cluster, **{"sources": {"idp": source}, **changes})


def token(issuer: LocalIssuer, sub: str = "o-1", **claims: Any) -> str:
    return minted(issuer, sub=sub, aud=claims.pop("aud", "crdb"), claims=json.dumps(claims))


def switches(cluster: EmbeddedCluster) -> tuple[str, ...]:
    """Return claim, key and both switches."""
    asked = (
        "group_claim",
        "userinfo_group_key",
        "authorization.enabled",
        "provisioning.jwt.enabled",
    )
    return tuple(cluster.snapshot().setting(name) for name in asked)


def users(cluster: EmbeddedCluster) -> dict[str, tuple[str, str]]:
    """Return options and roles by user."""
    return {user: rest for user, *rest in cluster.snapshot().users}  # type: ignore[misc] # two texts


def test_groups_become_roles_until_destroy_restores_the_switch(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    found = cluster.snapshot().settings
    cluster.execute("CREATE ROLE readers")
    cluster.execute("CREATE ROLE writers")
    state = create(
        of(cluster, issuer, group_sync={"group_claim": "teams", "allow_privileged": True})
    )
    cluster.execute("GRANT admin, writers TO app_orders")

    assert cluster.login("app_orders", token(issuer, teams=["Readers", "no_role"])) == "app_orders"

    assert users(cluster)["app_orders"][1] == "{readers}"
    assert PROVIDER.read(OWNER, state).outs == state
    with pytest.raises(psycopg.OperationalError, match="empty group list"):
        cluster.login("app_orders", token(issuer, teams=[]))
    cluster.execute("GRANT writers TO app_orders")
    state = update(state, of(cluster, issuer))
    assert cluster.login("app_orders", token(issuer, teams=["readers"])) == "app_orders"
    assert users(cluster)["app_orders"][1] == "{writers}"
    delete(state)
    assert cluster.snapshot().settings == found


def test_a_token_creates_its_user_who_stays(cluster: EmbeddedCluster, issuer: LocalIssuer) -> None:
    theirs = f"{issuer.issuer} /^(.*)@example\\.com$ \\1"
    cluster.set(MAP, theirs)
    state = create(of(cluster, issuer, auto_provisioning=True))

    assert cluster.login("ann", token(issuer, "ann@example.com")) == "ann"

    assert users(cluster)["ann"][0] == f"PROVISIONSRC=jwt_token:{issuer.issuer}"
    with pytest.raises(psycopg.OperationalError, match="invalid audience"):
        cluster.login("bob", token(issuer, "bob@example.com", aud="elsewhere"))
    assert "bob" in users(cluster)
    delete(state)
    assert {"ann", "bob"} <= users(cluster).keys()
    assert "app_orders" not in users(cluster)
    assert cluster.snapshot().setting("identity_map.configuration") == theirs
    assert switches(cluster) == ("groups", "groups", "false", "false")


def test_a_user_that_a_token_created_may_become_a_login_and_outlives_it(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    cluster.set(MAP, f"{issuer.issuer} /^(.*)@example\\.com$ \\1")
    state = create(of(cluster, issuer, auto_provisioning=True))
    cluster.login("ann", token(issuer, "ann@example.com"))
    more = {"ann": {"identities": {"ann": identity("a-1")}, "login": False}}

    state = update(state, of(cluster, issuer, auto_provisioning=True, logins=more))

    with pytest.raises(psycopg.OperationalError, match="does not have login privilege"):
        cluster.login("ann", token(issuer, "ann@example.com"))
    delete(state)
    assert users(cluster)["ann"][0] == f"PROVISIONSRC=jwt_token:{issuer.issuer}"


def test_manual_changes_are_seen_and_repaired(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    props = of(cluster, issuer, auto_provisioning=True, group_sync=ACCEPTED)
    state = create(props)

    cluster.set(SYNC, "false")
    cluster.set(PROVISIONING, "false")

    left = PROVIDER.read(OWNER, state).inputs or {}
    assert left == of(cluster, issuer)
    update(refresh(state), props)
    assert switches(cluster) == ("groups", "groups", "true", "true")


def test_two_stacks_share_the_switches_or_are_refused(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    cluster.execute("CREATE ROLE readers")
    both = {"auto_provisioning": True, "group_sync": {"userinfo_group_key": "roles", **ACCEPTED}}
    one = create(of(cluster, issuer, **both))
    theirs = of(cluster, issuer, owner=OTHER, **both)
    with_roles = {"app_orders": {**theirs["logins"]["app_orders"], "roles": {"readers": True}}}
    before = cluster.snapshot()

    with pytest.raises(GuardRefused, match=f"{OWNER} .* wants group sync"):
        create(of(cluster, issuer, owner=OTHER, logins=with_roles))

    assert cluster.snapshot() == before
    two = create(theirs)
    delete(one)
    assert switches(cluster) == ("groups", "roles", "true", "true")
    delete(two)
    assert switches(cluster) == ("groups", "groups", "false", "false")


def test_where_sync_is_already_on_roles_are_refused_and_destroy_is_not(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    cluster.execute("CREATE ROLE readers")
    plain = of(cluster, issuer)
    with_roles = {"app_orders": {**plain["logins"]["app_orders"], "roles": {"readers": True}}}
    props = of(cluster, issuer, logins=with_roles)
    state = create(props)
    cluster.set(SYNC, "true")

    with pytest.raises(GuardRefused, match=r"would revoke .*: app_orders in readers"):
        update(state, props | {"logins": {**with_roles, "app_new": {"identities": {}}}})

    delete(state)
    assert switches(cluster) == ("groups", "groups", "true", "false")
    assert cluster.snapshot().claims == ()


def test_an_update_that_fails_anywhere_is_completed_by_the_next(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    kind = "drop_before" if "v25.4" in cluster.banner else "drop_after"  # one of each
    cluster.execute("CREATE ROLE readers")
    cluster.set("server.jwt_authentication.group_claim", "theirs")
    plain = of(cluster, issuer)
    synced = of(cluster, issuer, auto_provisioning=True, group_sync=ACCEPTED)
    roles = {"app_orders": {**plain["logins"]["app_orders"], "roles": {"readers": True}}}
    given = of(cluster, issuer, logins=roles)
    states = [create(given)]
    for _ in crash_points(cluster, kind, lambda: update(states[-1], synced)):
        state = update(states[-1], synced)
        assert switches(cluster) == ("groups", "groups", "true", "true")
        states.append(update(state, given))
        assert switches(cluster) == ("theirs", "groups", "false", "false")
        assert users(cluster)["app_orders"][1] == "{readers}"


def test_on_an_older_cluster_the_error_names_the_version_that_has_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with embedded_cluster(tmp_path_factory.mktemp("older"), "--version", "25.2") as older:
        before = older.snapshot()
        with pytest.raises(UnsupportedVersion, match="has no setting"):
            create(wish(older, auto_provisioning=True))
        with pytest.raises(UnsupportedVersion, match="has no setting"):
            create(wish(older, group_sync=ACCEPTED))
        assert older.snapshot() == before


def test_the_statement_of_the_page_lists_the_users_that_tokens_created(
    cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    (listing,) = code_blocks("docs/provisioning.md", "sql")
    cluster.set(MAP, f"{issuer.issuer} /^(.*)@example\\.com$ \\1")
    create(of(cluster, issuer, auto_provisioning=True))
    cluster.login("ann", token(issuer, "ann@example.com"))

    assert cluster.execute(listing) == [("ann", [f"PROVISIONSRC=jwt_token:{issuer.issuer}"])]


def test_a_cluster_with_both_options_on_is_adopted_and_nothing_changes(
    cluster: EmbeddedCluster,
) -> None:
    set_up(cluster, LAYOUTS["a plain text each"])
    cluster.set(PROVISIONING, "true")
    cluster.set(SYNC, "true")
    cluster.set("server.jwt_authentication.group_claim", "teams")
    before = visible(cluster)
    text = program_text(read_adoption(cluster))

    state = create(inputs_of(text, cluster.admin_url))

    assert '"auto_provisioning": True,' in text
    assert '"group_sync": {"group_claim": "teams"},' in text
    assert "membership of 'app_orders' in 'readers': group sync is on" in text
    assert visible(cluster) == before
    assert PROVIDER.read(OWNER, state).outs == state
    delete(state)
    assert visible(cluster) == before
    assert cluster.snapshot().claims == ()
