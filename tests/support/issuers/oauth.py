"""OAuth servers: Okta, Keycloak, Auth0, and what people sign in with.

Sources: Okta, "OpenID Connect & OAuth 2.0 API" (claims of access and ID tokens); Keycloak, "Server
Administration Guide" (service accounts, audience, identity brokering) and published tokens; Auth0,
"Access tokens" and "Client credentials flow"; OpenID Connect Core 1.0, section 2.
"""

from crdb_sso.verdict.steps import Step
from tests.support.issuers.row import Miss, Row, Shape

CLIENT, ANN = "0oa1b2C3d4E5f6G7h5d7", "00u9z8Y7x6W5v4U3t5d7"
PEOPLES_CLIENT = "0oaZyXwVuTsRqPoNm5d7"
OF_CLIENT = Shape(
    {"kid": "yQCwWsSxkDPYoTlfVWB1GQjY0zR_bZcPcRfWnN3sVxY", "alg": "RS256"},
    {
        "ver": 1,
        "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
        "iss": "https://acme.okta.com/oauth2/default",
        "aud": "api://default",
        "cid": CLIENT,
        "scp": ["crdb.login"],
        "sub": CLIENT,
    },
)
OF_ANN = Shape(
    OF_CLIENT.header,
    {
        "sub": ANN,
        "name": "Ann",
        "email": "ann@example.com",
        "ver": 1,
        "iss": "https://acme.okta.com/oauth2/default",
        "aud": PEOPLES_CLIENT,
        "jti": "ID.4eAWJOCMB3SX8XewDfVR",
        "amr": ["pwd", "mfa"],
        "idp": "00o1a2B3c4D5e6F7g5d7",
        "preferred_username": "ann@example.com",
        "at_hash": "cpqKfdQA5eH891Ff5oJr_Q",
    },
)
OKTA = Row(
    "okta",
    {"app_orders": OF_CLIENT, "ann": OF_ANN},
    (
        Miss(
            "a token of the organization's own server",
            "ann",
            OF_ANN.but(iss="https://acme.okta.com"),
            "invalid issuer",
            Step.ISSUER,
            "https://acme.okta.com/oauth2/default",
        ),
        Miss(
            "a client whose id differs in case alone",
            "app_orders",
            OF_CLIENT.but(sub="0oa1B2c3d4E5f6G7h5d7", cid="0oa1B2c3d4E5f6G7h5d7"),
            "invalid principal",
            Step.MAPPING,
            "0oa1B2c3d4E5f6G7h5d7",
        ),
        Miss(
            "the ID token of a client of another app",
            "ann",
            OF_ANN.but(aud="0oaAnOtHeRaPpOfOkTa7"),
            "invalid audience",
            Step.AUDIENCE,
            PEOPLES_CLIENT,
        ),
    ),
)

SERVICE_ACCOUNT = "5d1f7c9e-3b2a-4c1d-9e8f-7a6b5c4d3e2f"
OF_KEYCLOAK = Shape(
    {
        "alg": "RS256",
        "typ": "JWT",
        "kid": "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE",
    },
    {
        "jti": "trrtcc:0e5b2f1a-9c8d-4e7f-a6b5-c4d3e2f1a0b9",
        "iss": "https://keycloak.example.com/realms/shop",
        "aud": ["crdb", "account"],
        "sub": SERVICE_ACCOUNT,
        "typ": "Bearer",
        "azp": "orders",
        "acr": "1",
        "realm_access": {"roles": ["default-roles-shop"]},
        "resource_access": {"account": {"roles": ["view-profile"]}},
        "scope": "email profile",
        "email_verified": False,
        "clientHost": "10.0.0.7",
        "preferred_username": "service-account-orders",
        "clientAddress": "10.0.0.7",
        "client_id": "orders",
    },
    life_s=300,
)
KEYCLOAK = Row(
    "keycloak",
    {"app_orders": OF_KEYCLOAK},
    (
        Miss(
            "a client without the audience mapper",
            "app_orders",
            OF_KEYCLOAK.but(aud="account"),
            "invalid audience",
            Step.AUDIENCE,
            "crdb",
        ),
        Miss(
            "a token that was asked for by another name of the server",
            "app_orders",
            OF_KEYCLOAK.but(iss="http://keycloak:8080/realms/shop"),
            "invalid issuer",
            Step.ISSUER,
            "https://keycloak.example.com/realms/shop",
        ),
        Miss(
            "a client without the scope `basic`, whose tokens have no `sub`",
            "app_orders",
            OF_KEYCLOAK.but(sub=None),
            "invalid principal",
            Step.MAPPING,
            "",
        ),
    ),
)

