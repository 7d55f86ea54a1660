"""Google's stand-in: what it knows when, what it refuses, what is deleted with what."""

import re

import pytest

from dev.cloud.handle import Clouds
from dev.cloud.tokens import ACCOUNT, IAM_MEMBER, SERVICE
from dev.cloud.values import UNKNOWN
from tests.cloud.plugin_client import Made, Plugin, refused

GET_ACCOUNT = "gcp:serviceaccount/getAccount:getAccount"
MINT = "roles/iam.serviceAccountOpenIdTokenCreator"
EMAIL = "orders@acme-sandbox.iam.gserviceaccount.com"
NAME = f"projects/acme-sandbox/serviceAccounts/{EMAIL}"


@pytest.fixture
def account(gcp: Plugin) -> Made:
    return gcp.make(ACCOUNT, accountId="orders")


def test_an_account_has_the_names_that_google_makes_of_its_id(account: Made) -> None:
    assert account.id == NAME
    assert account.outputs["name"] == NAME
    assert account.outputs["email"] == EMAIL
    assert account.outputs["member"] == f"serviceAccount:{EMAIL}"
    assert re.fullmatch(r"[1-9][0-9]{20}", account.outputs["uniqueId"])


def test_a_preview_knows_the_email_but_never_the_number(gcp: Plugin) -> None:
    planned = gcp.planned(ACCOUNT, accountId="orders", displayName="Orders")

    assert planned == {
        "accountId": "orders",
        "displayName": "Orders",
        "project": "acme-sandbox",
        "email": EMAIL,
        "member": f"serviceAccount:{EMAIL}",
        "name": UNKNOWN,
        "uniqueId": UNKNOWN,
    }


@pytest.mark.parametrize("unknown", ["accountId", "project"])
def test_an_email_is_unknown_while_its_parts_are(gcp: Plugin, unknown: str) -> None:
    planned = gcp.planned(ACCOUNT, **{"accountId": "orders", unknown: UNKNOWN})

    assert (planned["email"], planned["member"]) == (UNKNOWN, UNKNOWN)


def test_the_project_is_that_of_the_resource_or_else_of_the_provider(gcp: Plugin) -> None:
    gcp.configure(project="shop-prod")

    assert gcp.make(ACCOUNT, accountId="orders").outputs["project"] == "shop-prod"
    own = gcp.make(ACCOUNT, accountId="orders", project="shop-dev").outputs
    assert own["email"] == "orders@shop-dev.iam.gserviceaccount.com"


def test_an_account_without_an_id_gets_one_that_stays(gcp: Plugin) -> None:
    first = gcp.check(ACCOUNT, {})
    again = gcp.check(ACCOUNT, {}, {"accountId": "orders-0000000"})

    assert first.problems == {}
    assert re.fullmatch(r"orders-[0-9a-f]{7}", first.inputs["accountId"])
    assert again.inputs == {"accountId": "orders-0000000"}


@pytest.mark.parametrize(
    "account_id", ["order", "o" * 31, "Orders", "1orders", "orders-", "or_ders"]
)
def test_an_account_id_that_breaks_googles_rule_is_refused(gcp: Plugin, account_id: str) -> None:
    problems = gcp.check(ACCOUNT, {"accountId": account_id}).problems

    assert list(problems) == ["accountId"]
    assert f'("{account_id}") doesn\'t match regexp' in problems["accountId"]


@pytest.mark.usefixtures("account")
def test_a_second_account_of_the_same_id_is_refused(gcp: Plugin) -> None:
    with refused(
        "googleapi: Error 409: Service account orders already exists within project"
        " projects/acme-sandbox., alreadyExists"
    ):
        gcp.make(ACCOUNT, accountId="orders")

    taken = gcp.make(ACCOUNT, accountId="orders", createIgnoreAlreadyExists=True)
    assert taken.id == NAME


def test_an_account_created_again_has_another_number(gcp: Plugin, account: Made) -> None:
    gcp.delete(account, ACCOUNT)
    again = gcp.make(ACCOUNT, accountId="orders")

    assert again.id == account.id
    assert again.outputs["uniqueId"] != account.outputs["uniqueId"]


def test_a_changed_display_name_is_an_update(gcp: Plugin, account: Made) -> None:
    diff = gcp.diff(account, ACCOUNT, accountId="orders", displayName="Orders")
    assert (list(diff.diffs), list(diff.replaces)) == (["displayName"], [])

    outputs = gcp.update(account, ACCOUNT, accountId="orders", displayName="Orders")
    assert outputs == {**account.outputs, "displayName": "Orders"}


