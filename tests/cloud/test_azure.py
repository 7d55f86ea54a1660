"""Azure's stand-in: names and places, what a preview knows, whom a managed identity trusts."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from dev.cloud.handle import SUBSCRIPTION_ID, TENANT_ID, Clouds
from dev.cloud.store import Store
from dev.cloud.tokens import CREDENTIAL, MANAGED_IDENTITY, RESOURCE_GROUP
from dev.cloud.values import UNKNOWN
from dev.cloud.world import Entry
from tests.cloud.plugin_client import Made, Plugin, refused

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/billing"
IDENTITY_ID = f"{GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orders"
IDENTITY: dict[str, Any] = {"resourceGroupName": "billing", "resourceName": "orders"}
TRUST = {
    **IDENTITY,
    "issuer": "https://oidc.example.com/cluster/",
    "subject": "system:serviceaccount:shop:orders",
    "audiences": ["api://AzureADTokenExchange"],
}


@pytest.fixture
def group(azure: Plugin) -> Made:
    return azure.make(RESOURCE_GROUP, resourceGroupName="billing", location="West Europe")


@pytest.fixture
def identity(azure: Plugin, group: Made) -> Made:
    assert group.id == GROUP_ID
    return azure.make(MANAGED_IDENTITY, **IDENTITY)


def trust(number: int) -> dict[str, Any]:
    return {
        **TRUST,
        "federatedIdentityCredentialResourceName": f"cred-{number}",
        "subject": f"system:serviceaccount:shop:orders-{number}",
    }


def preset(folder: Path, identity: Made, numbers: range) -> None:
    """Create credentials without waiting for each."""
    with Store(folder).world() as world:
        for number in numbers:
            inputs = trust(number)
            id_ = f"{identity.id}/federatedIdentityCredentials/cred-{number}"
            world.objects[id_] = Entry(CREDENTIAL, inputs, {**inputs, "name": f"cred-{number}"})


def test_an_identity_has_ids_of_its_own(azure: Plugin, identity: Made) -> None:
    assert identity.id == IDENTITY_ID
    assert identity.outputs["name"] == "orders"
    assert identity.outputs["tenantId"] == TENANT_ID
    ids = [identity.outputs["clientId"], identity.outputs["principalId"]]
    assert all(re.fullmatch(GUID, id_) for id_ in ids)

    azure.delete(identity, MANAGED_IDENTITY)
    again = azure.make(MANAGED_IDENTITY, **IDENTITY)
    assert again.id == IDENTITY_ID
    assert not {again.outputs["clientId"], again.outputs["principalId"]} & set(ids)


def test_a_preview_knows_nothing_that_azure_answers(azure: Plugin, identity: Made) -> None:
    planned = azure.planned(MANAGED_IDENTITY, **IDENTITY, tags={"team": "shop"})
    unknown = {name for name, value in planned.items() if value == UNKNOWN}
    assert unknown == {"name", "clientId", "principalId", "tenantId", "type", "systemData"}

    planned = azure.update(
        identity, MANAGED_IDENTITY, preview=True, **IDENTITY, tags={"team": "shop"}
    )
    unknown = {name for name, value in planned.items() if value == UNKNOWN}
    assert unknown == {"clientId", "principalId", "tenantId", "type", "systemData"}
    assert planned["tags"] == {"team": "shop"}


def test_a_resource_without_a_name_gets_one_that_stays(azure: Plugin) -> None:
    first = azure.check(RESOURCE_GROUP, {"location": "westeurope"}).inputs
    again = azure.check(RESOURCE_GROUP, {"location": "westeurope"}, first).inputs

    assert re.fullmatch(r"orders[0-9a-f]{8}", first["resourceGroupName"])
    assert first["__createBeforeDelete"] is True
    assert again == first


def test_inputs_that_were_read_may_be_given_again(azure: Plugin, identity: Made) -> None:
    seen = azure.read(identity.id, MANAGED_IDENTITY)

    assert seen is not None
    assert azure.check(MANAGED_IDENTITY, seen.inputs) == (seen.inputs, {})
    assert seen.inputs["azureApiVersion"] == "2023-01-31"


def test_a_resource_goes_where_its_group_is(azure: Plugin, clouds: Clouds) -> None:
    clouds.add_resource_group("billing", "northeurope")

    assert azure.check(MANAGED_IDENTITY, IDENTITY).inputs["location"] == "northeurope"
    unknown = {**IDENTITY, "resourceGroupName": UNKNOWN}
    assert azure.check(MANAGED_IDENTITY, unknown).inputs["location"] == UNKNOWN
    azure.configure(location="swedencentral")
    assert azure.check(MANAGED_IDENTITY, IDENTITY).inputs["location"] == "swedencentral"


@pytest.mark.parametrize("type_", [RESOURCE_GROUP, MANAGED_IDENTITY])
def test_a_resource_has_to_be_somewhere(azure: Plugin, type_: str) -> None:
    problems = azure.check(type_, {"resourceGroupName": "billing"}).problems

    assert list(problems) == ["location"]
    assert "pulumi config set azure-native:location" in problems["location"]


@pytest.mark.parametrize(
    ("change", "replaces", "delete_first"),
    [
        pytest.param({"location": "westeurope"}, [], False, id="the same place in other words"),
        pytest.param({"tags": {"team": "shop"}}, [], False, id="tags"),
        pytest.param({"location": "northeurope"}, ["location"], True, id="another place"),
        pytest.param({"resourceName": "other"}, ["resourceName"], True, id="another name"),
    ],
)
def test_an_identity_is_replaced_for_its_name_and_place(
    azure: Plugin, *, change: dict[str, Any], replaces: list[str], delete_first: bool
) -> None:
    azure.make(RESOURCE_GROUP, resourceGroupName="billing", location="West Europe")
    identity = azure.make(MANAGED_IDENTITY, **IDENTITY, location="West Europe")

    diff = azure.diff(identity, MANAGED_IDENTITY, **{**identity.inputs, **change})

    assert list(diff.replaces) == replaces
    assert diff.deleteBeforeReplace is delete_first


def test_a_replacement_of_a_random_name_comes_before_the_old_one_goes(azure: Plugin) -> None:
    group = azure.make(RESOURCE_GROUP, location="westeurope")

    diff = azure.diff(group, RESOURCE_GROUP, location="northeurope")

    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["location"], False)


def test_an_identity_needs_a_resource_group(azure: Plugin) -> None:
    with refused(
        'Status=404 Code="ResourceGroupNotFound"'
        " Message=\"Resource group 'billing' could not be found.\""
    ):
        azure.make(MANAGED_IDENTITY, **IDENTITY, location="westeurope")


@pytest.mark.usefixtures("identity")
def test_what_exists_is_not_created_over(azure: Plugin) -> None:
    with refused(f"cannot create already existing resource '{IDENTITY_ID}'"):
        azure.make(MANAGED_IDENTITY, **IDENTITY)


def test_an_update_of_what_is_gone_creates_it_again(
    azure: Plugin, clouds: Clouds, identity: Made
) -> None:
    clouds.remove(identity.id)

    outputs = azure.update(identity, MANAGED_IDENTITY, **IDENTITY, tags={"team": "shop"})

    assert outputs["principalId"] != identity.outputs["principalId"]
    assert azure.read(identity.id, MANAGED_IDENTITY) is not None


@pytest.mark.usefixtures("identity")
def test_deleting_a_resource_group_deletes_everything_in_it(
    azure: Plugin, clouds: Clouds, group: Made
) -> None:
    azure.make(CREDENTIAL, **trust(1))

    azure.delete(group, RESOURCE_GROUP)

    for type_ in (RESOURCE_GROUP, MANAGED_IDENTITY, CREDENTIAL):
        assert clouds.objects(type_) == []


def test_deleting_an_identity_deletes_its_credentials(
    azure: Plugin, clouds: Clouds, identity: Made
) -> None:
    made = azure.make(CREDENTIAL, **trust(1))
    assert made.id == f"{IDENTITY_ID}/federatedIdentityCredentials/cred-1"

    azure.delete(identity, MANAGED_IDENTITY)

    assert clouds.objects(CREDENTIAL) == []


def test_a_credential_needs_an_identity(azure: Plugin) -> None:
    with refused('Status=404 Code="ParentResourceNotFound"'):
        azure.make(CREDENTIAL, **trust(1))


def test_two_writes_on_one_identity_at_a_time_are_refused(
    azure: Plugin, clouds: Clouds, identity: Made
) -> None:
    clouds.let_writes_take(1.0)

    def written(number: int) -> str:
        try:
            return azure.make(CREDENTIAL, **trust(number)).outputs["name"]
        except grpc.RpcError as exc:
            return str(exc.details())

    with ThreadPoolExecutor() as pool:
        made, told = sorted(pool.map(written, (1, 2)), key=len)

    assert [found.outputs["name"] for found in clouds.objects(CREDENTIAL)] == [made]
    assert told == (
        'Status=409 Code="ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"'
        ' Message="Too many Federated Identity Credentials are written concurrently for the managed'
        f" identity '{identity.id.lower()}'. Concurrent Federated Identity Credentials writes under"
        ' the same managed identity are not supported."'
    )


def test_two_identities_may_be_written_at_a_time(
    azure: Plugin, clouds: Clouds, identity: Made
) -> None:
    clouds.add_managed_identity("billing", "billing")
    both = [identity.inputs["resourceName"], "billing"]

    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: azure.make(CREDENTIAL, **{**TRUST, "resourceName": name}), both))

    assert len(clouds.objects(CREDENTIAL)) == 2


def test_an_identity_has_at_most_20_credentials(
    azure: Plugin, folder: Path, identity: Made
) -> None:
    preset(folder, identity, range(19))

    azure.make(CREDENTIAL, **trust(19))
    with refused("has the maximum of 20 already"):
        azure.make(CREDENTIAL, **trust(20))


def test_an_issuer_and_subject_are_trusted_once(
    azure: Plugin, clouds: Clouds, folder: Path, identity: Made
) -> None:
    preset(folder, identity, range(2))
    same = {**trust(2), "subject": trust(1)["subject"]}

    with refused("Issuer and subject combination already exists for this Managed Identity."):
        azure.make(CREDENTIAL, **same)
    first = azure.read(clouds.objects(CREDENTIAL)[0].id, CREDENTIAL)
    assert first is not None
    with refused("Issuer and subject combination already exists for this Managed Identity."):
        azure.update(first, CREDENTIAL, **{**trust(0), "subject": trust(1)["subject"]})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        pytest.param("ab", True, id="2 characters"),
        pytest.param("abc", False, id="3 characters"),
        pytest.param("a" * 120, False, id="120 characters"),
        pytest.param("a" * 121, True, id="121 characters"),
        pytest.param("a.b.c", True, id="dots"),
    ],
)
def test_a_credentials_name_keeps_azures_rule(azure: Plugin, *, name: str, wrong: bool) -> None:
    property_ = "federatedIdentityCredentialResourceName"

    problems = azure.check(CREDENTIAL, {**TRUST, property_: name}).problems

    assert list(problems) == ([property_] if wrong else [])


def test_a_program_learns_its_subscription(azure: Plugin) -> None:
    token = "azure-native:authorization:getClientConfig"

    assert azure.invoke(token).inputs["subscriptionId"] == SUBSCRIPTION_ID
    azure.configure(subscriptionId="another")
    assert azure.invoke(token).inputs["subscriptionId"] == "another"
