"""People log in through their browser."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

SIGN_IN = "step oauth --oidc --bare --provider https://login.example.com --client-id crdb-people"

staff = OidcIssuer("staff", {"issuer": "https://login.example.com", "audience": "crdb-people"})
people = {
    user: staff.subject(subject, name=user, token_from={"kind": "command", "command": SIGN_IN})
    for user, subject in {"ann": "248289761001", "bob": "248289761002"}.items()
}
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {
            user: {"identities": [person], "roles": ["analysts"]} for user, person in people.items()
        },
    },
)
pulumi.export("connect", sso.connect)
