"""Small programs around one `ClusterSso`."""

from typing import Any, cast

import pulumi

from components import ClusterSso, IdentityFacts, OidcIssuer
from tests.components.mockrun import Run, run

ISSUER = "https://idp.example.com"
URL = "postgresql://ops@db.example.com:26257/defaultdb?sslmode=verify-full"
PASSWORD = "hunter2/!"
ESCAPED_PASSWORD = "hunter2%2F!"
PARAMETERS = "options=--crdb%3Ajwt_auth_enabled%3Dtrue&sslmode=verify-full"
X, Y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
JWK_TEXT = f'{{"crv":"P-256","kid":"k1","kty":"EC","x":"{X}","y":"{Y}"}}'
LOGINS = "pulumi-python:dynamic/crdb-sso:ClusterLogins"


def issuer(name: str = "idp", **changes: Any) -> OidcIssuer:
    args: Any = {"issuer": ISSUER, "audience": "crdb", "jwks": JWK_TEXT, **changes}
    return OidcIssuer(name, args)


def facts(**changes: Any) -> IdentityFacts:
    """Return facts that were written by hand, as for a custom identity source."""
    made: Any = {
        "issuer": ISSUER,
        "audience": "crdb",
        "keys": {"k1": JWK_TEXT},
        "source": "idp",
        "subject": "batch",
        "name": "batch",
        "token": "ask the vault",
        **changes,
    }
    return cast("IdentityFacts", made)


def sso(logins: Any, **args: Any) -> ClusterSso:
    given: Any = {"cluster_url": URL, "keys": "pinned", "logins": logins, **args}
    return ClusterSso("sso", given)


def run_sso(logins: Any = None, *, preview: bool = False, **args: Any) -> Run:
    wanted = logins or {"app": {"identities": [facts()]}}
    return run(lambda: {"connect": sso(wanted, **args).connect}, preview=preview)


def unknown() -> Any:
    return pulumi.Output.from_input(pulumi.UNKNOWN)
