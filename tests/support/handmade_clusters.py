"""Clusters that people set up by hand: their settings and users, and what is read from them."""

from collections.abc import Mapping
from typing import Any

import pytest

from crdb_sso.adopt.adoption import Adoption, adoption_of, named_users
from crdb_sso.clients.cluster import Names, open_cluster
from tests.support.provider_calls import ISSUER, KEY_1, KEY_2
from tests.support.servers import EmbeddedCluster
from tests.support.snapshots import ISSUERS

WEAK_KEY = '{"kid":"weak", "kty":"RSA","n":"sXchDaQ","e":"AQAB"}'
SYMMETRIC_KEY = '{"kty":"oct","k":"c2VjcmV0","kid":"shared"}'

ENABLED = "server.jwt_authentication.enabled"
JWKS = "server.jwt_authentication.jwks"
AUDIENCE = "server.jwt_authentication.audience"
IDENTITY_MAP = "server.identity_map.configuration"

LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "a plain text each": {
        ENABLED: "true",
        JWKS: KEY_1,
        ISSUERS: ISSUER,
        AUDIENCE: "crdb",
        IDENTITY_MAP: f"{ISSUER} orders app_orders",
    },
    "lists, comments and odd layout": {
        ENABLED: "true",
        JWKS: f' {{"note":1, "keys" : [ {KEY_2} ,{WEAK_KEY},\n{KEY_1}, {SYMMETRIC_KEY}]}} ',
        ISSUERS: f'[ "https:\\/\\/open.example.org" ,"{ISSUER}",\n"https:\\/\\/a.example.com\\/"]',
        AUDIENCE: '["crdb" , "123","näme, 漢"]',
        IDENTITY_MAP: (
            f'# ours\n\n{ISSUER}\torders   app_orders # it\'s "mail"\r\n'
            f"{ISSUER} /^batch-[0-9]+$ app_batch\n{ISSUER} orders app_orders\n"
            f"  https://a.example.com/ orders app_orders\n"
            f"cert_map alice alice\n{ISSUER} /^(.*)@corp\\.com$ \\1\n{ISSUER} ops root\n"
            f"{ISSUER} ghost nobody"
        ),
    },
    "a map from issuers to addresses": {
        ENABLED: "true",
        JWKS: f'{{"keys":[{KEY_1}]}}',
        ISSUERS: f'{{ "issuer_jwks_map" : {{"{ISSUER}" : "https:\\/\\/keys.example.com" }} }}',
        AUDIENCE: ' [ "crdb"]\n',
        IDENTITY_MAP: f"{ISSUER} orders app_orders\n\n{ISSUER} batch app_batch\n",
    },
    "keys that the nodes fetch": {
        ENABLED: "true",
        "server.jwt_authentication.jwks_auto_fetch.enabled": "true",
        "server.jwt_authentication.client.timeout": "5s",
        "server.jwt_authentication.claim": "email",
        ISSUERS: f'[ "{ISSUER}" ]',
        AUDIENCE: "crdb",
        IDENTITY_MAP: f"{ISSUER} orders app_orders\n{ISSUER} batch app_batch",
    },
}


def _is_newer(name: str) -> bool:
    return name.startswith("a map") or "fetch" in name


MAP_OF_ISSUERS = pytest.mark.holds(since="24.3")
"""Issuers may stand in a map, with the addresses of their keys; and a fetch has a time limit."""

EACH_LAYOUT = [
    pytest.param(texts, id=name, marks=[MAP_OF_ISSUERS] if _is_newer(name) else [])
    for name, texts in LAYOUTS.items()
]
"""For `parametrize`."""


def set_up(cluster: EmbeddedCluster, texts: Mapping[str, str]) -> None:
    """Make users and roles, and set the settings, as a person at a SQL prompt would."""
    for statement in (
        "CREATE ROLE readers",
        "CREATE ROLE writers",
        "CREATE USER app_orders WITH PASSWORD 'cockroach'",
        "GRANT readers, writers TO app_orders",
        "CREATE USER app_batch NOLOGIN",
    ):
        cluster.execute(statement)
    for name, value in texts.items():
        cluster.set(name, value)


def read_adoption(cluster: EmbeddedCluster) -> Adoption:
    """Read a cluster as the command does, and return what a program can express of it."""
    with open_cluster(cluster.admin_url, database="crdb_sso") as connected:
        live = connected.read(Names())
        return adoption_of(connected.read_users(live, Names(named_users(live))))


def visible(cluster: EmbeddedCluster) -> tuple[Any, Any]:
    """Return what everybody sees of a cluster: all but the claims."""
    snapshot = cluster.snapshot()
    return snapshot.settings, snapshot.users
