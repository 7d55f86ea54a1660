"""Pods on GKE, and developers, log in as Google service accounts."""

import pulumi
from crdb_sso.components import ClusterSso
from crdb_sso.components.gcp import GcpIdentity

config = pulumi.Config()
orders = GcpIdentity(
    "orders",
    {
        "account_id": "shop-orders",
        # Pods of this Kubernetes service account act as it.
        "gke": {"namespace": "shop", "service_account": "orders"},
    },
)
batch = GcpIdentity(
    "batch",
    {
        "account_id": "shop-batch",
        # These members may mint its tokens, and so log in as it.
        "token_creators": ["group:shop-developers@example.com"],
    },
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            "app_orders": {"identities": [orders.facts], "roles": ["orders_rw"]},
            "app_batch": {"identities": [batch.facts]},
        },
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("recipes", {"orders": orders.recipes, "batch": batch.recipes})
