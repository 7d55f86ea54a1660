"""An application of an Auth0 tenant logs in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

TENANT = "https://acme.eu.auth0.com/"  # with the slash
CLIENT = "Zk3vQ1xN8tYb5mWc7rJd2pLs6hGf4aEu"

tenant = OidcIssuer("auth0", {"issuer": TENANT, "audience": "https://crdb.example.com"})
orders = tenant.subject(
    f"{CLIENT}@clients",
    name="orders",
    token_from={
        "kind": "client_credentials",
        "token_endpoint": f"{TENANT}oauth/token",
        "client_id": CLIENT,
        "client_secret_env": "AUTH0_CLIENT_SECRET",
        "audience": "https://crdb.example.com",  # Auth0 makes no JWT without it
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
