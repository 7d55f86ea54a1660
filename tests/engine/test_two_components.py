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
