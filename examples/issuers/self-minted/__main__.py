"""Services log in with tokens that are signed with a key of this stack."""

import pulumi
from crdb_sso.components import ClusterSso, SelfIssuer

config = pulumi.Config()
signer = SelfIssuer(
    "signer",
    {
        "issuer": config.require("issuer"),
        "audience": "crdb",
        "rotation": config.require("rotation"),
        "overlap_hours": 1,  # tokens live for minutes
    },
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            "app_orders": {"identities": [signer.subject("orders")], "roles": ["orders_rw"]},
            "app_batch": {"identities": [signer.subject("batch")]},
        },
    },
)
pulumi.export("connect", sso.connect)
pulumi.export("private_key", signer.private_key)
pulumi.export("key_set", signer.key_set)
pulumi.export("discovery_document", signer.discovery_document)
