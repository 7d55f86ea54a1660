"""Pods on GKE log in as a Google service account."""

import pulumi
from crdb_sso.components import ClusterSso
from crdb_sso.components.gcp import GcpIdentity

orders = GcpIdentity(
    "orders",
    {
        "account_id": "shop-orders",
        # Pods of this Kubernetes service account act as it.
        "gke": {"namespace": "shop", "service_account": "orders"},
    },
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders.facts]}},
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("email", orders.email)
