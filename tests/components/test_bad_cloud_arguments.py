"""Errors in the arguments of a cloud identity are raised where the program gives them."""

from typing import Any

import pulumi
import pytest

from tests.components import test_gcp_identity
from tests.components.azure_programs import PRINCIPAL_ID, WORLD, audience, identity
from tests.components.mockrun import run
from tests.components.programs import JWK_TEXT
from tests.components.test_azure_identity import AKS_ISSUER, aks
from tests.components.test_gcp_identity import EMAIL
from tests.components.test_gcp_identity import identity as google


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            {"account_id": ...},
            "it needs either `account_id` or `existing_email`",
            id="neither",
        ),
        pytest.param(
            {"existing_email": EMAIL},
            "it needs either `account_id` or `existing_email`",
            id="both",
        ),
        pytest.param(
            {"account_id": "Orders"},
            "account_id 'Orders' is not a valid service account id",
            id="an upper-case account id",
        ),
        pytest.param(
            {"account_id": ..., "existing_email": EMAIL, "display_name": "Orders"},
            "`display_name` is for an account that is created here",
            id="a name for an existing account",
        ),
        pytest.param(
            {"acount_id": "shop-orders"},
            "unknown key 'acount_id' in GcpIdentity\n  Next step: Did you mean 'account_id'?",
            id="misspelt",
        ),
        pytest.param(
            {"gke": {"namespace": "shop"}}, "`gke` needs 'service_account'", id="an incomplete gke"
        ),
        pytest.param(
            {"gke": {"namespace": "Shop", "service_account": "orders"}},
            "'Shop' is not a Kubernetes namespace",
            id="a bad namespace",
        ),
        pytest.param(
            {"token_creators": "group:ops@example.com"},
            "`token_creators` is not a list",
            id="a single member",
        ),
        pytest.param(
            {"account_id": ..., "existing_email": "orders"},
            "existing_email 'orders' is not an e-mail address",
            id="an id as address",
        ),
        pytest.param(
            {"account_id": ..., "existing_email": EMAIL, "project": "acme"},
            "`project` is for an account that is created here",
            id="a project for an existing account",
        ),
        pytest.param(
            {"enable_apis": "false"},
            "`enable_apis` is 'false', not True or False",
            id="a quoted bool",
        ),
        pytest.param(
            {"close_passthrough": 1}, "`close_passthrough` is 1, not True or False", id="a number"
        ),
        pytest.param({"gke": True}, "`gke` is not a dict but True", id="gke as a switch"),
        pytest.param({"token_creators": {"x": None}}, "None is not an IAM member", id="no member"),
        pytest.param(
            {"token_creators": {"x": pulumi.Output.from_input("allUsers")}},
            "allUsers as token creator would let anyone log in",
            id="everybody, but unknown yet",
        ),
        pytest.param(
            {"token_creators": ["allUsers"]},
            "allUsers as token creator would let anyone log in",
            id="everybody",
        ),
        pytest.param(
            {"token_creators": {"": "group:ops@example.com"}},
            "a member of `token_creators` is not plain text",
            id="a member without a name",
        ),
    ],
)
def test_bad_arguments_of_a_google_identity_end_the_program_with_a_plain_error(
    args: dict[str, Any], message: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(lambda: {"id": google(**args).unique_id}, world=test_gcp_identity.WORLD)
    assert str(caught.value).startswith(f"GcpIdentity 'orders': {message}")
    assert "\n  Next step: " in str(caught.value)


def test_a_token_creator_that_is_an_output_needs_a_name() -> None:
    def program() -> None:
        google(token_creators=[pulumi.Output.from_input("user:ann@example.com")])

    with pytest.raises(pulumi.RunError, match="is not plain text"):
        run(program, world=test_gcp_identity.WORLD)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            {"resource_group_name": ...},
            "it needs either `resource_group_name` or `existing_principal_id`",
            id="neither",
        ),
        pytest.param(
            {"resource_group_name": "rg", "existing_principal_id": PRINCIPAL_ID},
            "it needs either `resource_group_name` or `existing_principal_id`",
            id="both",
        ),
        pytest.param(
            {"existing_principal_id": "billing"},
            "the principal id 'billing' is not a GUID",
            id="a name",
        ),
        pytest.param(
            {"existing_principal_id": PRINCIPAL_ID, "aks": aks()},
            "`aks` is for a managed identity that is created here",
            id="aks of an existing one",
        ),
        pytest.param(
            {"existing_principal_id": PRINCIPAL_ID, "location": "westeurope"},
            "`location` is for a managed identity that is created here",
            id="a region for an existing one",
        ),
        pytest.param(
            {"assign_role": "false"},
            "`assign_role` is 'false', not True or False",
            id="a quoted bool",
        ),
        pytest.param(
            {"existing_client_id": PRINCIPAL_ID},
            "`existing_client_id` is for an existing managed identity",
            id="a client id for a new one",
        ),
        pytest.param(
            {"aks": {"one": aks()["west-0"], "two": aks()["west-0"]}},
            "`aks` 'one' and 'two' are one service account of one cluster",
            id="one service account twice",
        ),
        pytest.param(
            {"aks": {"west": True}}, "`aks` 'west' is not a dict but True", id="no account"
        ),
        pytest.param({"audience": "crdb"}, "`audience` is not an AzureAudience", id="a text"),
        pytest.param(
            {"aks": aks(21)},
            "21 federated credentials are too many: a managed identity takes at most 20",
            id="too many federated credentials",
        ),
        pytest.param({"aks": [aks()]}, "`aks` is not a dict", id="a list"),
        pytest.param(
            {"aks": {"x": aks()["west-0"]}},
            "'x' is not a valid name for a federated credential",
            id="too short a name",
        ),
        pytest.param(
            {"aks": {"west": {"issuer": AKS_ISSUER}}},
            "`aks` 'west' needs 'namespace'",
            id="an incomplete aks",
        ),
        pytest.param(
            {"ressource_group_name": "rg"},
            "unknown key 'ressource_group_name' in AzureIdentity",
            id="misspelt",
        ),
    ],
)
def test_bad_arguments_of_an_azure_identity_end_the_program_with_a_plain_error(
    args: dict[str, Any], message: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(lambda: {"id": identity(**args).principal_id}, world=WORLD)
    assert str(caught.value).startswith(f"AzureIdentity 'billing': {message}")
    assert "\n  Next step: " in str(caught.value)


def test_the_keys_of_an_audience_are_its_own_argument() -> None:
    with pytest.raises(pulumi.RunError, match="`jwks` belongs to the AzureAudience here"):
        run(lambda: {"x": identity(audience=audience(), jwks=JWK_TEXT).principal_id}, world=WORLD)
