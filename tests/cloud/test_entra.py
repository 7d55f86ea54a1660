"""Entra's stand-in: applications, service principals, and who may have which role."""

import re
from typing import Any

import pytest

from dev.cloud.handle import TENANT_ID, Clouds
from dev.cloud.tokens import (
    APPLICATION,
    ASSIGNMENT,
    IDENTIFIER_URI,
    MANAGED_IDENTITY,
    SERVICE_PRINCIPAL,
)
from dev.cloud.values import UNKNOWN
from tests.cloud.plugin_client import Made, Plugin, refused

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NO_ROLE = "00000000-0000-0000-0000-000000000000"
ROLE_ID = "7b4e1c56-0f4b-4f1a-9f38-3a26e3b3f4a1"
NOBODY = "11111111-2222-3333-4444-555555555555"
ROLE: dict[str, Any] = {
    "id": ROLE_ID,
    "value": "sql.login",
    "allowedMemberTypes": ["Application"],
    "displayName": "Log in",
    "description": "May log in to SQL.",
}
APP: dict[str, Any] = {
    "displayName": "crdb",
    "api": {"requestedAccessTokenVersion": 2},
    "appRoles": [ROLE],
}


@pytest.fixture
def app(azuread: Plugin) -> Made:
    return azuread.make(APPLICATION, **APP)


@pytest.fixture
def principal(azuread: Plugin, app: Made) -> Made:
    return azuread.make(SERVICE_PRINCIPAL, clientId=app.outputs["clientId"])


@pytest.fixture
def identity(clouds: Clouds) -> dict[str, Any]:
    """What Azure says about a managed identity."""
    clouds.add_resource_group("billing")
    return clouds.add_managed_identity("orders", "billing").outputs


def test_an_application_has_ids_of_its_own(azuread: Plugin, app: Made) -> None:
    assert re.fullmatch(f"/applications/{GUID}", app.id)
    assert app.id == f"/applications/{app.outputs['objectId']}"
    assert re.fullmatch(GUID, app.outputs["clientId"])
    assert app.outputs["appRoleIds"] == {"sql.login": ROLE_ID}

    azuread.delete(app, APPLICATION)
    again = azuread.make(APPLICATION, **APP)
    assert again.id != app.id
    assert again.outputs["clientId"] != app.outputs["clientId"]


def test_a_preview_knows_what_the_program_says_of_an_application(azuread: Plugin) -> None:
    planned = azuread.planned(APPLICATION, **APP)

    assert {name for name, value in planned.items() if value != UNKNOWN} == set(APP)
    assert planned["clientId"] == planned["objectId"] == planned["appRoleIds"] == UNKNOWN


def test_new_roles_make_the_role_ids_unknown_and_nothing_else(azuread: Plugin, app: Made) -> None:
    planned = azuread.update(app, APPLICATION, preview=True, **{**APP, "appRoles": []})
    assert planned["appRoleIds"] == UNKNOWN
    assert planned["clientId"] == app.outputs["clientId"]

    planned = azuread.update(app, APPLICATION, preview=True, **{**APP, "displayName": "crdb 2"})
    assert planned == {**app.outputs, "displayName": "crdb 2"}


def test_a_nested_change_is_marked_where_it_is(azuread: Plugin, app: Made) -> None:
    news = {**APP, "api": {"requestedAccessTokenVersion": 1}}

    diff = azuread.diff(app, APPLICATION, **news)

    assert list(diff.detailedDiff) == ["api.requestedAccessTokenVersion"]
    assert (list(diff.diffs), list(diff.replaces)) == (["api"], [])


@pytest.mark.usefixtures("principal")
def test_a_new_role_reaches_the_service_principal(azuread: Plugin, app: Made) -> None:
    roles = [ROLE, {**ROLE, "id": NOBODY, "value": "sql.admin"}]

    azuread.update(app, APPLICATION, **{**APP, "appRoles": roles})
    found = azuread.invoke(
        "azuread:index/getServicePrincipal:getServicePrincipal", clientId=app.outputs["clientId"]
    ).inputs

    assert found["appRoleIds"] == {"sql.login": ROLE_ID, "sql.admin": NOBODY}


