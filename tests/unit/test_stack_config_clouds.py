"""What a stack's configuration says of cloud identities."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

import stack_args
from components.azure import AksAccount, AzureAudienceArgs, AzureIdentityArgs
from components.gcp import GcpIdentityArgs, GkeAccount
from stack_config import LoginConfig
from tests.unit.test_stack_config import LEAST, URL, assert_refused, loaded


def test_cloud_identities_become_arguments_of_their_components() -> None:
    aks = {"issuer": "https://aks.example.com/", "namespace": "shop", "serviceAccount": "billing"}
    config, _ = loaded(
        {
            "clusterUrl": URL,
            "keys": "pinned",
            "gcp": {
                "orders": {
                    "accountId": "shop-orders",
                    "tokenCreators": ["group:ops@example.com"],
                    "gke": {"namespace": "shop", "serviceAccount": "orders"},
                }
            },
            "gcpJwks": "{google}",
            "azureAudience": {"existingClientId": "id", "tokenVersion": 1},
            "azureJwks": "{entra}",
            "azure": {"billing": {"resourceGroupName": "rg", "aks": {"westEurope": aks}}},
            "logins": {"app": {"identities": ["orders", "billing"]}},
        }
    )
    assert config.issuer is None
    assert config.logins == {"app": LoginConfig(identities=("orders", "billing"))}
    assert config.gcp == {
        "orders": {
            "account_id": "shop-orders",
            "token_creators": ["group:ops@example.com"],
            "gke": {"namespace": "shop", "service_account": "orders"},
            "jwks": "{google}",
        }
    }
    assert config.azure_audience == {
        "existing_client_id": "id",
        "token_version": 1,
        "jwks": "{entra}",
    }
    assert config.azure == {
        "billing": {
            "resource_group_name": "rg",
            "aks": {
                "westEurope": {
                    "issuer": "https://aks.example.com/",
                    "namespace": "shop",
                    "service_account": "billing",
                }
            },
        }
    }


@pytest.mark.parametrize(
    ("shape", "args", "left_out"),
    [
        pytest.param(stack_args.GCP_SHAPE, GcpIdentityArgs, {"jwks"}, id="gcp"),
        pytest.param(stack_args.AZURE_AUDIENCE_SHAPE, AzureAudienceArgs, {"jwks"}, id="audience"),
        pytest.param(stack_args.AZURE_SHAPE, AzureIdentityArgs, {"audience", "jwks"}, id="azure"),
        pytest.param(stack_args.GCP_SHAPE["gke"], GkeAccount, set(), id="gke"),
        pytest.param((stack_args.AZURE_SHAPE["aks"] or {})["*"], AksAccount, set(), id="aks"),
    ],
)
def test_the_configuration_takes_every_argument_of_a_component(
    shape: Mapping[str, Any], args: Any, left_out: set[str]
) -> None:
    known = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name) for name in shape}
    assert known == (args.__required_keys__ | args.__optional_keys__) - left_out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"logins": {"app": {"identities": ["orders"]}}},
            "crdb-sso:logins.app.identities names 'orders'",
            id="an identity that is not there",
        ),
        pytest.param(
            {"gcp": {"a": {}}, "azure": {"a": {}}},
            "crdb-sso:azure and gcp both have 'a'",
            id="one name twice",
        ),
        pytest.param({"gcpJwks": "{}"}, "crdb-sso:gcpJwks is given without gcp", id="idle keys"),
        pytest.param(
            {"azureJwks": "{}"},
            "crdb-sso:azureAudience is given, or azureJwks, without azure",
            id="an idle audience",
        ),
        pytest.param({"gcp": ["orders"]}, "crdb-sso:gcp is ['orders'], no object", id="gcp a list"),
        pytest.param(
            {"gcp": {"a": {"accountid": "x"}}},
            "crdb-sso:gcp.a.accountid is unknown",
            id="a misspelt argument",
        ),
        pytest.param(
            {"gcp": {"a": {"gke": {"serviceaccount": "x"}}}},
            "crdb-sso:gcp.a.gke.serviceaccount is unknown",
            id="a misspelt argument further in",
        ),
        pytest.param(
            {"azure": {"a": {"aks": {"west": {"ns": "x"}}}}},
            "crdb-sso:azure.a.aks.west.ns is unknown",
            id="a misspelt argument of a named object",
        ),
        pytest.param(
            {"azureAudience": {"role": "x"}},
            "crdb-sso:azureAudience.role is unknown",
            id="a misspelt argument of the audience",
        ),
    ],
)
def test_a_bad_value_names_its_key_and_the_next_step(
    changes: Mapping[str, Any], message: str
) -> None:
    assert_refused({**LEAST, **changes}, message)
