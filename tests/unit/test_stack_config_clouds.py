"""What a stack's configuration says about cloud identities."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from components import GroupSync, Kept, SsoOnly
from components.azure import AksAccount, AzureAudience, AzureAudienceArgs, AzureIdentityArgs
from components.gcp import GcpIdentityArgs, GkeAccount
from stack_config import GroupSyncConfig, KeptConfig, SsoOnlyConfig
from stack_identities import AksConfig, AzureAudienceConfig, AzureConfig, GcpConfig, GkeConfig
from stack_keys import Keys
from tests.unit.test_stack_config import LEAST, URL, loaded
from tests.unit.test_stack_config_errors import error_text

AUDIENCE = cast("AzureAudience", object())


def given(args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in args.items() if value is not None}


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
                },
                "batch": {"tokenCreators": {"ann": "user:ann@example.com"}},
            },
            "gcpJwks": "{google}",
            "azureAudience": {"existingClientId": "id", "tokenVersion": 1},
            "azureJwks": "{entra}",
            "azure": {"billing": {"resourceGroupName": "rg", "aks": {"westEurope": aks}}},
            "logins": {"app": {"identities": ["orders", "billing"]}},
        }
    )
    assert config.issuer is None
    assert config.logins["app"].identities == ("orders", "billing")
    assert given(config.gcp["orders"].args(config.gcp_jwks)) == {
        "account_id": "shop-orders",
        "token_creators": ("group:ops@example.com",),
        "gke": {"namespace": "shop", "service_account": "orders", "project": None},
        "jwks": "{google}",
    }
    assert given(config.gcp["batch"].args(None)) == {
        "token_creators": {"ann": "user:ann@example.com"}
    }
    assert given(config.azure_audience.args(config.azure_jwks)) == {
        "existing_client_id": "id",
        "token_version": 1,
        "jwks": "{entra}",
    }
    assert given(config.azure["billing"].args(AUDIENCE)) == {
        "resource_group_name": "rg",
        "aks": {
            "westEurope": {
                "issuer": "https://aks.example.com/",
                "namespace": "shop",
                "service_account": "billing",
            }
        },
        "audience": AUDIENCE,
    }


@pytest.mark.parametrize(
    ("keys", "args", "left_out"),
    [
        pytest.param(GcpConfig, GcpIdentityArgs, {"jwks"}, id="gcp"),
        pytest.param(AzureAudienceConfig, AzureAudienceArgs, {"jwks"}, id="audience"),
        pytest.param(AzureConfig, AzureIdentityArgs, {"audience", "jwks"}, id="azure"),
        pytest.param(GkeConfig, GkeAccount, set(), id="gke"),
        pytest.param(AksConfig, AksAccount, set(), id="aks"),
        pytest.param(SsoOnlyConfig, SsoOnly, set(), id="ssoOnly"),
        pytest.param(KeptConfig, Kept, set(), id="keep"),
        pytest.param(GroupSyncConfig, GroupSync, set(), id="groupSync"),
    ],
)
def test_the_configuration_takes_every_argument_of_a_component(
    keys: type[Keys], args: Any, left_out: set[str]
) -> None:
    assert set(keys.model_fields) == (args.__required_keys__ | args.__optional_keys__) - left_out


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        pytest.param(
            GcpConfig,
            {
                "accountId": "1",
                "existingEmail": "2",
                "project": "3",
                "displayName": "4",
                "audience": "5",
                "tokenCreators": ["6"],
                "gke": {"namespace": "7", "serviceAccount": "8", "project": "9"},
                "enableApis": True,
                "closePassthrough": False,
            },
            id="gcp",
        ),
        pytest.param(
            AzureAudienceConfig,
            {
                "displayName": "1",
                "existingClientId": "2",
                "tokenVersion": 1,
                "appRole": "3",
                "tenantId": "4",
                "cloud": "china",
                "closePassthrough": True,
            },
            id="audience",
        ),
        pytest.param(
            AzureConfig,
            {
                "resourceGroupName": "1",
                "location": "2",
                "existingPrincipalId": "3",
                "existingClientId": "4",
                "assignRole": False,
                "aks": {},
            },
            id="azure",
        ),
    ],
)
def test_no_key_is_lost_on_the_way_to_its_component(
    keys: type[GcpConfig | AzureAudienceConfig | AzureConfig], values: Mapping[str, Any]
) -> None:
    made = keys.model_validate(values)
    args: Mapping[str, Any] = made.args(cast("Any", "last"))
    assert {name: args[name] for name in keys.model_fields} == made.model_dump()
    assert "last" in args.values()


@pytest.mark.parametrize(
    ("changes", "what", "hint"),
    [
        pytest.param(
            {"gcp": {"a": {}}, "azure": {"a": {}}},
            "azure.a has the same name as an identity in gcp",
            "Rename one of them.",
            id="one name twice",
        ),
        pytest.param(
            {"gcpJwks": "{}"},
            "gcpJwks is set without gcp",
            "Set gcp too, or remove gcpJwks.",
            id="idle keys of Google",
        ),
        pytest.param(
            {"azureJwks": "{}"},
            "azureJwks is set without azure",
            "Set azure too, or remove azureJwks.",
            id="idle keys of Entra",
        ),
        pytest.param(
            {"azureAudience": {"tokenVersion": 1}},
            "azureAudience is set without azure",
            "Set azure too, or remove azureAudience.",
            id="an idle audience",
        ),
        pytest.param(
            {"gcp": ["orders"]},
            "gcp is a list, not a map",
            "Write gcp: {orders: {accountId: shop-orders,"
            " gke: {namespace: shop, serviceAccount: orders}}}.",
            id="gcp a list",
        ),
        pytest.param(
            {"gcp": {"orders": {"acountId": "x"}}},
            "gcp.orders.acountId is unknown",
            "Did you mean accountId?",
            id="a misspelt key",
        ),
        pytest.param(
            {"gcp": {"a": {"gke": {"namespace": "x", "serviceAccount": "y", "account": "x"}}}},
            "gcp.a.gke.account is unknown",
            "Did you mean serviceAccount?",
            id="a misspelt nested key",
        ),
        pytest.param(
            {"gcp": {"a": {"gke": {"namespace": "x"}}}},
            "gcp.a.gke.serviceAccount is missing",
            "Add it to crdb-sso:gcp.a.gke.",
            id="an incomplete gke",
        ),
        pytest.param(
            {"gcp": {"a": {"enableApis": "false"}}},
            "gcp.a.enableApis is 'false'",
            "Write true or false.",
            id="a switch in quotes",
        ),
        pytest.param(
            {"gcp": {"a": {"tokenCreators": "x"}}},
            "gcp.a.tokenCreators is 'x', not a list",
            "Write a list, even for a single entry.",
            id="a single member",
        ),
        pytest.param(
            {"gcp": {"a": {"tokenCreators": {"map": 1}}}},
            "gcp.a.tokenCreators.map is 1",
            'Write a string; quote numbers, e.g. "1077".',
            id="a named member of another kind",
        ),
        pytest.param(
            {"azureAudience": {"role": "x"}},
            "azureAudience.role is unknown",
            "Did you mean appRole?",
            id="a misspelt key of the audience",
        ),
        pytest.param(
            {"azureAudience": {"tokenVersion": 3}},
            "azureAudience.tokenVersion is 3",
            "Write 1 or 2.",
            id="an unknown version",
        ),
        pytest.param(
            {"azureAudience": {"cloud": "germany"}},
            "azureAudience.cloud is 'germany'",
            "Write public, usgovernment or china.",
            id="an unknown cloud",
        ),
    ],
)
def test_a_bad_value_names_its_key_and_the_next_step(
    changes: Mapping[str, Any], what: str, hint: str
) -> None:
    assert error_text({**LEAST, **changes}) == (
        f"Pulumi.prod.yaml: crdb-sso:{what}\n  Next step: {hint}"
    )


def test_a_misspelt_key_is_reported_together_with_the_missing_one() -> None:
    aks = {"issuer": "https://aks.example.com/", "namespace": "shop", "serviceAcount": "x"}
    assert error_text({**LEAST, "azure": {"a": {"aks": {"west": aks}}}}) == (
        "Pulumi.prod.yaml has 2 mistakes:\n"
        "  crdb-sso:azure.a.aks.west.serviceAccount is missing."
        " Add it to crdb-sso:azure.a.aks.west.\n"
        "  crdb-sso:azure.a.aks.west.serviceAcount is unknown. Did you mean serviceAccount?\n"
        "  Next step: Fix each of them."
    )
