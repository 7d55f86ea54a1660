"""A client of a Keycloak realm logs in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

REALM = "https://keycloak.example.com/realms/shop"

realm = OidcIssuer("keycloak", {"issuer": REALM, "audience": "crdb"})
orders = realm.subject(
    "5d1f7c9e-3b2a-4c1d-9e8f-7a6b5c4d3e2f",  # id of the user service-account-orders
    name="orders",
    token_from={
        "kind": "client_credentials",
        "token_endpoint": f"{REALM}/protocol/openid-connect/token",
        "client_id": "orders",
        "client_secret_file": "/var/run/secrets/keycloak/client-secret",
    },
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders]}},
    },
)
pulumi.export("connect", sso.connect)
