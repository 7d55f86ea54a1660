"""A workload on Google Cloud logs in as its service account."""

import pulumi
from crdb_sso.components import ClusterSso
from crdb_sso.components.gcp import GcpIdentity

orders = GcpIdentity("orders", {"account_id": "shop-orders"})
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders.facts]}},
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("recipes", orders.recipes)
