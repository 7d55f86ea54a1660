"""Virtual machines and apps log in as a managed identity."""

import pulumi
from crdb_sso.components import ClusterSso
from crdb_sso.components.azure import AzureAudience, AzureIdentity

audience = AzureAudience("crdb", {})  # what the tokens are for: one app registration for all
billing = AzureIdentity("billing", {"resource_group_name": "billing", "audience": audience})
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_billing": {"identities": [billing.facts]}},
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("recipes", billing.recipes)
