"""What runs in a Pulumi ESC environment logs in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

esc = OidcIssuer("pulumi-esc", {"issuer": "https://api.pulumi.com/oidc/v2", "audience": "crdb"})
deploy = esc.subject(
    # `oidcSubjectV2` of the environment: ids, not names
    "pulumi:org:0c1d2e3f-1111-4222-8333-444455556666:env:9a8b7c6d-7777-4888-9999-aaaabbbbcccc",
    name="shop-prod",
    token_from={"kind": "environment", "name": "CRDB_TOKEN"},
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_migrations": {"identities": [deploy]}},
    },
)
pulumi.export("connect", sso.connect)
