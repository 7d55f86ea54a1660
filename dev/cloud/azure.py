"""Azure Resource Manager: resource groups, managed identities and the package of its kinds."""

from collections.abc import Iterator

from dev.cloud.arm import (
    ADDED,
    IDENTITY_VERSION,
    canonical,
    defaults,
    existing_id,
    free_id,
    group_id,
    identity_id,
    keeps_name,
    location_problems,
    refusal,
    renewed_but_name,
    written,
)
from dev.cloud.credentials import CREDENTIAL_KIND
from dev.cloud.kinds import Config, Function, Kind, Package
from dev.cloud.principals import assignments_of
from dev.cloud.tokens import MANAGED_IDENTITY, RESOURCE_GROUP
from dev.cloud.values import Values
from dev.cloud.world import (
    OPERATOR_CLIENT_ID,
    OPERATOR_OBJECT_ID,
    SUBSCRIPTION_ID,
    TENANT_ID,
    World,
)

_GROUP_VERSION = "2024-03-01"


def create_group(world: World, inputs: Values, config: Config) -> tuple[str, Values]:
    """Make a resource group."""
    id_ = free_id(world, group_id(inputs, config))
    return id_, {
        **written(inputs),
        "name": inputs["resourceGroupName"],
        "properties": {"provisioningState": "Succeeded"},
        "type": "Microsoft.Resources/resourceGroups",
    }


def group_dependents(world: World, id_: str) -> Iterator[str]:
    """Yield everything in a resource group."""
    inside = id_.lower() + "/"
    return (other for other in world.objects if other.lower().startswith(inside))


def create_identity(world: World, inputs: Values, config: Config) -> tuple[str, Values]:
    """Make a managed identity; its ids are new each time."""
    if existing_id(world, group_id(inputs, config)) is None:
        group = inputs["resourceGroupName"]
        raise refusal(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    id_ = free_id(world, identity_id(inputs, config))
    return id_, {
        **written(inputs),
        "clientId": world.fresh_guid(),
        "name": inputs["resourceName"],
        "principalId": world.fresh_guid(),
        "tenantId": TENANT_ID,
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
    }


def identity_dependents(world: World, id_: str) -> Iterator[str]:
    """Yield a managed identity's credentials and role assignments."""
    yield from group_dependents(world, id_)
    yield from assignments_of(world, world.objects[id_].outputs["principalId"])


def client_config(_world: World, _args: Values, config: Config) -> Values:
    """Return who runs the program, in which tenant and subscription."""
    return {
        "clientId": OPERATOR_CLIENT_ID,
        "objectId": OPERATOR_OBJECT_ID,
        "subscriptionId": config.get("subscriptionId", SUBSCRIPTION_ID),
        "tenantId": TENANT_ID,
    }


_GROUP_COMPUTED = ("name", "properties", "type")
_IDENTITY_COMPUTED = ("name", "clientId", "principalId", "systemData", "tenantId", "type")

PACKAGE = Package(
    name="azure-native",
    distribution="pulumi_azure_native",
    kinds=(
        Kind(
            token=RESOURCE_GROUP,
            sdk="pulumi_azure_native.resources:ResourceGroup",
            create=create_group,
            replaces=frozenset({"resourceGroupName", "location"}),
            added=ADDED,
            computed=_GROUP_COMPUTED,
            renewed=renewed_but_name(_GROUP_COMPUTED),
            defaults=defaults("resourceGroupName", _GROUP_VERSION, placed=True),
            problems=location_problems,
            dependents=group_dependents,
            delete_first=keeps_name,
            canonical=canonical,
        ),
        Kind(
            token=MANAGED_IDENTITY,
            sdk="pulumi_azure_native.managedidentity:UserAssignedIdentity",
            create=create_identity,
            replaces=frozenset({"resourceGroupName", "resourceName", "location"}),
            added=ADDED,
            computed=_IDENTITY_COMPUTED,
            renewed=renewed_but_name(_IDENTITY_COMPUTED),
            defaults=defaults("resourceName", IDENTITY_VERSION, placed=True),
            problems=location_problems,
            dependents=identity_dependents,
            delete_first=keeps_name,
            canonical=canonical,
        ),
        CREDENTIAL_KIND,
    ),
    functions=(
        Function(
            "azure-native:authorization:getClientConfig",
            "pulumi_azure_native.authorization:get_client_config",
            client_config,
        ),
    ),
)
