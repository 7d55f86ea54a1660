"""People with an account of CockroachDB Cloud log in to their cluster."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

cloud = OidcIssuer(
    "cockroach-cloud",
    {
        "issuer": "https://cockroachlabs.cloud",
        "audience": "7f6e5d4c-3b2a-4190-8877-665544332211",  # as the cluster's settings have it
    },
)
max_roach = cloud.subject("maxroach@example.com")
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"sso_maxroach": {"identities": [max_roach], "roles": ["analysts"]}},
    },
)
pulumi.export("connect", sso.connect)
