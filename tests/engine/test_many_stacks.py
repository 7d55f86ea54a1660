"""Stacks of several projects on one cluster, brought up by the real engine at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.components.programs import JWK_TEXT
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PROGRAM = '''\
"""One issuer that all have, and one login of this stack alone."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
url = pulumi.Output.secret(wish["cluster_url"])
args = {"issuer": "https://shared", "audience": "crdb", "jwks": wish["jwks"]}
subject = OidcIssuer("idp", args).subject(wish["subject"])
opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=n) for n in wish.get("aliases", [])])
logins = {wish["user"]: {"identities": [subject]}}
ClusterSso(wish.get("name", "sso"), {"cluster_url": url, "keys": "pinned", "logins": logins}, opts)
'''


def lines(cluster: EmbeddedCluster) -> list[str]:
    return sorted(cluster.snapshot().setting("identity_map.configuration").splitlines())


def test_stacks_that_come_up_together_all_have_what_they_want_and_leave_nothing(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    found = cluster.snapshot()
    names = ["one", "two", "three"]
    stacks = [Stack(tmp_path / name, PROGRAM, name) for name in names]

    def wish(stack: Stack, subject: str) -> None:
        shared = {"cluster_url": cluster.admin_url, "jwks": JWK_TEXT}
        stack.wish(shared | {"user": f"app_{stack.name}", "subject": subject})

    with ThreadPoolExecutor(len(stacks)) as pool:
        for stack in stacks:
            wish(stack, "batch")
        list(pool.map(Stack.up, stacks))
        assert lines(cluster) == [f"https://shared batch app_{name}" for name in sorted(names)]

        wish(stacks[0], "night")
        list(pool.map(lambda work: work(), [stacks[0].up, stacks[1].destroy, stacks[2].destroy]))
        assert lines(cluster) == ["https://shared night app_one"]

    stacks[0].destroy()
    assert cluster.snapshot() == found


@pytest.fixture
def named(cluster: EmbeddedCluster, tmp_path: Path) -> Stack:
    stack = Stack(tmp_path / "named", PROGRAM)
    first = {"cluster_url": cluster.admin_url, "jwks": JWK_TEXT, "user": "app", "subject": "a"}
    stack.wish(first)
    stack.up()
    stack.wish(first | {"name": "logins", "aliases": ["sso"], "user": "app_new"})
    return stack


def owners(cluster: EmbeddedCluster) -> set[str]:
    return {owner.rpartition("/")[2] for _, _, owner, _, _ in cluster.snapshot().claims}


def test_a_component_with_an_alias_carries_its_claims(
    cluster: EmbeddedCluster, named: Stack
) -> None:
    assert owners(cluster) == {"sso"}

    named.up()

    assert owners(cluster) == {"logins"}
    assert lines(cluster) == ["https://shared a app_new"]
    named.destroy()
    assert cluster.snapshot().claims == ()


@pytest.mark.parametrize("at", ["SET CLUSTER SETTING", "DROP USER", "WHERE id = 1 AND token"])
def test_a_rename_that_breaks_off_and_is_destroyed_next_leaves_nothing(
    cluster: EmbeddedCluster, named: Stack, at: str
) -> None:
    fault = {"match": at, "kind": "drop_after", "times": 1}
    cluster.faults(fault)
    named.pulumi("up", "--yes", "--skip-preview", "-s", named.name)
    cluster.faults()

    named.destroy()

    after = cluster.snapshot()
    assert after.claims == ()
    assert after.setting("identity_map.configuration") == ""
    assert [user for user, _, _ in after.users] == ["admin", "root"]
