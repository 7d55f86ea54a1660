"""Machines: Kubernetes, SPIFFE, Vault.

Sources: Kubernetes, "Managing Service Accounts" (bound tokens; the kid is the hash of the key);
SPIFFE, "The JWT SPIFFE Verifiable Identity Document", and SPIRE's configuration of `jwt_issuer`;
Vault, "Identity tokens".
"""

from crdb_sso.verdict.steps import Step
from tests.support.issuers.row import Miss, Row, Shape

IN_CLUSTER = "https://kubernetes.default.svc.cluster.local"
OF_POD = Shape(
    {"alg": "RS256", "kid": "rhkNaPVSTRjLZ3nPnLsqXWzBMDFBpEE5g4KmgW4Lb0k"},
    {
        "aud": ["crdb"],
        "iss": IN_CLUSTER,
        "jti": "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
        "kubernetes.io": {
            "namespace": "shop",
            "node": {"name": "node-1", "uid": "58456cb0-dd00-45ed-b797-5578fdceaced"},
            "pod": {"name": "orders-69cbfb9798", "uid": "778a530c-b3f4-47c0-9cd5-ab018fb64f33"},
            "serviceaccount": {"name": "orders", "uid": "a087d5a0-e1dd-43ec-93ac-f13d89cd13af"},
            "warnafter": 1_700_081_020,
        },
        "sub": "system:serviceaccount:shop:orders",
    },
    nbf_s=0,
)
KUBERNETES = Row(
    "kubernetes",
    {"app_orders": OF_POD},
    (
        Miss(
            "the token that every pod has",
            "app_orders",
            OF_POD.but(aud=[IN_CLUSTER]),
            "invalid audience",
            Step.AUDIENCE,
            "crdb",
        ),
        Miss(
            "the service account of that name in another namespace",
            "app_orders",
            OF_POD.but(sub="system:serviceaccount:test:orders"),
            "invalid principal",
            Step.MAPPING,
            "system:serviceaccount:test:orders",
        ),
    ),
)

OF_SPIRE = Shape(
    {"alg": "ES256", "kid": "JJ2sBdR6gCZ1kbCMzpYTPqpVXqhVBhrJ", "typ": "JWT"},
    {
        "aud": ["crdb"],
        "iss": "https://oidc.spire.example.com",
        "sub": "spiffe://example.com/shop/orders",
    },
    life_s=300,
)
SPIFFE = Row(
    "spiffe",
    {"app_orders": OF_SPIRE},
    (
        Miss(
            "a token without `iss`, as SPIRE makes them by default",
            "app_orders",
            OF_SPIRE.but(iss=None),
            "invalid issuer",
            Step.ISSUER,
            "The token has no `iss`",
        ),
        Miss(
            "another workload of the trust domain",
            "app_orders",
            OF_SPIRE.but(sub="spiffe://example.com/shop/billing"),
            "invalid principal",
            Step.MAPPING,
            "spiffe://example.com/shop/billing",
        ),
    ),
)

OF_VAULT = Shape(
    {"alg": "RS256", "kid": "b2c3d4e5-f607-4182-93a4-b5c6d7e8f901"},
    {
        "aud": "crdb",
        "iss": "https://vault.example.com:8200/v1/identity/oidc",
        "namespace": "root",
        "sub": "3f7a1c2e-8b4d-4e6f-9a0b-1c2d3e4f5a6b",
    },
)
VAULT = Row(
    "vault",
    {"app_orders": OF_VAULT},
    (
        Miss(
            "a role with the client id that Vault made up",
            "app_orders",
            OF_VAULT.but(aud="2FbxLVrMsXhYS4Yeb9XHTKMVRy"),
            "invalid audience",
            Step.AUDIENCE,
            "crdb",
        ),
        Miss(
            "a token of Vault as an OIDC provider",
            "app_orders",
            OF_VAULT.but(iss="https://vault.example.com:8200/v1/identity/oidc/provider/default"),
            "invalid issuer",
            Step.ISSUER,
            "https://vault.example.com:8200/v1/identity/oidc",
        ),
    ),
)
