"""An issuer of your own, through the real engine: made, rotated with overlap, refreshed, gone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from crdb_sso.workload import tokens
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

ISSUER = "https://id.example.com/shop"
PROGRAM = '''\
"""One login with a key of the stack's own, as wish.json next to this file describes it."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, SelfIssuer

wish = json.loads(Path("wish.json").read_text())
args = dict(wish["issuer"])
if "key" in args:
    args["key"] = pulumi.Output.secret(args["key"])
signer = SelfIssuer("signer", {"issuer": "https://id.example.com/shop", "audience": "crdb", **args})
logins = {"app": {"identities": [signer.subject("orders")]}}
sso = ClusterSso("sso", {
    "cluster_url": wish["cluster_url"], "keys": "pinned", "logins": logins,
    "connect_database": wish.get("database"), "retire_keys_after_hours": 0,
})
for name in ("private_key", "key_set", "discovery_document", "kid"):
    pulumi.export(name, getattr(signer, name))
pulumi.export("connect", sso.connect)
'''


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "project", PROGRAM)


def wish(cluster: EmbeddedCluster, issuer: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"cluster_url": cluster.admin_url, "issuer": issuer, **more}


def private_key(stack: Stack) -> str:
    out = stack.pulumi("stack", "output", "private_key", "--show-secrets", "-s", stack.name)
    return out.text


def token(tmp_path: Path, key: str) -> str:
    file = tmp_path / "key.pem"
    file.write_text(key)
    return tokens.self_signed(ISSUER, "orders", "crdb", key_file=file).token().value


def body(key: str) -> str:
    """Return what only the private key holds."""
    return "".join(key.strip().splitlines()[1:-1])


def test_a_made_key_is_rotated_only_when_asked_and_never_shown(
    cluster: EmbeddedCluster, stack: Stack, tmp_path: Path
) -> None:
    found = cluster.snapshot()
    args = {"rotation": "2026-11", "overlap_hours": 48, "publish_to": str(tmp_path / "web")}
    stack.wish(wish(cluster, args))
    said = [stack.preview()]
    assert "+ signer: a private key is made (ES256), and signs" in said[0]
    assert not (tmp_path / "web").exists()
    said.append(stack.up())
    first, old_kid = private_key(stack), stack.output("kid")
    old = token(tmp_path, first)
    assert cluster.login("app", old) == "app"
    assert ECKey.import_key(first).thumbprint() == old_kid
    check_documents(tmp_path / "web", stack)

    stack.wish(wish(cluster, args, database="shop"))  # an unrelated change
    said += [stack.refresh(), stack.up()]
    assert "signer:" not in said[-1]
    assert private_key(stack) == first

    args["rotation"] = "2026-12"
    stack.wish(wish(cluster, args))
    said.append(stack.preview())
    assert "~ signer: a new private key is made (ES256), and signs from then on" in said[-1]
    assert f"~ signer: key {old_kid} no longer signs, published until 20" in said[-1]
    said.append(stack.up())
    second = private_key(stack)
    check_documents(tmp_path / "web", stack)
    assert cluster.login("app", old) == "app"
    assert cluster.login("app", token(tmp_path, second)) == "app"
    said += [stack.refresh(), stack.state(), stack.preview("--expect-no-changes")]

    stack.wish(wish(cluster, {**args, "overlap_hours": 0}))
    said.append(stack.preview())
    assert f"- signer: key {old_kid} is no longer published" in said[-1]
    said.append(stack.up())
    assert private_key(stack) == second
    with pytest.raises(psycopg.OperationalError, match="invalid token"):
        cluster.login("app", old)
    assert cluster.login("app", token(tmp_path, second)) == "app"

    said += [stack.state(), stack.destroy()]
    assert cluster.snapshot() == found
    shown = "\n".join(said)
    assert "PRIVATE KEY" not in shown
    assert all(body(key)[40:80] not in shown for key in (first, second))


def check_documents(folder: Path, stack: Stack) -> None:
    """The files that a web server serves are the stack's outputs, and name the key that signs."""
    well_known = folder / ".well-known"
    key_set, discovery = stack.output("key_set"), stack.output("discovery_document")
    assert (well_known / "jwks.json").read_text() == key_set
    assert (well_known / "openid-configuration").read_text() == discovery
    assert stack.output("kid") in {key["kid"] for key in json.loads(key_set)["keys"]}


def test_a_given_private_key_never_reaches_the_state_and_rotates_with_overlap(
    cluster: EmbeddedCluster, stack: Stack, tmp_path: Path
) -> None:
    old, new = (pem() for _ in range(2))
    stack.wish(wish(cluster, {"key": old}))
    said = [stack.preview(), stack.up()]
    kid = stack.output("kid")
    assert f"+ signer: key {kid} signs" in said[0]
    assert cluster.login("app", token(tmp_path, old)) == "app"
    assert private_key(stack).strip() == ""

    stack.wish(wish(cluster, {"key": new}))
    said.append(stack.preview())
    new_kid = ECKey.import_key(new).thumbprint()
    assert f"~ signer: key {new_kid} signs from then on" in said[-1]
    assert f"~ signer: key {kid} no longer signs, published until 20" in said[-1]
    said.append(stack.up())
    for key in (old, new):
        assert cluster.login("app", token(tmp_path, key)) == "app"

    weak = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    stack.wish(wish(cluster, {"key": weak}))
    refused = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)
    assert refused.code != 0
    assert "SelfIssuer 'signer': the key can't be read" in refused.text
    said += [refused.text, stack.state()]
    stack.wish(wish(cluster, {"key": new}))
    stack.destroy()

    shown = "\n".join(said)
    assert "c2VjcmV0" not in shown
    for key in (old, new):
        assert body(key)[40:80] not in shown


def pem() -> str:
    made = ec.generate_private_key(ec.SECP256R1())
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
