"""Clouds: Google, Azure, AWS, and CockroachDB's own.

Sources: those of `dev/issuer/google.py` and `dev/issuer/entra.py`; AWS, "Understanding token
claims" of outbound identity federation, and tokens that its users published (`kid` is RSA_1 for
RS256). What CockroachDB Cloud's tokens carry is not published: theirs are only similar.
"""

from crdb_sso.verdict.steps import Step
from dev.issuer.key_styles import ENTRA, GOOGLE
from tests.components.azure_programs import APP_CLIENT_ID, CLIENT_ID, PRINCIPAL_ID, TENANT
from tests.components.test_gcp_identity import EMAIL
from tests.components.test_gcp_identity import KNOWN as ACCOUNT
from tests.support.issuers.row import Miss, Row, Shape

UNIQUE_ID = ACCOUNT["uniqueId"]
OF_GOOGLE = Shape(
    {"alg": "RS256", "typ": "JWT"},
    {
        "aud": "crdb-sso/shop/prod",
        "azp": UNIQUE_ID,
        "email": EMAIL,
        "email_verified": True,
        "iss": "https://accounts.google.com",
        "sub": UNIQUE_ID,
    },
)
STRANGER = OF_GOOGLE.but(sub="100000000000000000001", azp="100000000000000000001")
OTHER_AUDIENCE = Miss(
    "a token for another audience",
    "app_orders",
    OF_GOOGLE.but(aud="crdb-sso/shop/dev"),
    "invalid audience",
    Step.AUDIENCE,
    "crdb-sso/shop/prod",
)

GCP = Row(
    "gcp",
    {"app_orders": OF_GOOGLE},
    (
        Miss(
            "a token of another service account, with the right audience",
            "app_orders",
            STRANGER,
            "invalid principal",
            Step.MAPPING,
            "100000000000000000001",
        ),
        OTHER_AUDIENCE,
    ),
    GOOGLE,
)

_WITH_COMPUTE = {"compute_engine": {"project_id": "acme", "zone": "europe-west1-b"}}
GKE = Row(
    "gke",
    {"app_orders": OF_GOOGLE},
    (
        Miss(
            "a token of the node's own service account",
            "app_orders",
            STRANGER.but(email="123-compute@developer.gserviceaccount.com", google=_WITH_COMPUTE),
            "invalid principal",
            Step.MAPPING,
            "100000000000000000001",
        ),
        Miss(
            "the pod's own Kubernetes token",
            "app_orders",
            Shape(
                {"alg": "RS256"},
                {
                    "aud": ["crdb-sso/shop/prod"],
                    "iss": "https://container.googleapis.com/v1/projects/acme/locations/"
                    "europe-west1/clusters/shop",
                    "sub": "system:serviceaccount:shop:orders",
                },
            ),
            "invalid issuer",
            Step.ISSUER,
            "https://accounts.google.com",
        ),
    ),
    GOOGLE,
)

OF_ENTRA = Shape(
    {"typ": "JWT", "alg": "RS256"},
    {
        "aud": APP_CLIENT_ID,
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aio": "k2RgYFhx9Hzc1mkVaRf6nk4q1sbrAA==",
        "azp": CLIENT_ID,
        "azpacr": "2",
        "idtyp": "app",
        "oid": PRINCIPAL_ID,
        "rh": "1.AUYA.",
        "roles": ["sql.login"],
        "sub": PRINCIPAL_ID,
        "tid": TENANT,
        "uti": "AAbbCCddEEffGGhhIIjjKK",
        "ver": "2.0",
    },
    life_s=86_700,
    nbf_s=0,
    backdated_s=300,
)
OF_ENTRA_V1 = Shape(
    {"typ": "JWT", "alg": "RS256", "x5t": ""},
    {
        **OF_ENTRA.but(azp=None, azpacr=None).claims,
        "aud": f"api://{APP_CLIENT_ID}",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "idp": f"https://sts.windows.net/{TENANT}/",
        "appid": CLIENT_ID,
        "appidacr": "2",
        "ver": "1.0",
    },
    OF_ENTRA.life_s,
    OF_ENTRA.nbf_s,
    OF_ENTRA.backdated_s,
)
OTHER_IDENTITY = "dddddddd-0000-4000-8000-000000000001"