@pytest.mark.parametrize(
    ("news", "delete_first"),
    [
        pytest.param({"accountId": "billing"}, False, id="another id"),
        pytest.param({"accountId": "orders", "project": "shop-dev"}, True, id="another project"),
    ],
)
def test_another_account_id_or_project_is_another_account(
    gcp: Plugin, account: Made, *, news: dict[str, str], delete_first: bool
) -> None:
    diff = gcp.diff(account, ACCOUNT, **news)

    assert len(diff.replaces) == 1
    assert diff.deleteBeforeReplace is delete_first


def test_updating_an_account_that_is_gone_is_refused(
    gcp: Plugin, clouds: Clouds, account: Made
) -> None:
    clouds.remove(account.id)

    with refused("googleapi: Error 404: Unknown service account, notFound"):
        gcp.update(account, ACCOUNT, accountId="orders", displayName="Orders")


def test_deleting_an_account_deletes_its_grants(gcp: Plugin, account: Made) -> None:
    member = gcp.make(IAM_MEMBER, serviceAccountId=NAME, role=MINT, member="user:ann@example.com")
    assert member.id == f"{NAME}/{MINT}/user:ann@example.com"

    gcp.delete(account, ACCOUNT)
    gcp.delete(account, ACCOUNT)

    assert gcp.read(account.id, ACCOUNT) is None
    assert gcp.read(member.id, IAM_MEMBER) is None


def test_a_grant_on_a_missing_account_is_refused(gcp: Plugin) -> None:
    with refused("googleapi: Error 404: Unknown service account, notFound"):
        gcp.make(IAM_MEMBER, serviceAccountId=NAME, role=MINT, member="user:ann@example.com")


@pytest.mark.usefixtures("account")
def test_a_role_that_accounts_cannot_have_is_refused(gcp: Plugin) -> None:
    with refused("Error 400: Role roles/editor is not supported for this resource., badRequest"):
        gcp.make(
            IAM_MEMBER, serviceAccountId=NAME, role="roles/editor", member="user:ann@example.com"
        )


@pytest.mark.parametrize(
    ("inputs", "property_"),
    [
        pytest.param({"member": "ann@example.com"}, "member", id="a member without its kind"),
        pytest.param({"serviceAccountId": EMAIL}, "serviceAccountId", id="an email for a name"),
    ],
)
def test_a_malformed_grant_is_refused(gcp: Plugin, inputs: dict[str, str], property_: str) -> None:
    sound = {"serviceAccountId": NAME, "role": MINT, "member": "user:ann@example.com"}

    assert gcp.check(IAM_MEMBER, sound).problems == {}
    assert list(gcp.check(IAM_MEMBER, {**sound, **inputs}).problems) == [property_]


@pytest.mark.parametrize(
    ("inputs", "left"),
    [
        pytest.param({}, ["acme-sandbox/iam.googleapis.com"], id="it stays on"),
        pytest.param({"disableOnDestroy": True}, [], id="unless it is to be disabled"),
    ],
)
def test_an_api_stays_on_when_its_resource_goes(
    gcp: Plugin, clouds: Clouds, inputs: dict[str, bool], left: list[str]
) -> None:
    service = gcp.make(SERVICE, service="iam.googleapis.com", **inputs)

    gcp.delete(service, SERVICE)

    assert [found.id for found in clouds.objects(SERVICE)] == left


@pytest.mark.parametrize("by", ["orders", EMAIL, NAME, "uniqueId"])
def test_an_account_is_found_by_each_of_its_names(gcp: Plugin, account: Made, by: str) -> None:
    found = gcp.invoke(GET_ACCOUNT, accountId=account.outputs.get(by, by)).inputs

    assert found["id"] == NAME
    assert found["uniqueId"] == account.outputs["uniqueId"]


def test_a_missing_account_is_not_found(gcp: Plugin) -> None:
    with refused('"orders": googleapi: Error 404: Unknown service account, notFound'):
        gcp.invoke(GET_ACCOUNT, accountId="orders")


def test_a_program_learns_its_project(gcp: Plugin) -> None:
    gcp.configure(project="shop-prod", region="europe-west1")

    project = gcp.invoke("gcp:organizations/getProject:getProject").inputs
    config = gcp.invoke("gcp:organizations/getClientConfig:getClientConfig").inputs

    assert (project["projectId"], len(project["number"])) == ("shop-prod", 12)
    assert (config["project"], config["region"]) == ("shop-prod", "europe-west1")
