"""What a program gives as secrets, or what would command a terminal, reaches nobody's screen."""

import json
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PROGRAM = '''\
"""One login whose facts are secrets, as wish.json next to this file describes it."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
secret = {name: pulumi.Output.secret(text) for name, text in wish["secrets"].items()}
idp = OidcIssuer(
    "idp",
    {"issuer": secret["issuer"], "audience": secret["audience"], "jwks": secret["jwks"]},
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": wish["cluster_url"],
        "keys": "pinned",
        "logins": {
            "app": {"identities": [idp.subject(secret["subject"])], "roles": wish.get("roles")}
        },
        "claim": secret.get("claim"),
    },
)
'''
KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
SECRETS = {
    "issuer": "https://hidden-issuer.example.com",
    "audience": "hidden-audience",
    "subject": "hidden-subject",
    "jwks": json.dumps({"keys": [{**KEY, "kid": "hidden-kid"}]}),
}


@pytest.fixture
def stack(stack_folder: Any) -> Stack:
    return Stack(stack_folder / "project", PROGRAM)


@pytest.fixture
def stack_folder(tmp_path: Any) -> Any:
    return tmp_path


def test_x(cluster: EmbeddedCluster, stack: Stack) -> None:
    wish = {"cluster_url": cluster.admin_url, "secrets": SECRETS}
    stack.wish(wish)
    print(stack.preview())
    print(stack.up())
    wish["secrets"] = {**SECRETS, "subject": "hidden-other", "audience": "hidden audience 2"}
    stack.wish(wish)
    print(stack.preview())
    wish["secrets"] = {**SECRETS, "subject": "hidden subject", "claim": " "}
    stack.wish(wish)
    print(stack.pulumi("preview", "--diff", "-s", stack.name).text)
    wish["secrets"] = SECRETS
    wish["roles"] = ["nobody\u00e9"]
    stack.wish(wish)
    print(stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name).text)
    print(stack.state())
    assert 0
