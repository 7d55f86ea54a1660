"""An entity of a Vault logs in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

vault = OidcIssuer(
    "vault",
    {
        "issuer": "https://vault.example.com:8200/v1/identity/oidc",
        "audience": "crdb",  # `client_id` of the role orders
    },
)
orders = vault.subject(
    "3f7a1c2e-8b4d-4e6f-9a0b-1c2d3e4f5a6b",  # id of the entity
    name="orders",
    token_from={"kind": "command", "command": "vault read -field=token identity/oidc/token/orders"},
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders]}},
    },
)
pulumi.export("connect", sso.connect)
