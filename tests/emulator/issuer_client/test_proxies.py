"""Which requests for keys go through a proxy."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from dev.emulator.issuer_client.key_fetching import fetch_jwks
from dev.emulator.issuer_client.proxies import proxy_for
from dev.emulator.issuer_client.web import FetchSettings, KeysNotFetched
from tests.emulator.token_forge import jwks, rsa_pair
from tests.unit.scripted_https_server import http_server, text

PROXIES = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://s:2"}


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("http://idp", {}, None),
        ("http://idp", PROXIES, "http://p:1"),
        ("https://idp", PROXIES, "http://s:2"),
        ("https://idp", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://idp", {"https_proxy": "http://s:2"}, "http://s:2"),
        ("https://idp", {"HTTPS_PROXY": "", "https_proxy": "http://s:2"}, "http://s:2"),
        ("https://idp", {"HTTPS_PROXY": "s:2"}, "http://s:2"),
        ("https://idp", {"ALL_PROXY": "http://a:3"}, None),
        ("ftp://idp", {"FTP_PROXY": "http://f:4"}, None),
        ("https://localhost:8080", PROXIES, None),
        ("https://127.9.9.9", PROXIES, None),
        ("https://[::1]:8080", PROXIES, None),
        ("https://localhost.example.com", PROXIES, "http://s:2"),
    ],
)
def test_the_environment_names_the_proxy(
    url: str, environ: dict[str, str], proxy: str | None
) -> None:
    assert proxy_for(httpx.URL(url), environ) == proxy


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        ("idp.example.com", "idp.example.com", True),
        ("idp.example.com", "IDP.Example.com", True),
        ("idp.example.com", "example.com", True),
        ("idp.example.com", ".example.com", True),
        ("idp.example.com", "*.example.com", True),
        ("example.com", "example.com", True),
        ("example.com", ".example.com", False),
        ("example.com", "*.example.com", False),
        ("an-example.com", "example.com", False),
        ("idp.example.com", "x, idp.example.com ,y", True),
        ("idp.example.com", ",,", False),
        ("idp.example.com", "*", True),
        ("idp.example.com", "idp.example.com:443", True),
        ("idp.example.com", "idp.example.com:80", False),
        ("idp.example.com:80", "idp.example.com:80", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/x", False),
        ("idp.example.com", "10.0.0.0/8", False),
        ("10.1.2.3", "2.3", False),
        ("[fd00::1]", "fd00::1", True),
        ("[fd00::1]", "[fd00::1]:443", True),
        ("[fd00::1]", "fd00::/8", True),
    ],
)
def test_no_proxy_names_the_hosts_that_need_none(host: str, no_proxy: str, direct: bool) -> None:  # noqa: FBT001 - a cell of the table
    for name in ("NO_PROXY", "no_proxy"):
        proxy = proxy_for(httpx.URL(f"https://{host}"), PROXIES | {name: no_proxy})
        assert proxy == (None if direct else "http://s:2")


SETTINGS = FetchSettings(enabled=True, issuers="", custom_ca="", timeout_s=60.0)
ISSUER = "http://idp.invalid"
KEYS = jwks(rsa_pair().jwk())


def test_keys_are_fetched_through_the_proxy() -> None:
    with http_server() as proxy:
        configuration = f"{ISSUER}/.well-known/openid-configuration"
        keys = "http://keys.invalid:8080/k"
        proxy.answers = {configuration: text(json.dumps({"jwks_uri": keys})), keys: text(KEYS)}
        assert asyncio.run(fetch_jwks(SETTINGS, ISSUER, {"HTTP_PROXY": proxy.url})) == KEYS
        assert proxy.asked == [configuration, keys]


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        ("socks5://127.0.0.1:1", "a proxy of this kind is not implemented"),
        ("ftp://127.0.0.1:1", "a proxy of this kind is not implemented"),
        ("http://127.0.0.1:x", "Invalid port: 'x'"),
        ("http://127.0.0.1:65536", "invalid port: 65536"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_failed_fetch(proxy: str, reason: str) -> None:
    with pytest.raises(KeysNotFetched, match=reason):
        asyncio.run(fetch_jwks(SETTINGS, ISSUER, {"HTTP_PROXY": proxy}))
