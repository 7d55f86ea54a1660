"""Programs that use three clouds, under the real engine."""

import json
from pathlib import Path

import pytest

from dev.cloud.handle import DEFAULT_PROJECT, TENANT_ID, Clouds
from dev.cloud.tokens import (
    ACCOUNT,
    APPLICATION,
    ASSIGNMENT,
    IAM_MEMBER,
    IDENTIFIER_URI,
    MANAGED_IDENTITY,
)
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

PROGRAM = """\
import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import managedidentity, resources
from pulumi_gcp import organizations, serviceaccount

account = serviceaccount.Account("orders", account_id="orders")
serviceaccount.IAMMember(
    "minter",
    service_account_id=account.name,
    role="roles/iam.serviceAccountOpenIdTokenCreator",
    member="user:ann@example.com",
)
group = resources.ResourceGroup("billing", location="westeurope")
identity = managedidentity.UserAssignedIdentity("orders", resource_group_name=group.name)
trust = {"resource_group_name": group.name, "resource_name_": identity.name}
managedidentity.FederatedIdentityCredential(
    "cluster",
    **trust,
    issuer="https://oidc.example.com",
    subject="system:serviceaccount:shop:orders",
    audiences=["api://AzureADTokenExchange"],
)
role = {
    "id": "7b4e1c56-0f4b-4f1a-9f38-3a26e3b3f4a1",
    "value": "sql.login",
    "allowed_member_types": ["Application"],
    "display_name": "Log in",
    "description": "May log in to SQL.",
}
app = azuread.Application(
    "crdb",
    display_name="crdb",
    notes=pulumi.Output.secret("told to nobody"),
    api={"requested_access_token_version": 2},
    app_roles=[role],
    opts=pulumi.ResourceOptions(ignore_changes=["identifierUris"]),
)
uri = app.client_id.apply("api://{}".format)
azuread.ApplicationIdentifierUri("uri", application_id=app.id, identifier_uri=uri)
principal = azuread.ServicePrincipal(
    "crdb", client_id=app.client_id, app_role_assignment_required=True
)
azuread.AppRoleAssignment(
    "login",
    app_role_id=app.app_role_ids["sql.login"],
    principal_object_id=identity.principal_id,
    resource_object_id=principal.object_id,
)
pulumi.export("email", account.email)
pulumi.export("uniqueId", account.unique_id)
pulumi.export("found", serviceaccount.get_account_output(account_id=account.email).unique_id)
pulumi.export("project", organizations.get_project().project_id)
pulumi.export("tenant", azuread.get_client_config().tenant_id)
pulumi.export("principalId", identity.principal_id)
pulumi.export("audience", app.client_id)
"""
MISSPELT = """\
import pulumi
import pulumi_azuread as azuread

azuread.Application("crdb", display_name="crdb", api={"requested_access_token_versio": 2})
"""
CROWDED = """\
import pulumi
from pulumi_azure_native import managedidentity

for name in ("one", "two"):
    managedidentity.FederatedIdentityCredential(
        name,
        resource_group_name="billing",
        resource_name_="orders",
        issuer="https://oidc.example.com",
        subject=name,
        audiences=["api://AzureADTokenExchange"],
    )
"""


def stack_on(clouds: Clouds, folder: Path, program: str) -> Stack:
    stack = Stack(folder, program)
    clouds.install(Path(stack.environment["PULUMI_HOME"]))
    return stack


def outputs(stack: Stack) -> dict[str, str]:
    resources = json.loads(stack.state())["deployment"]["resources"]
    return next(r["outputs"] for r in resources if r["type"] == "pulumi:pulumi:Stack")


def test_a_life_of_a_stack_on_three_clouds(clouds: Clouds, tmp_path: Path) -> None:
    stack = stack_on(clouds, tmp_path / "project", PROGRAM)

    shown = stack.preview()
    assert 'email      : "orders@acme-sandbox.iam.gserviceaccount.com"' in shown
    for name in ("uniqueId", "principalId", "audience"):
        assert f"{name:<11}: [unknown]" in shown
    assert "+ 10 to create" in shown
    assert "warning" not in shown
    assert clouds.objects(ACCOUNT) == []

    stack.up()
    (account,), (identity,) = clouds.objects(ACCOUNT), clouds.objects(MANAGED_IDENTITY)
    assert outputs(stack) == {
        "email": "orders@acme-sandbox.iam.gserviceaccount.com",
        "uniqueId": account.outputs["uniqueId"],
        "found": account.outputs["uniqueId"],
        "project": DEFAULT_PROJECT,
        "tenant": TENANT_ID,
        "principalId": identity.outputs["principalId"],
        "audience": clouds.objects(APPLICATION)[0].outputs["clientId"],
    }
    assert "told to nobody" not in stack.state()
    assert len(clouds.objects(ASSIGNMENT)) == 1

    clouds.change(account.id, displayName="by hand")
    clouds.remove(identity.id)
    drifted = stack.preview("--refresh")
    assert '- displayName: "by hand"' in drifted
    assert "azure-native:managedidentity:UserAssignedIdentity: (create)" in drifted
    assert "- identifierUris" not in drifted

    repaired = stack.pulumi("up", "--yes", "--skip-preview", "--refresh", "-s", stack.name)
    assert repaired.code == 0, repaired.text
    (again,) = clouds.objects(MANAGED_IDENTITY)
    assert again.outputs["principalId"] != identity.outputs["principalId"]
    assert outputs(stack)["principalId"] == again.outputs["principalId"]
    (assignment,) = clouds.objects(ASSIGNMENT)
    assert assignment.inputs["principalObjectId"] == again.outputs["principalId"]
    assert "displayName" not in clouds.objects(ACCOUNT)[0].outputs
    assert len(clouds.objects(IDENTIFIER_URI)) == 1

    clouds.fail(IAM_MEMBER, "delete", "googleapi: Error 503: try later, backendError")
    failed = stack.pulumi("destroy", "--yes", "--skip-preview", "-s", stack.name)
    assert failed.code != 0
    assert "googleapi: Error 503: try later, backendError" in failed.text
    stack.destroy()
    assert clouds.objects(ACCOUNT) == clouds.objects(APPLICATION) == []


def test_a_misspelt_nested_argument_is_named_by_the_engine(clouds: Clouds, tmp_path: Path) -> None:
    stack = stack_on(clouds, tmp_path / "project", MISSPELT)

    outcome = stack.pulumi("preview", "-s", stack.name)

    assert outcome.code != 0
    assert "property api.requested_access_token_versio" in outcome.text
    assert "did you mean 'requestedAccessTokenVersion'?" in outcome.text


def test_the_engine_writes_two_credentials_at_once_and_azure_refuses_one(
    clouds: Clouds, tmp_path: Path
) -> None:
    clouds.add_resource_group("billing")
    clouds.add_managed_identity("orders", "billing")
    clouds.let_writes_take(4.0)  # the engine asks for both at once, a busy machine a little later
    stack = stack_on(clouds, tmp_path / "project", CROWDED)

    outcome = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert outcome.code != 0
    assert "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity" in outcome.text
    kept = [r["type"] for r in json.loads(stack.state())["deployment"]["resources"]]
    assert kept.count("azure-native:managedidentity:FederatedIdentityCredential") == 1
