"""Services and people log in with tokens of an Okta authorization server."""

import pulumi
from crdb_sso.components import ClusterSso, OidcIssuer

SERVER = "https://acme.okta.com/oauth2/default"  # not https://acme.okta.com: its tokens are opaque
CLIENT = "0oa1b2C3d4E5f6G7h5d7"
PEOPLES_CLIENT = "0oaZyXwVuTsRqPoNm5d7"
ANN = "00u9z8Y7x6W5v4U3t5d7"

# An access token carries the audience of the server, an ID token the client that asked for it.
services = OidcIssuer("okta", {"issuer": SERVER, "audience": "api://default"})
people = OidcIssuer("okta-people", {"issuer": SERVER, "audience": PEOPLES_CLIENT})
orders = services.subject(
    f"/(?-i)^{CLIENT}$",  # ids of Okta differ in case alone, and from 26.1 on lines ignore case
    name="orders",
    token_from={
        "kind": "client_credentials",
        "token_endpoint": f"{SERVER}/v1/token",
        "client_id": CLIENT,
        "client_secret_env": "OKTA_CLIENT_SECRET",
        "scope": "crdb.login",
    },
)
ann = people.subject(
    f"/(?-i)^{ANN}$",
    name="ann",
    token_from={
        "kind": "refresh_token",
        "token_endpoint": f"{SERVER}/v1/token",
        "client_id": PEOPLES_CLIENT,
        "refresh_token_file": "/var/lib/shop/okta-refresh-token",
    },
)
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Config().require_secret("clusterUrl"),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [orders]}, "ann": {"identities": [ann]}},
    },
)
pulumi.export("connect", sso.connect)
