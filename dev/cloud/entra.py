"""Microsoft Entra ID: the package of its kinds and functions."""

from dev.cloud.applications import APPLICATION_KIND, IDENTIFIER_URI_KIND, find_application
from dev.cloud.kinds import Config, Function, Package
from dev.cloud.principals import ASSIGNMENT_KIND, SERVICE_PRINCIPAL_KIND, find_principal
from dev.cloud.values import Values
from dev.cloud.world import OPERATOR_CLIENT_ID, OPERATOR_OBJECT_ID, TENANT_ID, World


def client_config(_world: World, _args: Values, _config: Config) -> Values:
    """Return who runs the program, in which tenant."""
    return {
        "id": f"{TENANT_ID}-{OPERATOR_CLIENT_ID}-{OPERATOR_OBJECT_ID}",
        "clientId": OPERATOR_CLIENT_ID,
        "objectId": OPERATOR_OBJECT_ID,
        "tenantId": TENANT_ID,
    }


PACKAGE = Package(
    name="azuread",
    distribution="pulumi_azuread",
    kinds=(APPLICATION_KIND, IDENTIFIER_URI_KIND, SERVICE_PRINCIPAL_KIND, ASSIGNMENT_KIND),
    functions=(
        Function(
            "azuread:index/getClientConfig:getClientConfig",
            "pulumi_azuread:get_client_config",
            client_config,
        ),
        Function(
            "azuread:index/getServicePrincipal:getServicePrincipal",
            "pulumi_azuread:get_service_principal",
            find_principal,
        ),
        Function(
            "azuread:index/getApplication:getApplication",
            "pulumi_azuread:get_application",
            find_application,
        ),
    ),
)
