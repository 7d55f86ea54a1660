"""Pods of a cluster whose issuer nobody else can reach log in."""

from pathlib import Path

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

cluster = OidcIssuer(
    "shop-cluster",
    {
        # kubectl get --raw /.well-known/openid-configuration
        "issuer": "https://kubernetes.default.svc.cluster.local",
        "audience": "crdb",
        # kubectl get --raw /openid/v1/jwks > cluster-keys.json
        "jwks": Path("cluster-keys.json").read_text(),
    },
)
orders = cluster.subject("system:serviceaccount:shop:orders")
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders]}},
    },
)
pulumi.export("connect", sso.connect)
