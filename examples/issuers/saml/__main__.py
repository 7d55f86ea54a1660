"""People of a SAML provider log in through Keycloak, which signs JWTs for them."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

REALM = "https://keycloak.example.com/realms/staff"

# The audience is the client that people sign in with: their ID tokens are for it.
realm = OidcIssuer("staff", {"issuer": REALM, "audience": "crdb-people"})
ann = realm.subject("b7e0a1d2-4c3f-4e5a-8b6c-9d0e1f2a3b4c", name="ann")  # id of the user
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"ann": {"identities": [ann], "roles": ["analysts"]}},
    },
)
pulumi.export("connect", sso.connect)
