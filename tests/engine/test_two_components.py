"""Two `ClusterSso` of one program on one cluster: the engine brings them up concurrently."""

import pytest

from tests.components.programs import JWK_TEXT
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PROGRAM = '''\
"""Two issuers, each with a component of its own."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
url = pulumi.Output.secret(wish["cluster_url"])
for name in ("one", "two"):
    args = {"issuer": f"https://{name}", "audience": name, "jwks": wish["jwks"]}
    subject = OidcIssuer(f"idp-{name}", args).subject("batch")
    logins = {f"app_{name}": {"identities": [subject]}}
    ClusterSso(f"sso-{name}", {"cluster_url": url, "keys": "pinned", "logins": logins})
'''


def test_neither_loses_what_the_other_writes(cluster: EmbeddedCluster, stack: Stack) -> None:
    (stack.folder / "__main__.py").write_text(PROGRAM)
    stack.wish({"cluster_url": cluster.admin_url, "jwks": JWK_TEXT})
    found = cluster.snapshot()
    slow = {"match": "SET CLUSTER SETTING", "kind": "delay", "ms": 100, "times": -1}
    cluster.faults(slow)

    stack.up()

    standing = cluster.snapshot()
    assert sorted(standing.setting("identity_map.configuration").splitlines()) == [
        "https://one batch app_one",
        "https://two batch app_two",
    ]
    for name in ("one", "two"):
        assert f'"https://{name}"' in standing.issuers
        assert f'"{name}"' in standing.setting("audience")
    assert stack.pulumi("preview", "--expect-no-changes", "-s", stack.name).code == 0
    stack.destroy()
    cluster.faults()
    assert cluster.snapshot() == found


NESTED = '''\
"""Two components of one name, below two parents of one name."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
url = pulumi.Output.secret(wish["cluster_url"])
for number, (type_, parent, was) in enumerate(wish["parents"]):
    name = f"no{number}"
    args = {"issuer": f"https://{name}", "audience": name, "jwks": wish["jwks"]}
    subject = OidcIssuer(name, args).subject("batch")
    moved = [pulumi.Alias(name=was)] if was else []
    options = pulumi.ResourceOptions(aliases=moved)
    above = pulumi.ComponentResource(f"acme:index:{type_}", parent, None, options)
    logins = {f"app_{name}": {"identities": [subject]}}
    args = {"cluster_url": url, "keys": "pinned", "logins": logins}
    ClusterSso("sso", args, pulumi.ResourceOptions(parent=above))
'''


def claimed(cluster: EmbeddedCluster) -> dict[str, tuple[str, str]]:
    """Return the owner and the uuid that claim each user."""
    found = cluster.execute(
        "SELECT c.entry, o.owner, o.instance FROM crdb_sso.public.claims AS c"
        " JOIN crdb_sso.public.owners AS o ON o.instance = c.owner WHERE c.kind = 'user'"
    )
    return {user: (owner, instance) for user, owner, instance in found}


def test_below_parents_of_one_name_and_different_types_they_are_two_owners(
    cluster: EmbeddedCluster, stack: Stack
) -> None:
    (stack.folder / "__main__.py").write_text(NESTED)
    wish = {"cluster_url": cluster.admin_url, "jwks": JWK_TEXT}
    stack.wish(wish | {"parents": [["Team", "web", ""], ["Region", "web", ""]]})
    found = cluster.snapshot()

    stack.up()

    before = claimed(cluster)
    assert {user: owner for user, (owner, _) in before.items()} == {
        "app_no0": "organization/shop/test/acme:index:Team/web/sso",
        "app_no1": "organization/shop/test/acme:index:Region/web/sso",
    }
    stack.wish(wish | {"parents": [["Team", "site", "web"], ["Region", "web", ""]]})
    printed = stack.up()
    after = claimed(cluster)
    assert after["app_no0"][0] == "organization/shop/test/acme:index:Team/site/sso"
    assert {user: instance for user, (_, instance) in after.items()} == {
        user: instance for user, (_, instance) in before.items()
    }
    assert "~ 1 updated" in printed
    stack.destroy()
    assert cluster.snapshot() == found
