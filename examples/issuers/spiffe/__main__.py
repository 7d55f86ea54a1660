"""A workload of a SPIFFE trust domain logs in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

# The server's `jwt_issuer`; without it the tokens have no `iss`, and nobody gets in.
domain = OidcIssuer("spire", {"issuer": "https://oidc.spire.example.com", "audience": "crdb"})
orders = domain.subject("spiffe://example.com/shop/orders", name="orders")
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders]}},
    },
)
pulumi.export("connect", sso.connect)
