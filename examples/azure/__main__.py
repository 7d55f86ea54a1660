"""Virtual machines and pods on AKS log in as managed identities."""

import pulumi
from crdb_sso.components import ClusterSso
from crdb_sso.components.azure import AzureAudience, AzureIdentity

config = pulumi.Config()
group = config.require("resourceGroup")
audience = AzureAudience("crdb", {})  # what the tokens are for: one app registration for all
billing = AzureIdentity("billing", {"resource_group_name": group, "audience": audience})
invoices = AzureIdentity("invoices", {"resource_group_name": group, "audience": audience})
sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            "app_billing": {"identities": [billing.facts], "roles": ["billing_rw"]},
            "app_invoices": {"identities": [invoices.facts]},
        },
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("recipes", {"billing": billing.recipes, "invoices": invoices.recipes})
