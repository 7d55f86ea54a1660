"""Issuers on this machine whose keys a cluster fetches."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.contract import setting_names
from tests.contract.tokens import key_set
from tests.unit.scripted_https_server import text

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.unit.scripted_https_server import Answer, Exchange, HttpsServer

Header = tuple[str, str]

FRESH: Header = ("Cache-Control", "max-age=300")
STALE: Header = ("Cache-Control", "max-age=0")

WELL_KNOWN = "/.well-known/openid-configuration"
UNABLE = "JWT authentication: unable to validate token"
REACH_VARIABLE = "CRDB_SSO_TEST_REACH"
"""Set where the nodes of a cluster by URL share this machine's loopback."""


def need_reach(cluster: Cluster) -> None:
    """Skip where the cluster cannot reach an issuer that listens on loopback here."""
    if cluster.name == "by_url" and not os.environ.get(REACH_VARIABLE):
        pytest.skip(f"the issuer listens on loopback here; set {REACH_VARIABLE} if that is shared")


def publish(server: HttpsServer, path: str, keys: str) -> None:
    """Answer as the issuer whose URL ends in `path`, though the document names another."""
    found = {"issuer": "https://somebody.else", "jwks_uri": f"{server.url}{path}/keys"}
    server.answers |= {path + WELL_KNOWN: text(json.dumps(found)), f"{path}/keys": text(keys)}


def fetch(sso: Sso, ca: str = "", *, jwks: str = "", issuers: str = "") -> None:
    """Trust the issuer, with a key that signs nothing, and have its keys fetched."""
    unused = key_set(sso.keys["other rsa"].jwk())
    sso.trust(jwks=jwks or unused, issuers=issuers or sso.issuer)
    if setting_names.CUSTOM_CA in sso.settings.found:
        sso.settings.put(setting_names.CUSTOM_CA, ca)
    sso.settings.put(setting_names.AUTO_FETCH, value=True)


def with_headers(body: str, *headers: Header) -> Answer:
    """Answer with these headers and no others; one may come twice."""
    raw = body.encode()

    def answer(exchange: Exchange) -> None:
        exchange.send_response_only(200)
        for name, value in (*headers, ("Content-Length", str(len(raw)))):
            exchange.send_header(name, value)
        exchange.end_headers()
        exchange.wfile.write(raw)

    return answer


def discovery(server: HttpsServer, *headers: Header, uri: str = "") -> Answer:
    """Answer with a document that names `/keys`, or another URL."""
    return with_headers(json.dumps({"jwks_uri": uri or f"{server.url}/keys"}), *headers)


def fresh_issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """Trust a server as an issuer whose discovery document stays fresh, and fetch its keys."""
    need_reach(cluster)
    server.answers.clear()
    server.asked.clear()
    sso.issuer = server.url
    server.answers[WELL_KNOWN] = discovery(server, FRESH)
    fetch(sso)
    return server


def keys(sso: Sso, *names: str) -> str:
    """Return a set of some keys."""
    return key_set(*(sso.keys[name].jwk() for name in names))
