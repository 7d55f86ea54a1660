"""Services log in with the tokens of one OIDC issuer."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

config = pulumi.Config()
idp = OidcIssuer(
    "idp", {"issuer": config.require("issuer"), "audience": config.require("audience")}
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            "app_orders": {"identities": [idp.subject("orders-service")], "roles": ["orders_rw"]},
            # An anchored regular expression: each preview environment, pr-1, pr-2, ...
            "app_preview": {"identities": [idp.subject("/^orders-pr-[0-9]+$")]},
        },
    },
)
pulumi.export("connect", sso.connect)
