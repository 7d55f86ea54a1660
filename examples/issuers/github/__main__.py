"""Jobs of GitHub Actions log in."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

# With the ids of owner and repository: gh api repos/acme/shop/actions/oidc/customization/sub
REPOSITORY = "repo:acme@1234567/shop@7654321"

github = OidcIssuer(
    "github", {"issuer": "https://token.actions.githubusercontent.com", "audience": "crdb"}
)
deploy = github.subject(f"{REPOSITORY}:environment:prod")
nightly = github.subject(f"{REPOSITORY}:ref:refs/heads/main")
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            "app_migrations": {"identities": [deploy]},
            "app_reports": {"identities": [nightly]},
        },
    },
)
pulumi.export("connect", sso.connect)
