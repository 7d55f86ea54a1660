"""Azure: virtual machines, App Service, and AKS."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from tests.support.token_servers import (
    IDENTITY_HEADER,
    TokenServer,
    azure_app_service,
    azure_imds,
    busy,
    forms,
    refused,
)
from tests.unit.scripted_https_server import Answer, https_server, text
from tests.unit.workload.token_texts import NEVER_SHOWN, jwt

APP = "0b5f6f0c-91a1-4d1e-9a0c-1f1f3a1c2b3d"
ORDERS, BILLING = "6e1b0f1a-0000-4000-8000-000000000001", "6e1b0f1a-0000-4000-8000-000000000002"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


def mint(audience: str) -> str:
    return jwt(iss=f"https://login.microsoftonline.com/{TENANT}/v2.0", aud=audience, exp=4e9)


@pytest.fixture
def imds(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with azure_imds(mint, (ORDERS, BILLING)) as server:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
        yield server


@pytest.mark.parametrize("app", [APP, f"api://{APP}"], ids=["client id", "identifier URI"])
def test_a_virtual_machine_asks_for_the_app_and_gets_its_client_id_as_audience(
    imds: TokenServer, app: str
) -> None:
    source = tokens.azure(app, client_id=ORDERS)

    token = source.token()

    assert token.value == mint(APP)
    assert token.expires_at == 4e9
    assert imds.given == [f"api://{APP}"]
    assert source.token() is token
    assert repr(source) == f"tokens.azure(app_id='{app}', client_id='{ORDERS}')"


def test_a_busy_metadata_service_is_asked_again(imds: TokenServer) -> None:
    imds.refusals.append(busy(1))

    assert tokens.azure(APP, client_id=ORDERS).token().value == mint(APP)


@pytest.mark.parametrize(
    ("client_id", "reason"),
    [
        pytest.param(TENANT, "Identity not found", id="an identity that is not attached"),
        pytest.param(None, "Multiple user assigned identities exist", id="none of several"),
    ],
)
def test_what_the_metadata_service_refuses_is_said_with_the_next_step(
    imds: TokenServer, client_id: str | None, reason: str
) -> None:
    with pytest.raises(TokenUnavailable, match=reason) as caught:
        tokens.azure(APP, client_id=client_id).token()

    assert "Attach the managed identity" in caught.value.hint
    assert imds.given == []


def test_an_app_service_has_an_endpoint_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with azure_app_service(mint) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", IDENTITY_HEADER)

        assert tokens.azure(APP).token().value == mint(APP)
        monkeypatch.setenv("IDENTITY_HEADER", "of-somebody-else")
        with pytest.raises(TokenUnavailable) as caught:
            tokens.azure(APP).token()

    assert IDENTITY_HEADER not in str(caught.value)
    assert server.given == [f"api://{APP}"]


Exchange = tuple[list[Mapping[str, str]], dict[str, Answer]]


@pytest.fixture
def entra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    """Entra's token endpoint, and what AKS sets in a pod; returns the forms that it gets."""
    with https_server(tmp_path, has_ca=True) as served:
        said = {"token_type": "Bearer", "expires_in": 3599, "access_token": mint(APP)}
        asked = forms(served, lambda _: text(json.dumps(said), Content_Type="application/json"))
        projected = tmp_path / "projected"
        projected.write_text(jwt(sub="system:serviceaccount:shop:orders"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", served.ca_file)
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", served.url)
        monkeypatch.setenv("AZURE_CLIENT_ID", ORDERS)
        monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(projected))
        yield asked, served.answers


def test_a_pod_on_aks_exchanges_its_projected_token(entra: Exchange) -> None:
    asked, _ = entra

    assert tokens.azure_workload_identity(APP).token().value == mint(APP)
    assert asked == [
        {
            "client_assertion": jwt(sub="system:serviceaccount:shop:orders"),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_id": ORDERS,
            "grant_type": "client_credentials",
            "scope": f"api://{APP}/.default",
        }
    ]


def test_what_entra_refuses_is_said_without_the_assertion(entra: Exchange) -> None:
    _, answers = entra
    description = f"AADSTS700213: No matching federated identity record; got {jwt(sub='x')}"
    answers[f"/{TENANT}/oauth2/v2.0/token"] = refused(401, "invalid_client", description)

    with pytest.raises(TokenUnavailable, match="AADSTS700213") as caught:
        tokens.azure_workload_identity(APP).token()

    assert "federate the identity" in caught.value.hint
    assert NEVER_SHOWN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_outside_of_aks_what_is_missing_is_named() -> None:
    with pytest.raises(TokenUnavailable, match="'tenant_id', 'client_id', 'token_file_path'"):
        tokens.azure_workload_identity(APP).token()