def test_a_service_principal_needs_an_application(azuread: Plugin) -> None:
    with refused(f"The appId '{NOBODY}' of the service principal does not reference a valid"):
        azuread.make(SERVICE_PRINCIPAL, clientId=NOBODY)


def test_an_application_has_one_service_principal(azuread: Plugin, principal: Made) -> None:
    client_id = principal.inputs["clientId"]
    with refused(f"the service principal name {client_id} is already in use"):
        azuread.make(SERVICE_PRINCIPAL, clientId=client_id)

    adopted = azuread.make(SERVICE_PRINCIPAL, clientId=client_id, useExisting=True)
    assert adopted.id == principal.id
    azuread.delete(adopted, SERVICE_PRINCIPAL)
    assert azuread.read(principal.id, SERVICE_PRINCIPAL) is not None


def test_an_identifier_uri_belongs_to_one_application(azuread: Plugin, app: Made) -> None:
    azuread.make(IDENTIFIER_URI, applicationId=app.id, identifierUri="api://crdb")
    other = azuread.make(APPLICATION, displayName="other")

    taken = "Another object with the same value for property identifierUris already exists."
    with refused(taken):
        azuread.make(IDENTIFIER_URI, applicationId=other.id, identifierUri="api://crdb")
    with refused(taken):
        azuread.make(APPLICATION, displayName="third", identifierUris=["api://crdb"])


def test_an_identifier_uri_needs_an_application(azuread: Plugin) -> None:
    with refused(f"Request_ResourceNotFound: Resource '{NOBODY}' does not exist"):
        azuread.make(
            IDENTIFIER_URI, applicationId=f"/applications/{NOBODY}", identifierUri="api://crdb"
        )


def test_an_added_identifier_uri_is_drift_of_the_application(azuread: Plugin, app: Made) -> None:
    uri = azuread.make(IDENTIFIER_URI, applicationId=app.id, identifierUri="api://crdb")

    seen = azuread.read(app.id, APPLICATION)
    assert seen is not None
    assert seen.inputs["identifierUris"] == ["api://crdb"]
    azuread.update(seen, APPLICATION, **{**APP, "identifierUris": ["api://crdb"]})
    assert azuread.read(uri.id, IDENTIFIER_URI) is not None
    azuread.update(seen, APPLICATION, **APP)  # what happens without ignore_changes
    assert azuread.read(uri.id, IDENTIFIER_URI) is None


def test_an_identifier_uri_is_free_when_its_resource_is_gone(azuread: Plugin, app: Made) -> None:
    uri = azuread.make(IDENTIFIER_URI, applicationId=app.id, identifierUri="api://crdb")
    azuread.delete(uri, IDENTIFIER_URI)

    other = azuread.make(APPLICATION, displayName="other", identifierUris=["api://crdb"])
    assert other.outputs["identifierUris"] == ["api://crdb"]


def test_a_managed_identity_may_have_a_role(
    azuread: Plugin, principal: Made, identity: dict[str, Any]
) -> None:
    made = azuread.make(
        ASSIGNMENT,
        appRoleId=ROLE_ID,
        principalObjectId=identity["principalId"],
        resourceObjectId=principal.outputs["objectId"],
    )

    assert made.id.startswith(f"{principal.id}/appRoleAssignedTo/")
    assert made.outputs["principalDisplayName"] == "orders"
    assert made.outputs["principalType"] == "ServicePrincipal"
    assert made.outputs["resourceDisplayName"] == "crdb"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        pytest.param(
            {"principalObjectId": NOBODY}, f"Resource '{NOBODY}' does not", id="principal"
        ),
        pytest.param({"resourceObjectId": NOBODY}, f"Resource '{NOBODY}' does not", id="resource"),
        pytest.param(
            {"appRoleId": NOBODY}, "Permission being assigned was not found", id="unknown role"
        ),
        pytest.param(
            {"appRoleId": NO_ROLE}, "Permission being assigned was not found", id="no role"
        ),
        pytest.param({}, "Permission being assigned already exists", id="a second time"),
    ],
)
def test_an_assignment_that_entra_refuses(
    azuread: Plugin, principal: Made, identity: dict[str, Any], change: dict[str, str], text: str
) -> None:
    sound = {
        "appRoleId": ROLE_ID,
        "principalObjectId": identity["principalId"],
        "resourceObjectId": principal.outputs["objectId"],
    }
    azuread.make(ASSIGNMENT, **sound)

    with refused(text):
        azuread.make(ASSIGNMENT, **{**sound, **change})