AUTH0_CLIENT = "Zk3vQ1xN8tYb5mWc7rJd2pLs6hGf4aEu"
OF_AUTH0 = Shape(
    {"alg": "RS256", "typ": "JWT", "kid": "0Q3bDMeWpj8pX8FTmcLnB"},
    {
        "iss": "https://acme.eu.auth0.com/",
        "sub": f"{AUTH0_CLIENT}@clients",
        "aud": "https://crdb.example.com",
        "scope": "login",
        "gty": "client-credentials",
        "azp": AUTH0_CLIENT,
    },
    life_s=86_400,
)
AUTH0 = Row(
    "auth0",
    {"app_orders": OF_AUTH0},
    (
        Miss(
            "a token of the tenant's custom domain",
            "app_orders",
            OF_AUTH0.but(iss="https://login.example.com/"),
            "invalid issuer",
            Step.ISSUER,
            "https://acme.eu.auth0.com/",
        ),
        Miss(
            "an audience with a slash too many",
            "app_orders",
            OF_AUTH0.but(aud="https://crdb.example.com/"),
            "invalid audience",
            Step.AUDIENCE,
            "https://crdb.example.com",
        ),
    ),
)

OF_PERSON = Shape(
    {"alg": "RS256", "kid": "1b94c"},
    {
        "iss": "https://login.example.com",
        "sub": "248289761001",
        "aud": "crdb-people",
        "amr": ["hwk"],
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
    },
    life_s=600,
)
PEOPLE = Row(
    "people",
    {"ann": OF_PERSON, "bob": OF_PERSON.but(sub="248289761002")},
    (
        Miss(
            "somebody who signs in, but is not in the program",
            "ann",
            OF_PERSON.but(sub="248289761003"),
            "invalid principal",
            Step.MAPPING,
            "248289761003",
        ),
        Miss(
            "a token of another app that people sign in to",
            "ann",
            OF_PERSON.but(aud="wiki"),
            "invalid audience",
            Step.AUDIENCE,
            "crdb-people",
        ),
    ),
    roles=("analysts",),
)

OF_STAFF = Shape(
    OF_KEYCLOAK.header,
    {
        "jti": "onrtac:7a6b5c4d-3e2f-4a1b-8c9d-0e1f2a3b4c5d",
        "iss": "https://keycloak.example.com/realms/staff",
        "aud": "crdb-people",
        "sub": "b7e0a1d2-4c3f-4e5a-8b6c-9d0e1f2a3b4c",
        "typ": "ID",
        "azp": "crdb-people",
        "sid": "e8d7c6b5-a493-4281-9706-f5e4d3c2b1a0",
        "at_hash": "uRHRtkZJd6LLa0LqWKXcFw",
        "acr": "1",
        "email_verified": True,
        "preferred_username": "ann@example.com",
        "email": "ann@example.com",
    },
    life_s=300,
)
SAML = Row(
    "saml",
    {"ann": OF_STAFF},
    (
        Miss(
            "the access token of the same sign-in",
            "ann",
            OF_STAFF.but(typ="Bearer", aud="account"),
            "invalid audience",
            Step.AUDIENCE,
            "crdb-people",
        ),
        Miss(
            "the same person after the user was deleted and made anew",
            "ann",
            OF_STAFF.but(sub="c0ffee00-1111-4222-8333-444455556666"),
            "invalid principal",
            Step.MAPPING,
            "c0ffee00-1111-4222-8333-444455556666",
        ),
    ),
    roles=("analysts",),
)
