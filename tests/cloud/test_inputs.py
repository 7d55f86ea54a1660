"""Inputs are what the installed SDKs let a program say; everything else is named."""

from pathlib import Path
from typing import Any

import pytest

from dev.cloud.packages import PACKAGES
from dev.cloud.tokens import (
    ACCOUNT,
    APPLICATION,
    ASSIGNMENT,
    CREDENTIAL,
    IAM_MEMBER,
    IDENTIFIER_URI,
    MANAGED_IDENTITY,
    RESOURCE_GROUP,
    SERVICE,
    SERVICE_PRINCIPAL,
)
from dev.cloud.values import UNKNOWN
from tests.cloud.plugin_client import refused, running

ROLE = {
    "id": "7b4e1c56-0f4b-4f1a-9f38-3a26e3b3f4a1",
    "allowedMemberTypes": ["Application"],
    "displayName": "Log in",
    "description": "May log in to SQL.",
}
SOUND: dict[str, dict[str, Any]] = {
    ACCOUNT: {"accountId": "orders", "disabled": False},
    IAM_MEMBER: {
        "serviceAccountId": "projects/p/serviceAccounts/orders@p.iam.gserviceaccount.com",
        "role": "roles/iam.serviceAccountUser",
        "member": "user:ann@example.com",
        "condition": {"title": "office hours", "expression": "true"},
    },
    SERVICE: {"service": "iam.googleapis.com"},
    APPLICATION: {
        "displayName": "crdb",
        "api": {"requestedAccessTokenVersion": 2, "knownClientApplications": []},
        "appRoles": [ROLE],
    },
    IDENTIFIER_URI: {"applicationId": "/applications/x", "identifierUri": "api://crdb"},
    SERVICE_PRINCIPAL: {"clientId": "x", "featureTags": [{"enterprise": True}]},
    ASSIGNMENT: {"appRoleId": "x", "principalObjectId": "x", "resourceObjectId": "x"},
    RESOURCE_GROUP: {"location": "westeurope"},
    MANAGED_IDENTITY: {
        "resourceGroupName": "billing",
        "location": "westeurope",
        "tags": {"team": "shop"},
    },
    CREDENTIAL: {
        "resourceGroupName": "billing",
        "resourceName": "orders",
        "issuer": "https://oidc.example.com",
        "subject": "orders",
        "audiences": ["api://AzureADTokenExchange"],
    },
}

WRONG = [
    (ACCOUNT, {"displayNme": "Orders"}, "displayNme", "did you mean 'displayName'?"),
    (ACCOUNT, {"disabled": "yes"}, "disabled", "should be true or false, but is text"),
    (IAM_MEMBER, {"roles": "x"}, "roles", "did you mean 'role'?"),
    (IAM_MEMBER, {"member": None}, "member", "missing required property 'member'"),
    (
        IAM_MEMBER,
        {"condition": {"title": "x", "expresion": "true", "expression": "true"}},
        "condition.expresion",
        "did you mean 'expression'?",
    ),
    (
        IAM_MEMBER,
        {"condition": {"title": "x"}},
        "condition.expression",
        "missing required property 'expression'",
    ),
    (SERVICE, {"service": None}, "service", "missing required property 'service'"),
    (SERVICE, {"service": 7}, "service", "should be text, but is a whole number"),
    (SERVICE, {"disableOnDestory": True}, "disableOnDestory", "mean 'disableOnDestroy'?"),
    (APPLICATION, {"displayName": None}, "displayName", "missing required property 'displayName'"),
    (APPLICATION, {"api": "v2"}, "api", "should be an object, but is text"),
    (
        APPLICATION,
        {"api": {"requested_access_token_versio": 2}},
        "api.requested_access_token_versio",
        "did you mean 'requestedAccessTokenVersion'?",
    ),
    (
        APPLICATION,
        {"api": {"requestedAccessTokenVersion": "2"}},
        "api.requestedAccessTokenVersion",
        "should be a whole number, but is text",
    ),
    (
        APPLICATION,
        {"api": {"requestedAccessTokenVersion": 2.5}},
        "api.requestedAccessTokenVersion",
        "should be a whole number, but is a number",
    ),
    (APPLICATION, {"appRoles": ROLE}, "appRoles", "should be a list, but is an object"),
    (
        APPLICATION,
        {"appRoles": [ROLE, {**ROLE, "valeu": "sql.login"}]},
        "appRoles[1].valeu",
        "did you mean 'value'?",
    ),
    (
        APPLICATION,
        {"appRoles": [{**ROLE, "allowedMemberTypes": [True]}]},
        "appRoles[0].allowedMemberTypes[0]",
        "should be text, but is true or false",
    ),
    (
        APPLICATION,
        {"appRoles": [{**ROLE, "id": None}]},
        "appRoles[0].id",
        "missing required property 'id'",
    ),
    (IDENTIFIER_URI, {"identiferUri": "x"}, "identiferUri", "did you mean 'identifierUri'?"),
    (IDENTIFIER_URI, {"applicationId": None}, "applicationId", "missing required property"),
    (IDENTIFIER_URI, {"identifierUri": ["x"]}, "identifierUri", "should be text, but is a list"),
    (SERVICE_PRINCIPAL, {"applicationId": "x"}, "applicationId", "unknown property"),
    (SERVICE_PRINCIPAL, {"clientId": None}, "clientId", "missing required property 'clientId'"),
    (
        SERVICE_PRINCIPAL,
        {"featureTags": [{"enterprize": True}]},
        "featureTags[0].enterprize",
        "did you mean 'enterprise'?",
    ),
    (SERVICE_PRINCIPAL, {"appRoleAssignmentRequired": 1}, "appRoleAssignmentRequired", "true or"),
    (ASSIGNMENT, {"principalId": "x"}, "principalId", "did you mean 'principalObjectId'?"),
    (ASSIGNMENT, {"appRoleId": None}, "appRoleId", "missing required property 'appRoleId'"),
    (ASSIGNMENT, {"appRoleId": {"id": "x"}}, "appRoleId", "should be text, but is an object"),
    (RESOURCE_GROUP, {"resourceGroup": "x"}, "resourceGroup", "mean 'resourceGroupName'?"),
    (RESOURCE_GROUP, {"location": ["x"]}, "location", "should be text, but is a list"),
    (RESOURCE_GROUP, {"tags": {"team": 1}}, "tags.team", "should be text, but is a whole number"),
    (MANAGED_IDENTITY, {"resourceNam": "x"}, "resourceNam", "did you mean 'resourceName'?"),
    (MANAGED_IDENTITY, {"resourceGroupName": None}, "resourceGroupName", "missing required"),
    (MANAGED_IDENTITY, {"tags": ["x"]}, "tags", "should be an object, but is a list"),
    (CREDENTIAL, {"audience": "x"}, "audience", "did you mean 'audiences'?"),
    (CREDENTIAL, {"audiences": "x"}, "audiences", "should be a list, but is text"),
    (CREDENTIAL, {"issuer": None}, "issuer", "missing required property 'issuer'"),
]


