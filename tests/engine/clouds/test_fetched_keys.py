"""The keys of a cloud are fetched where the cloud publishes them, once per program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.cloud.handle import TENANT_ID, Clouds
from tests.engine.clouds.cloud_stacks import ACCOUNT, azure_wish, gcp_wish
from tests.support.https_proxy import Proxy, proxy_to
from tests.support.servers import EmbeddedCluster, LocalIssuer
from tests.support.stacks import Stack
from tests.unit.scripted_https_server import HttpsServer, https_server, status, text

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("clouds")]

GOOGLE_PATH = "/oauth2/v3/certs"
ENTRA_PATH = f"/{TENANT_ID}/discovery/v2.0/keys"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[HttpsServer]:
    """The hosts where Google and Entra publish their keys."""
    with https_server(tmp_path, "www.googleapis.com", "login.microsoftonline.com") as server:
        yield server


@pytest.fixture
def proxy(web: HttpsServer, stack: Stack) -> Iterator[Proxy]:
    """The proxy through which the stack's program reaches the web."""
    with proxy_to(urlsplit(web.url).port or 0) as running:
        stack.environment |= {
            "HTTPS_PROXY": running.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": web.ca_file,
        }
        yield running


def without_keys(wish: dict[str, Any]) -> dict[str, Any]:
    for args in (*wish.get("gcp", {}).values(), wish.get("azure_audience", {})):
        args.pop("jwks", None)
    return wish


def test_googles_keys_are_fetched_once_for_all_service_accounts(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, web: HttpsServer, proxy: Proxy
) -> None:
    web.answers[GOOGLE_PATH] = text(issuer.google_jwks())
    wish = without_keys(gcp_wish(cluster, issuer))
    wish["gcp"]["batch"] = {"account_id": "shop-batch"}
    wish["logins"]["app_batch"] = ["batch"]
    stack.wish(wish)

    stack.up()

    assert web.asked == [GOOGLE_PATH]
    assert proxy.asked == ["www.googleapis.com:443"]
    orders = stack.output("orders")
    token = issuer.google_token(orders["id"], orders["aud"])
    assert cluster.login("app_orders", token) == "app_orders"
    stack.destroy()


@pytest.mark.holds(since="23.1")  # 22.2 takes no key without an algorithm
def test_entras_keys_are_fetched_once_for_all_identities_of_an_audience(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, web: HttpsServer, proxy: Proxy
) -> None:
    web.answers[ENTRA_PATH] = text(issuer.entra_jwks())
    stack.wish(without_keys(azure_wish(cluster, issuer)))

    stack.up()

    assert web.asked == [ENTRA_PATH]
    assert proxy.asked == ["login.microsoftonline.com:443"]
    billing, audience = stack.output("billing")["id"], stack.output("audience")
    token = issuer.entra_token(billing, audience, TENANT_ID)
    assert cluster.login("app_billing", token) == "app_billing"
    stack.destroy()


@pytest.mark.usefixtures("proxy")
def test_keys_out_of_reach_are_a_plain_error_and_nothing_is_created(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, web: HttpsServer, clouds: Clouds
) -> None:
    web.answers[GOOGLE_PATH] = status(503)
    stack.wish(without_keys(gcp_wish(cluster, issuer)))

    failed = stack.pulumi("preview", "-s", stack.name)

    assert failed.code != 0
    assert (
        "GcpIdentity 'orders': https://www.googleapis.com/oauth2/v3/certs: answered 503"
        in failed.text
    )
    assert "Next step: Check that this machine can reach it (proxy, firewall)" in failed.text
    assert "jwks_uri" not in failed.text
    assert "Traceback" not in failed.text
    assert clouds.objects(ACCOUNT) == []
