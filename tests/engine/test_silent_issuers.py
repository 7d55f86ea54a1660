"""An issuer stops between two `up`s: its keys stay, and a revocation does not wait for it."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.servers import EmbeddedCluster, local_issuer, minted
from tests.support.stacks import Stack, two_logins

pytestmark = pytest.mark.engine

STAYS = "warning: idp: its keys stay as the last `up` wrote them: OidcIssuer 'idp': https://"


def test_a_login_is_shut_out_while_its_issuer_is_down(
    cluster: EmbeddedCluster, stack: Stack, tmp_path: Path
) -> None:
    found = cluster.snapshot()
    with local_issuer(tmp_path) as issuer:
        wish: dict[str, Any] = two_logins(cluster, issuer)
        stack.wish(wish)
        stack.up()
        orders = minted(issuer, sub="orders", aud="crdb")
        billing = minted(issuer, sub="billing", aud="crdb")
        (kid,) = issuer.kids()
    assert STAYS in stack.preview("--expect-no-changes")
    wish["logins"]["app_billing"]["login"] = False
    stack.wish(wish)

    shown = stack.up()

    assert STAYS in shown
    assert "~ app_billing: shut out (NOLOGIN)" in shown
    assert "no longer published" not in shown
    with pytest.raises(psycopg.OperationalError):
        cluster.login("app_billing", billing)
    assert cluster.login("app_orders", orders) == "app_orders"
    state = stack.state()
    assert kid in state
    assert "could not be fetched" not in state
    stack.destroy()
    assert cluster.snapshot() == found


def test_a_first_up_needs_the_issuer(
    cluster: EmbeddedCluster, stack: Stack, tmp_path: Path
) -> None:
    found = cluster.snapshot()
    with local_issuer(tmp_path) as issuer:
        stack.wish(two_logins(cluster, issuer))

    refused = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert refused.code != 0
    assert f"OidcIssuer 'idp': {issuer.issuer}/.well-known/openid-configuration: " in refused.text
    assert "Next step: " in refused.text
    assert "Traceback" not in refused.text
    assert cluster.snapshot() == found