def problems(folder: Path, type_: str, inputs: dict[str, Any]) -> dict[str, str]:
    with running(type_.partition(":")[0], folder) as plugin:
        return plugin.check(type_, inputs).problems


def test_the_tables_know_every_kind() -> None:
    kinds = {kind.token for package in PACKAGES.values() for kind in package.kinds}

    assert set(SOUND) == {type_ for type_, *_ in WRONG} == kinds


@pytest.mark.parametrize("type_", SOUND)
def test_valid_inputs_pass(folder: Path, type_: str) -> None:
    assert problems(folder, type_, SOUND[type_]) == {}


@pytest.mark.parametrize("type_", SOUND)
def test_an_unknown_may_be_of_any_type(folder: Path, type_: str) -> None:
    assert problems(folder, type_, dict.fromkeys(SOUND[type_], UNKNOWN)) == {}


@pytest.mark.parametrize(
    ("type_", "change", "path", "reason"),
    [pytest.param(*case, id=f"{case[0].rpartition(':')[2]}-{case[2]}") for case in WRONG],
)
def test_wrong_inputs_are_named(
    folder: Path, type_: str, change: dict[str, Any], path: str, reason: str
) -> None:
    found = problems(folder, type_, {**SOUND[type_], **change})

    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    ("token", "args", "path", "reason"),
    [
        (
            "gcp:serviceaccount/getAccount:getAccount",
            {"acountId": "x", "accountId": "x"},
            "acountId",
            "did you mean 'accountId'?",
        ),
        ("gcp:serviceaccount/getAccount:getAccount", {}, "accountId", "missing required property"),
        ("gcp:organizations/getProject:getProject", {"projectId": 1}, "projectId", "be text"),
        ("gcp:organizations/getClientConfig:getClientConfig", {"x": 1}, "x", "unknown property"),
        ("azuread:index/getClientConfig:getClientConfig", {"x": 1}, "x", "unknown property"),
        (
            "azuread:index/getServicePrincipal:getServicePrincipal",
            {"applicationId": "x"},
            "applicationId",
            "unknown property 'applicationId'",
        ),
        (
            "azuread:index/getApplication:getApplication",
            {"clientID": "x"},
            "clientID",
            "did you mean 'clientId'?",
        ),
        ("azure-native:authorization:getClientConfig", {"x": 1}, "x", "unknown property"),
    ],
)
def test_wrong_arguments_of_functions_are_named(
    folder: Path, token: str, args: dict[str, Any], path: str, reason: str
) -> None:
    with running(token.partition(":")[0], folder) as plugin:
        found = plugin.invoke(token, **args).problems

    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_kind_that_a_stand_in_does_not_know_is_an_error(folder: Path, package: str) -> None:
    with running(package, folder) as plugin:
        with refused(f"the stand-in for {package} does not know {package}:x/y:Y; it knows"):
            plugin.check(f"{package}:x/y:Y", {})
        with refused(f"the stand-in for {package} does not know the function {package}:x/y:getY"):
            plugin.invoke(f"{package}:x/y:getY")
