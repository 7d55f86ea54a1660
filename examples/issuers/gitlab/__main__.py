"""Jobs of GitLab CI log in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

gitlab = OidcIssuer("gitlab", {"issuer": "https://gitlab.com", "audience": "crdb"})
deploy = gitlab.subject("project_path:acme/shop:ref_type:branch:ref:main")
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_migrations": {"identities": [deploy]}},
    },
)
pulumi.export("connect", sso.connect)