def test_an_application_without_roles_is_assigned_with_the_role_of_zeros(
    azuread: Plugin, identity: dict[str, Any]
) -> None:
    app = azuread.make(APPLICATION, displayName="plain")
    principal = azuread.make(SERVICE_PRINCIPAL, clientId=app.outputs["clientId"])

    made = azuread.make(
        ASSIGNMENT,
        appRoleId=NO_ROLE,
        principalObjectId=identity["principalId"],
        resourceObjectId=principal.outputs["objectId"],
    )

    assert made.outputs["resourceDisplayName"] == "plain"


def test_a_role_for_people_is_not_for_a_managed_identity(
    azuread: Plugin, identity: dict[str, Any]
) -> None:
    roles = [{**ROLE, "allowedMemberTypes": ["User"]}]
    app = azuread.make(APPLICATION, displayName="people", appRoles=roles)
    principal = azuread.make(SERVICE_PRINCIPAL, clientId=app.outputs["clientId"])

    with refused("Permission being assigned was not found on application"):
        azuread.make(
            ASSIGNMENT,
            appRoleId=ROLE_ID,
            principalObjectId=identity["principalId"],
            resourceObjectId=principal.outputs["objectId"],
        )


@pytest.mark.parametrize("gone", [APPLICATION, SERVICE_PRINCIPAL, MANAGED_IDENTITY])
def test_deleting_either_side_deletes_an_assignment(
    azuread: Plugin, clouds: Clouds, principal: Made, identity: dict[str, Any], gone: str
) -> None:
    azuread.make(
        ASSIGNMENT,
        appRoleId=ROLE_ID,
        principalObjectId=identity["principalId"],
        resourceObjectId=principal.outputs["objectId"],
    )
    (victim,) = clouds.objects(gone)

    clouds.remove(victim.id)

    assert clouds.objects(ASSIGNMENT) == []


def test_deleting_an_application_deletes_all_of_it(
    azuread: Plugin, clouds: Clouds, app: Made
) -> None:
    azuread.make(SERVICE_PRINCIPAL, clientId=app.outputs["clientId"])
    azuread.make(IDENTIFIER_URI, applicationId=app.id, identifierUri="api://crdb")

    azuread.delete(app, APPLICATION)

    for type_ in (APPLICATION, SERVICE_PRINCIPAL, IDENTIFIER_URI):
        assert clouds.objects(type_) == []


def test_an_application_is_found_by_its_client_id(azuread: Plugin, app: Made) -> None:
    token = "azuread:index/getApplication:getApplication"

    found = azuread.invoke(token, clientId=app.outputs["clientId"]).inputs

    assert (found["id"], found["objectId"]) == (app.id, app.outputs["objectId"])
    assert found["apis"] == [{"requestedAccessTokenVersion": 2}]
    with refused("Application not found"):
        azuread.invoke(token, clientId=NOBODY)


def test_a_service_principal_is_found_by_either_id(
    azuread: Plugin, principal: Made, identity: dict[str, Any]
) -> None:
    token = "azuread:index/getServicePrincipal:getServicePrincipal"
    object_id, client_id = principal.outputs["objectId"], principal.inputs["clientId"]

    for args in ({"clientId": client_id}, {"objectId": object_id}):
        found = azuread.invoke(token, **args).inputs
        assert (found["objectId"], found["clientId"]) == (object_id, client_id)
        assert found["appRoleIds"] == {"sql.login": ROLE_ID}
        assert [role["value"] for role in found["appRoles"]] == ["sql.login"]
    managed = azuread.invoke(token, clientId=identity["clientId"]).inputs
    assert (managed["objectId"], managed["type"]) == (identity["principalId"], "ManagedIdentity")
    with refused("Service principal not found"):
        azuread.invoke(token, clientId=NOBODY)


def test_a_program_learns_its_tenant(azuread: Plugin) -> None:
    config = azuread.invoke("azuread:index/getClientConfig:getClientConfig").inputs

    assert config["tenantId"] == TENANT_ID