AZURE = Row(
    "azure",
    {"app_billing": OF_ENTRA},
    (
        Miss(
            "a token of version 1, as apps that were registered by hand give by default",
            "app_billing",
            OF_ENTRA_V1,
            "invalid issuer",
            Step.ISSUER,
            "version 1",
        ),
        Miss(
            "a token for Azure's own API",
            "app_billing",
            OF_ENTRA.but(aud="https://management.azure.com"),
            "invalid audience",
            Step.AUDIENCE,
            APP_CLIENT_ID,
        ),
        Miss(
            "a token of another managed identity of the machine",
            "app_billing",
            OF_ENTRA.but(sub=OTHER_IDENTITY, oid=OTHER_IDENTITY),
            "invalid principal",
            Step.MAPPING,
            OTHER_IDENTITY,
        ),
    ),
    ENTRA,
)
AKS = Row(
    "aks",
    {"app_billing": OF_ENTRA},
    (
        Miss(
            "the projected token itself, not exchanged",
            "app_billing",
            Shape(
                {"alg": "RS256"},
                {
                    "aud": ["api://AzureADTokenExchange"],
                    "iss": "https://westeurope.oic.prod-aks.azure.com/TENANT/CLUSTER/",
                    "sub": "system:serviceaccount:shop:billing",
                },
            ),
            "invalid issuer",
            Step.ISSUER,
            f"https://login.microsoftonline.com/{TENANT}/v2.0",
        ),
    ),
    ENTRA,
)

ROLE = "arn:aws:iam::123456789012:role/shop-orders"
OF_AWS = Shape(
    {"kid": "RSA_1", "typ": "JWT", "alg": "RS256"},
    {
        "aud": ["crdb"],
        "sub": ROLE,
        "iss": "https://a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d.tokens.sts.global.api.aws",
        "jti": "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9",
        "https://sts.amazonaws.com/": {
            "aws_account": "123456789012",
            "principal_id": ROLE,
            "org_id": "o-abc1234567",
            "source_region": "eu-central-1",
            "principal_tags": {"team": "shop"},
        },
    },
    life_s=300,
)
AWS = Row(
    "aws",
    {"app_orders": OF_AWS},
    (
        Miss(
            "a token of another account's issuer, even with the ARN of the role",
            "app_orders",
            OF_AWS.but(
                iss="https://ffffffff-0000-4000-8000-ffffffffffff.tokens.sts.global.api.aws"
            ),
            "invalid issuer",
            Step.ISSUER,
            "a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d",
        ),
        Miss(
            "a role with a path, named without it in the program",
            "app_orders",
            OF_AWS.but(sub="arn:aws:iam::123456789012:role/service-role/shop-orders"),
            "invalid principal",
            Step.MAPPING,
            "role/service-role/shop-orders",
        ),
    ),
)

OF_COCKROACH_CLOUD = Shape(
    {"alg": "RS256", "kid": "2c3d4e5f-6a7b-4c8d-9e0f-112233445566", "typ": "JWT"},
    {
        "aud": ["7f6e5d4c-3b2a-4190-8877-665544332211"],
        "iss": "https://cockroachlabs.cloud",
        "sub": "maxroach@example.com",
    },
)
BY_ADDRESS = r"https://cockroachlabs.cloud /^(.*)@example\.com$ sso_\1"
COCKROACH_CLOUD = Row(
    "cockroach-cloud",
    {"sso_maxroach": OF_COCKROACH_CLOUD},
    (
        Miss(
            "somebody else of the organization",
            "sso_maxroach",
            OF_COCKROACH_CLOUD.but(sub="carl@example.com"),
            "invalid principal",
            Step.NAMED,
            "sso_carl",
        ),
        Miss(
            "a token for another cluster of the organization",
            "sso_maxroach",
            OF_COCKROACH_CLOUD.but(aud=["11111111-2222-4333-8444-555555555555"]),
            "invalid audience",
            Step.AUDIENCE,
            "7f6e5d4c-3b2a-4190-8877-665544332211",
        ),
    ),
    roles=("analysts",),
    found={
        "server.jwt_authentication.issuers": '["https://cockroachlabs.cloud"]',
        "server.jwt_authentication.audience": '["7f6e5d4c-3b2a-4190-8877-665544332211"]',
        "server.jwt_authentication.enabled": "true",
        "server.identity_map.configuration": BY_ADDRESS,
    },
)
