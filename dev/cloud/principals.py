"""Entra ID: service principals, and who has which role of which application."""

import base64
from collections.abc import Iterator

from dev.cloud.applications import not_there
from dev.cloud.kinds import Config, Kind
from dev.cloud.tokens import APPLICATION, ASSIGNMENT, MANAGED_IDENTITY, SERVICE_PRINCIPAL
from dev.cloud.values import Values
from dev.cloud.world import TENANT_ID, Entry, Refused, World

NO_ROLE = "00000000-0000-0000-0000-000000000000"  # the role of an application that has none

_PRINCIPAL_COMPUTED = (
    "appRoleIds",
    "appRoles",
    "applicationTenantId",
    "displayName",
    "homepageUrl",
    "logoutUrl",
    "oauth2PermissionScopeIds",
    "oauth2PermissionScopes",
    "objectId",
    "redirectUris",
    "samlMetadataUrl",
    "servicePrincipalNames",
    "signInAudience",
    "type",
)


def create_principal(world: World, inputs: Values, _config: Config) -> tuple[str, Values]:
    """Make the service principal of an application, or use the existing one."""
    client_id = inputs["clientId"]
    application = world.find(APPLICATION, clientId=client_id)
    if application is None:
        raise Refused(
            "Could not create service principal: unexpected status 400 (400 Bad Request) with"
            f" error: NoBackingApplicationObject: The appId '{client_id}' of the service principal"
            " does not reference a valid application object."
        )
    existing = world.find(SERVICE_PRINCIPAL, clientId=client_id)
    if existing is not None and not inputs.get("useExisting"):
        raise Refused(
            "Could not create service principal: unexpected status 409 (409 Conflict) with error:"
            " Request_MultipleObjectsWithSameKeyValue: The service principal cannot be created,"
            f" updated, or restored because the service principal name {client_id} is already in"
            " use."
        )
    object_id = existing[1].outputs["objectId"] if existing else world.fresh_guid()
    made = {"objectId": object_id, "accountEnabled": True, "appRoleAssignmentRequired": False}
    return (
        f"/servicePrincipals/{object_id}",
        {**made, **inputs, **_of_application(application[1].outputs)},
    )


def read_principal(world: World, entry: Entry) -> Values:
    """Return a service principal's outputs, as its application currently defines them."""
    application = world.find(APPLICATION, clientId=entry.outputs["clientId"])
    return {**entry.outputs, **(_of_application(application[1].outputs) if application else {})}


def principal_dependents(world: World, id_: str) -> Iterator[str]:
    """Yield the assignments of a service principal, and those to it."""
    object_id = world.objects[id_].outputs["objectId"]
    for other, entry in world.of_type(ASSIGNMENT):
        if object_id in (entry.inputs["principalObjectId"], entry.inputs["resourceObjectId"]):
            yield other


def create_assignment(world: World, inputs: Values, _config: Config) -> tuple[str, Values]:
    """Give a principal a role of a resource's application."""
    principal = _principal(world, inputs["principalObjectId"])
    resource = world.find(SERVICE_PRINCIPAL, objectId=inputs["resourceObjectId"])
    if principal is None or resource is None:
        missing = "principalObjectId" if principal is None else "resourceObjectId"
        raise not_there(inputs[missing])
    resource_outputs = read_principal(world, resource[1])
    if not _role_can_be_given(resource_outputs["appRoles"], inputs["appRoleId"]):
        raise _bad_assignment(
            "Permission being assigned was not found on application"
            f" '{resource_outputs['clientId']}'."
        )
    if any(entry.inputs == inputs for _, entry in world.of_type(ASSIGNMENT)):
        raise _bad_assignment("Permission being assigned already exists on the object")
    coded = base64.urlsafe_b64encode(world.fresh_guid().encode()).decode()[:43]
    return f"/servicePrincipals/{inputs['resourceObjectId']}/appRoleAssignedTo/{coded}", {
        **inputs,
        "principalDisplayName": principal["displayName"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": resource_outputs["displayName"],
    }


def assignments_of(world: World, principal_id: str) -> Iterator[str]:
    """Yield the assignments that a principal has."""
    for id_, entry in world.of_type(ASSIGNMENT):
        if entry.inputs["principalObjectId"] == principal_id:
            yield id_


def find_principal(world: World, args: Values, _config: Config) -> Values:
    """Find a service principal, even a managed identity's, by client id, object id or name."""
    wanted = {name: value for name, value in args.items() if value is not None}
    for principal in _principals(world):
        if wanted and all(principal.get(name) == value for name, value in wanted.items()):
            return principal
    said = ", ".join(f"{name} {value!r}" for name, value in wanted.items()) or "no filter"
    raise Refused(f"Service principal not found: none matches {said}")


def _of_application(application: Values) -> Values:
    """Return what a service principal takes from its application."""
    uris = application.get("identifierUris", [])
    return {
        "appRoleIds": application["appRoleIds"],
        "appRoles": application.get("appRoles", []),
        "applicationTenantId": TENANT_ID,
        "clientId": application["clientId"],
        "displayName": application["displayName"],
        "oauth2PermissionScopeIds": application["oauth2PermissionScopeIds"],
        "oauth2PermissionScopes": application.get("api", {}).get("oauth2PermissionScopes", []),
        "servicePrincipalNames": [application["clientId"], *uris],
        "signInAudience": application["signInAudience"],
        "type": "Application",
    }


def _principals(world: World) -> Iterator[Values]:
    """Yield every service principal, including those of managed identities."""
    for id_, entry in world.of_type(SERVICE_PRINCIPAL):
        yield {**read_principal(world, entry), "id": id_}
    for _, entry in world.of_type(MANAGED_IDENTITY):
        found = entry.outputs
        yield {
            "id": f"/servicePrincipals/{found['principalId']}",
            "appRoleIds": {},
            "appRoles": [],
            "clientId": found["clientId"],
            "displayName": found["name"],
            "objectId": found["principalId"],
            "servicePrincipalNames": [found["clientId"]],
            "type": "ManagedIdentity",
        }


def _principal(world: World, object_id: str) -> Values | None:
    return next((p for p in _principals(world) if p["objectId"] == object_id), None)


def _role_can_be_given(roles: list[Values], role_id: str) -> bool:
    """Tell whether an application grants this role to other applications."""
    if role_id == NO_ROLE:
        return not roles
    return any(r["id"] == role_id and "Application" in r["allowedMemberTypes"] for r in roles)


def _bad_assignment(reason: str) -> Refused:
    return Refused(
        "Could not create app role assignment: unexpected status 400 (400 Bad Request) with error:"
        f" Request_BadRequest: {reason}"
    )


SERVICE_PRINCIPAL_KIND = Kind(
    token=SERVICE_PRINCIPAL,
    sdk="pulumi_azuread:ServicePrincipal",
    create=create_principal,
    replaces=frozenset({"clientId"}),
    computed=_PRINCIPAL_COMPUTED,
    missing=not_there,
    read_outputs=read_principal,
    dependents=principal_dependents,
    stays=lambda inputs: bool(inputs.get("useExisting")),
)

ASSIGNMENT_KIND = Kind(
    token=ASSIGNMENT,
    sdk="pulumi_azuread:AppRoleAssignment",
    create=create_assignment,
    replaces=frozenset({"appRoleId", "principalObjectId", "resourceObjectId"}),
    computed=("principalDisplayName", "principalType", "resourceDisplayName"),
)
