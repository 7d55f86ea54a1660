"""An issuer rotates its keys: what the engine shows before, while and after the old key waits."""

import json
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, minted
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


def jwks(issuer: LocalIssuer, *kids: str) -> str:
    """Return the issuer's key set, reduced to these keys."""
    keys = json.loads(issuer._text(issuer.jwks_uri))["keys"]  # noqa: SLF001 - as the clouds' keys are read
    return json.dumps({"keys": [key for key in keys if key["kid"] in kids]})


def test_a_rotation_is_shown_when_it_happens_and_when_the_old_key_is_due(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    (old,) = issuer.kids()
    wish["issuers"]["idp"]["jwks"] = jwks(issuer, old)
    stack.wish(wish)
    stack.up()
    token = minted(issuer, sub="orders", aud="crdb")
    issuer.rotate()
    (new,) = issuer.kids() - {old}
    wish["issuers"]["idp"]["jwks"] = jwks(issuer, new)
    stack.wish(wish)

    shown = stack.preview()
    assert f"~ idp: key {old} is no longer published, trusted until 20" in shown
    assert f"+ idp: key {new} is trusted" in shown
    stack.up()

    assert cluster.login("app_orders", token) == "app_orders"
    assert "idp: key" not in stack.preview("--expect-no-changes")
    stack.refresh()
    assert "idp: key" not in stack.preview("--expect-no-changes")
    assert f'"{old}": "20' in stack.state()

    cluster.execute("UPDATE crdb_sso.public.retiring SET until = now() - '1s'::INTERVAL")
    stack.refresh()
    shown = stack.preview()
    assert f"- idp: key {old} is no longer trusted" in shown
    assert "~ 1 to update" in shown
    stack.up()

    assert old not in cluster.snapshot().setting("jwt_authentication.jwks")
    assert f'"{old}": "20' not in stack.state()
    assert "idp: key" not in stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found
