"""Pods on AKS log in as a managed identity."""

import pulumi
from crdb_sso.components import ClusterSso
from crdb_sso.components.azure import AzureAudience, AzureIdentity

audience = AzureAudience("crdb", {})
billing = AzureIdentity(
    "billing",
    {
        "resource_group_name": "billing",
        "audience": audience,
        "aks": {
            "shop-cluster": {
                # With the slash: az aks show --query oidcIssuerProfile.issuerUrl
                "issuer": "https://westeurope.oic.prod-aks.azure.com/TENANT/CLUSTER/",
                "namespace": "shop",
                "service_account": "billing",
            }
        },
    },
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_billing": {"identities": [billing.facts]}},
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("client_id", billing.client_id)  # for the annotation of the service account
