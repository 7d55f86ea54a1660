"""One program for all environments: the differences are in each stack's configuration."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

config = pulumi.Config()
# Each environment has its own audience: a dev token opens nothing in prod.
idp = OidcIssuer(
    "idp", {"issuer": config.require("issuer"), "audience": f"crdb-{pulumi.get_stack()}"}
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": config.require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            user: {"identities": [idp.subject(subject) for subject in subjects]}
            for user, subjects in config.require_object("subjects").items()
        },
    },
    pulumi.ResourceOptions(protect=config.get_bool("protect")),
)
pulumi.export("connect", sso.connect)
