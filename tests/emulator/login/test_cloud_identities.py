"""Logins with tokens of the shapes that Google and Microsoft Entra ID mint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.emulator.embedded import Embedded, rows
from tests.emulator.token_login import JWT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers import LocalIssuer

SETTINGS = {
    "keys": "server.jwt_authentication.jwks",
    "issuers": "server.jwt_authentication.issuers.configuration",
    "audience": "server.jwt_authentication.audience",
    "claim": "server.jwt_authentication.claim",
    "identity_map": "server.identity_map.configuration",
    "enabled": "server.jwt_authentication.enabled",
}

UNIQUE_ID = "113794436627259432046"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
OTHER_TENANT = "9f4ebab6-520d-49c0-85cc-7b25c78d4a93"
API = "925bff9f-f6e2-4a69-b858-f71ea2b9b6d0"
IDENTITY = "60694ed6-d89a-4d11-9d15-8323012942f7"

GOOGLE = "https://accounts.google.com"
V1 = f"https://sts.windows.net/{TENANT}/"
V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0"


@dataclass(frozen=True)
class Sso:
    """A cluster that is told whom to trust."""

    cluster: Embedded
    user: str

    def trust(self, *, keys: str, issuers: str, audience: str, identity: str) -> None:
        """Trust one issuer, and map one of its subjects to the user."""
        values = {
            "keys": keys,
            "issuers": issuers,
            "audience": audience,
            "identity_map": f"{issuers} {identity} {self.user}",
        }
        with self.cluster.connect() as operator:
            for name, value in values.items():
                operator.execute(f"SET CLUSTER SETTING {SETTINGS[name]} = %s".encode(), [value])
            operator.execute(f"SET CLUSTER SETTING {SETTINGS['enabled']} = true".encode())

    def login(self, token: str) -> str:
        """Log in with a token; return `current_user`."""
        with self.cluster.connect(self.user, password=token, options=JWT) as session:
            ((name,),) = rows(session, "SELECT current_user")
        return str(name)

    def refused(self, token: str) -> list[str]:
        """Return the lines of what the server says to a login that must fail."""
        with pytest.raises(psycopg.OperationalError) as raised:
            self.login(token)
        text = str(raised.value)
        return [line.strip() for line in text[text.index("ERROR:") :].strip().splitlines()]


@pytest.fixture
def sso(cluster: Embedded, new_user: Callable[..., str]) -> Iterator[Sso]:
    yield Sso(cluster, new_user())
    with cluster.connect() as operator:
        for name in SETTINGS.values():
            operator.execute(f"RESET CLUSTER SETTING {name}".encode())


def trust_google(sso: Sso, clouds: LocalIssuer) -> None:
    keys = clouds.google_jwks()
    sso.trust(keys=keys, issuers=GOOGLE, audience="crdb", identity=UNIQUE_ID)


def trust_entra(sso: Sso, clouds: LocalIssuer, version: int) -> None:
    issuer, audience = {1: (V1, f"api://{API}"), 2: (V2, API)}[version]
    sso.trust(keys=clouds.entra_jwks(), issuers=issuer, audience=audience, identity=IDENTITY)


@pytest.mark.parametrize(
    "email", ["", "orders@p.iam.gserviceaccount.com"], ids=["bare", "with e-mail"]
)
def test_a_google_service_account_logs_in_by_its_unique_id(
    sso: Sso, clouds: LocalIssuer, email: str
) -> None:
    trust_google(sso, clouds)
    assert sso.login(clouds.google_token(UNIQUE_ID, "crdb", email=email)) == sso.user


def test_a_google_service_account_logs_in_by_its_address_if_the_token_has_it(
    sso: Sso, clouds: LocalIssuer
) -> None:
    address = "orders@p.iam.gserviceaccount.com"
    keys = clouds.google_jwks()
    sso.trust(keys=keys, issuers=GOOGLE, audience="crdb", identity=address)
    with sso.cluster.connect() as operator:
        operator.execute("SET CLUSTER SETTING server.jwt_authentication.claim = 'email'")
    assert sso.login(clouds.google_token(UNIQUE_ID, "crdb", email=address)) == sso.user
    assert sso.refused(clouds.google_token(UNIQUE_ID, "crdb")) == [
        "ERROR:  JWT authentication: missing claim",
        "DETAIL:  token does not contain a claim for email",
    ]


def test_another_service_account_and_another_audience_are_refused(
    sso: Sso, clouds: LocalIssuer
) -> None:
    trust_google(sso, clouds)
    stranger = "100000000000000000001"
    assert sso.refused(clouds.google_token(stranger, "crdb")) == [
        "ERROR:  JWT authentication: invalid principal",
        f"DETAIL:  the value [{stranger}] for the issuer https://accounts.google.com is invalid",
    ]
    assert sso.refused(clouds.google_token(UNIQUE_ID, "other")) == [
        "ERROR:  JWT authentication: invalid audience",
        "DETAIL:  token issued with an audience of [other]",
    ]


@pytest.mark.parametrize(("version", "audience"), [(1, f"api://{API}"), (2, API)])
def test_a_managed_identity_logs_in_though_the_key_names_no_algorithm(
    sso: Sso, clouds: LocalIssuer, version: int, audience: str
) -> None:
    trust_entra(sso, clouds, version)
    with sso.cluster.connect() as operator:
        ((stored,),) = rows(operator, "SHOW CLUSTER SETTING server.jwt_authentication.jwks")
    assert all("alg" not in key for key in json.loads(stored)["keys"])
    token = clouds.entra_token(IDENTITY, audience, TENANT, version, roles=["sql.login"])
    assert sso.login(token) == sso.user


def test_managed_identities_log_in_by_an_app_role(sso: Sso, clouds: LocalIssuer) -> None:
    sso.trust(keys=clouds.entra_jwks(), issuers=V2, audience=API, identity="orders.rw")
    with sso.cluster.connect() as operator:
        operator.execute("SET CLUSTER SETTING server.jwt_authentication.claim = 'roles'")
    roles = ["sql.login", "orders.rw"]
    assert sso.login(clouds.entra_token(IDENTITY, API, TENANT, roles=roles)) == sso.user
    assert sso.refused(clouds.entra_token(IDENTITY, API, TENANT)) == [
        "ERROR:  JWT authentication: missing claim",
        "DETAIL:  token does not contain a claim for roles",
    ]


@pytest.mark.parametrize(
    ("version", "audience", "tenant", "message", "detail"),
    [
        pytest.param(
            2,
            API,
            OTHER_TENANT,
            "invalid issuer",
            f"token issued by https://login.microsoftonline.com/{OTHER_TENANT}/v2.0",
            id="v2, another tenant",
        ),
        pytest.param(
            1,
            f"api://{API}",
            OTHER_TENANT,
            "invalid issuer",
            f"token issued by https://sts.windows.net/{OTHER_TENANT}/",
            id="v1, another tenant",
        ),
        pytest.param(
            2,
            OTHER_TENANT,
            TENANT,
            "invalid audience",
            f"token issued with an audience of [{OTHER_TENANT}]",
            id="v2, another audience",
        ),
        pytest.param(
            1,
            API,
            TENANT,
            "invalid audience",
            f"token issued with an audience of [{API}]",
            id="v1, the client id where its URI is trusted",
        ),
    ],
)
def test_another_tenant_and_another_audience_are_refused(
    sso: Sso,
    clouds: LocalIssuer,
    *,
    version: int,
    audience: str,
    tenant: str,
    message: str,
    detail: str,
) -> None:
    trust_entra(sso, clouds, version)
    assert sso.refused(clouds.entra_token(IDENTITY, audience, tenant, version)) == [
        f"ERROR:  JWT authentication: {message}",
        f"DETAIL:  {detail}",
    ]


def test_v1_tokens_do_not_come_from_the_v2_issuer(sso: Sso, clouds: LocalIssuer) -> None:
    trust_entra(sso, clouds, 2)
    assert sso.refused(clouds.entra_token(IDENTITY, API, TENANT, 1)) == [
        "ERROR:  JWT authentication: invalid issuer",
        f"DETAIL:  token issued by https://sts.windows.net/{TENANT}/",
    ]


def test_the_slash_at_the_end_of_v1_is_part_of_the_issuer(sso: Sso, clouds: LocalIssuer) -> None:
    keys, audience = clouds.entra_jwks(), f"api://{API}"
    sso.trust(keys=keys, issuers=V1.rstrip("/"), audience=audience, identity=IDENTITY)
    token = clouds.entra_token(IDENTITY, audience, TENANT, 1)
    assert sso.refused(token)[0] == "ERROR:  JWT authentication: invalid issuer"


def test_a_key_that_came_with_a_rotation_is_unknown_until_it_is_pinned(
    sso: Sso, clouds: LocalIssuer
) -> None:
    trust_entra(sso, clouds, 2)
    clouds.rotate("entra-v2")
    token = clouds.entra_token(IDENTITY, API, TENANT)
    message, detail = sso.refused(token)
    assert message == "ERROR:  JWT authentication: invalid token"
    newest = json.loads(clouds.entra_jwks())["keys"][0]["kid"]
    assert f'failed to find key with key ID "{newest}" in key set' in detail
    trust_entra(sso, clouds, 2)
    assert sso.login(token) == sso.user
