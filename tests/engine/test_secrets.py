"""What a program gives as a secret reaches nobody's screen and no state in the clear."""

import json
from pathlib import Path
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
idp = OidcIssuer("idp", {name: secret[name] for name in ("issuer", "audience", "jwks")})
app = {"identities": [idp.subject(secret["subject"])], "roles": wish["roles"]}
args = {"keys": "pinned", "logins": {"app": app}, "claim": secret.get("claim")}
sso = ClusterSso("sso", {"cluster_url": wish["cluster_url"], **args})
'''
KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
SECRETS = {
    "issuer": "https://hidden-issuer.example.com",
    "audience": "hidden-audience",
    "subject": "hidden-subject",
    "jwks": json.dumps({"keys": [{**KEY, "kid": "hidden-kid"}]}),
}
ADDED = (
    "+ idp: tokens of issuer [secret] are trusted, keys [secret]",
    "+ app: SQL user",
    "+ app: idp subject [secret] (audience [secret]) may log in",
)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "project", PROGRAM)


@pytest.fixture
def wish(cluster: EmbeddedCluster) -> dict[str, Any]:
    return {"cluster_url": cluster.admin_url, "secrets": SECRETS, "roles": []}


def test_secrets_are_masked_from_the_first_preview_to_destroy(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    said = [stack.preview(), stack.up()]
    assert all(line in text for text in said for line in ADDED)
    shown = cluster.execute("SHOW CLUSTER SETTING server.identity_map.configuration")
    assert "hidden-subject app" in shown[0][0]

    stack.wish({**wish, "secrets": {**SECRETS, "subject": "hidden-other"}})
    changed = stack.preview()
    assert "- app: idp subject [secret] (audience [secret]) may no longer log in" in changed
    stack.wish({**wish, "roles": ["hidden-not"]})  # a role that is not a secret, and is not there
    refused = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name).text
    assert "this role does not exist on the cluster: hidden-not" in refused
    said += [changed, refused.replace("hidden-not", ""), stack.refresh(), stack.state()]
    stack.wish(wish)
    said += [stack.preview(), stack.destroy()]

    assert "hidden" not in "\n".join(said)


def test_secrets_are_masked_in_errors_about_them(
    stack: Stack, wish: dict[str, Any], cluster: EmbeddedCluster
) -> None:
    before = cluster.snapshot()
    stack.wish({**wish, "secrets": {**SECRETS, "subject": "hidden subject", "claim": "hidden\0"}})
    said = stack.pulumi("preview", "--diff", "-s", stack.name).text
    assert "the subject '[secret]' has white space or `#`" in said
    assert "Give the anchored regular expression instead: /^[secret]$" in said
    assert "`claim`: the text '[secret]' contains a NUL character" in said
    stack.wish({**wish, "secrets": {**SECRETS, "issuer": "https://hidden.example.com/#"}})
    said += stack.pulumi("preview", "--diff", "-s", stack.name).text
    assert "the issuer '[secret]' contains '#'" in said
    private = json.dumps({"keys": [{**KEY, "kid": "hidden-kid", "d": "hidden"}]})
    stack.wish({**wish, "secrets": {**SECRETS, "jwks": private}})
    said += stack.pulumi("preview", "--diff", "-s", stack.name).text

    assert "hidden" not in said
    assert "Traceback" not in said
    assert cluster.snapshot() == before
