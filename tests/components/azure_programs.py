"""Answers of Azure and Entra, and arguments that the tests of their components share."""

from typing import Any

from components.azure import AzureAudience, AzureIdentity
from tests.components.mockrun import World
from tests.components.programs import JWK_TEXT

IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
APP = "azuread:index/application:Application"
URI = "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
CLIENT_CONFIG = "azuread:index/getClientConfig:getClientConfig"
GET_PRINCIPAL = "azuread:index/getServicePrincipal:getServicePrincipal"

TENANT = "11111111-2222-3333-4444-555555555555"
APP_CLIENT_ID = "aaaaaaaa-0000-4000-8000-000000000001"
APP_PRINCIPAL_ID = "aaaaaaaa-0000-4000-8000-000000000002"
OTHER_APP = "bbbbbbbb-0000-4000-8000-000000000001"
OTHER_APP_PRINCIPAL = "bbbbbbbb-0000-4000-8000-000000000002"
OTHER_ROLE_ID = "bbbbbbbb-0000-4000-8000-000000000003"
PRINCIPAL_ID = "cccccccc-0000-4000-8000-000000000001"
CLIENT_ID = "cccccccc-0000-4000-8000-000000000002"

WORLD = World(
    outputs={
        APP: {"clientId": APP_CLIENT_ID, "objectId": "aaaaaaaa-0000-4000-8000-000000000009"},
        PRINCIPAL: {"objectId": APP_PRINCIPAL_ID},
        IDENTITY: {
            "name": "billing-identity1a2b3c4d",
            "principalId": PRINCIPAL_ID,
            "clientId": CLIENT_ID,
        },
    },
    answers={
        CLIENT_CONFIG: {"tenantId": TENANT},
        GET_PRINCIPAL: {
            "objectId": OTHER_APP_PRINCIPAL,
            "appRoleIds": {"sql.login": OTHER_ROLE_ID},
        },
    },
)


def audience(name: str = "crdb", **args: Any) -> AzureAudience:
    given: Any = {"jwks": JWK_TEXT, **args}
    return AzureAudience(name, given)


def identity(name: str = "billing", **args: Any) -> AzureIdentity:
    """Return a new identity, unless the arguments say otherwise."""
    own = {} if "audience" in args else {"jwks": JWK_TEXT}
    made = {"resource_group_name": "billing-rg"} if "existing_principal_id" not in args else {}
    given: Any = {**made, **own, **args}
    kept: Any = {k: v for k, v in given.items() if v is not ...}
    return AzureIdentity(name, kept)
