"""Workloads with an IAM role log in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

account = OidcIssuer(
    "aws",
    {
        # aws iam get-outbound-web-identity-federation-info: one for each account
        "issuer": "https://a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d.tokens.sts.global.api.aws",
        "audience": "crdb",
    },
)
orders = account.subject("arn:aws:iam::123456789012:role/shop-orders", name="orders")
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders]}},
    },
)
pulumi.export("connect", sso.connect)
