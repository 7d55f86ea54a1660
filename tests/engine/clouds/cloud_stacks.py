"""A program whose identities are created on clouds, and wishes for it."""

from typing import Any

from tests.support.servers import EmbeddedCluster, LocalIssuer

PROGRAM = '''\
"""Identities and logins as wish.json next to this file says."""
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
identities = {}
for name, args in wish.get("oidc", {}).items():
    identities[name] = OidcIssuer(name, args).subject("batch-runner", name)
if "gcp" in wish:
    from components.gcp import GcpIdentity

    for name, args in wish["gcp"].items():
        made = GcpIdentity(name, args)
        identities[name] = made.facts
        out = {"id": made.unique_id, "aud": made.audience, "recipes": made.recipes}
        pulumi.export(name, out)
if "azure" in wish:
    from components.azure import AzureAudience, AzureIdentity

    audience = AzureAudience("crdb", wish["azure_audience"])
    pulumi.export("audience", audience.audience)
    for name, args in wish["azure"].items():
        made = AzureIdentity(name, {**args, "audience": audience})
        identities[name] = made.facts
        pulumi.export(name, {"id": made.principal_id, "recipes": made.recipes})
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Output.secret(wish["cluster_url"]),
        "keys": "pinned",
        "logins": {
            user: {"identities": [identities[name] for name in names]}
            for user, names in wish["logins"].items()
        },
    },
)
pulumi.export("connect", sso.connect)
'''

ACCOUNT = "gcp:serviceaccount/account:Account"
MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
APP = "azuread:index/application:Application"
ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"


def gcp_wish(cluster: EmbeddedCluster, issuer: LocalIssuer, **args: Any) -> dict[str, Any]:
    """Return a login of a new service account; the local issuer has Google's keys."""
    account = {"account_id": "shop-orders", "jwks": issuer.google_jwks()}
    return {
        "cluster_url": cluster.admin_url,
        "gcp": {"orders": {**account, **args}},
        "logins": {"app_orders": ["orders"]},
    }


def azure_wish(cluster: EmbeddedCluster, issuer: LocalIssuer) -> dict[str, Any]:
    """Return logins of two managed identities of one audience; the issuer has Entra's keys."""
    group = {"resource_group_name": "billing-rg"}
    return {
        "cluster_url": cluster.admin_url,
        "azure_audience": {"jwks": issuer.entra_jwks()},
        "azure": {"billing": dict(group), "invoices": dict(group)},
        "logins": {"app_billing": ["billing"], "app_invoices": ["invoices"]},
    }
