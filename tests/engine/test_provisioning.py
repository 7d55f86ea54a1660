"""Provisioning and group sync through the real engine, on the first version that has them."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.docs.pages import code_blocks
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, minted
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def running_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path_factory.mktemp("cluster"), "--version", "25.4") as cluster:
        yield cluster


def token(issuer: LocalIssuer, sub: str, **claims: Any) -> str:
    return minted(issuer, sub=sub, aud="crdb", claims=json.dumps(claims))


def users(cluster: EmbeddedCluster) -> dict[str, str]:
    """Return the roles of each user."""
    return {user: roles for user, _, roles in cluster.snapshot().users}


def test_the_life_of_a_stack_whose_tokens_bring_users_and_roles(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.execute("CREATE ROLE readers")
    people = f"{issuer.issuer} /^(.*)@example\\.com$ \\1"
    cluster.set("server.identity_map.configuration", people)
    found = cluster.snapshot()
    sync = {"group_claim": "groups", "allow_privileged": True}
    options = {"auto_provisioning": True, "group_sync": sync}
    stack.wish(wish | options)

    printed = stack.preview()
    stack.up()

    (block,) = [text for text in code_blocks("docs/provisioning.md") if text.startswith("~")]
    for line in block.splitlines():
        assert line in printed
    with pytest.raises(psycopg.OperationalError, match="empty group list"):
        cluster.login("ann", token(issuer, "ann@example.com", groups=[]))
    assert cluster.login("ann", token(issuer, "ann@example.com", groups=["readers"])) == "ann"
    cluster.execute("GRANT readers TO app_billing")
    cluster.execute("GRANT admin TO app_orders")
    assert cluster.login("app_orders", token(issuer, "orders", groups=["readers"])) == "app_orders"
    assert users(cluster)["ann"] == users(cluster)["app_orders"] == "{readers}"
    stack.preview("--refresh", "--expect-no-changes")

    cluster.set("security.provisioning.jwt.enabled", "false")
    stack.refresh()
    assert (
        "~ automatic provisioning of the whole cluster: a token, even an expired one"
        in stack.preview()
    )
    stack.up()
    assert cluster.snapshot().setting("provisioning.jwt.enabled") == "true"

    stack.destroy()
    assert cluster.snapshot().settings == found.settings
    assert users(cluster).keys() - dict.fromkeys(user for user, *_ in found.users) == {"ann"}


def test_roles_besides_groups_are_refused_in_the_preview(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.execute("CREATE ROLE readers")
    wish["logins"]["app_orders"]["roles"] = ["readers"]
    stack.wish(wish | {"group_sync": {}})

    outcome = stack.pulumi("preview", "-s", stack.name)

    assert outcome.code != 0
    assert "revokes readers from app_orders at its next login" in outcome.text
