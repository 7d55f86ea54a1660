"""Logins of Google service accounts, from nothing to a session and back, on imitated clouds."""

import psycopg
import pytest

from dev.cloud.handle import Clouds
from tests.engine.clouds.cloud_stacks import ACCOUNT, MEMBER, gcp_wish
from tests.support.servers import EmbeddedCluster, LocalIssuer
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

AUDIENCE = "crdb-sso/shop/test"


def account_urn(stack: Stack) -> str:
    (urn,) = [
        line.split('"')[3]
        for line in stack.state().splitlines()
        if '"urn"' in line and "orders-account" in line
    ]
    return urn


def test_a_google_token_opens_only_the_login_of_its_account(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    found = cluster.snapshot()
    stack.wish(gcp_wish(cluster, issuer))

    stack.up()

    (account,) = clouds.objects(ACCOUNT)
    unique_id = str(account.outputs["uniqueId"])
    assert stack.output("orders")["id"] == unique_id
    for more in ({}, {"email": "shop-orders@acme-sandbox.iam.gserviceaccount.com"}):
        token = issuer.google_token(unique_id, AUDIENCE, **more)
        assert cluster.login("app_orders", token) == "app_orders"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_orders", issuer.google_token("107812345678901234567", AUDIENCE))
    with pytest.raises(psycopg.OperationalError, match="invalid audience"):
        cluster.login("app_orders", issuer.google_token(unique_id, "crdb-sso/shop/dev"))
    stack.destroy()
    assert cluster.snapshot() == found
    assert clouds.objects(ACCOUNT) == []


def test_a_first_preview_shows_the_planned_line_and_connects_to_nothing(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    stack.wish(gcp_wish(cluster, issuer))
    cluster.faults({"match": "CONNECT", "kind": "drop_before", "times": -1})

    shown = stack.preview()

    cluster.faults()
    assert f"+ app_orders: google subject [unknown] (audience {AUDIENCE}) may log in" in shown
    assert "subject : [unknown]" in shown
    assert "object at 0x" not in shown
    assert "warning" not in shown
    assert clouds.objects(ACCOUNT) == []


def test_a_second_up_and_a_refresh_change_nothing(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    gke = {"namespace": "shop", "service_account": "orders"}
    stack.wish(gcp_wish(cluster, issuer, gke=gke, token_creators=["group:ops@example.com"]))
    stack.up()

    again = stack.up() + stack.refresh()

    assert not any(word in again for word in ("updated", "created", "replaced"))
    stack.preview("--expect-no-changes")
    assert sorted(str(member.inputs["member"]) for member in clouds.objects(MEMBER)) == [
        "group:ops@example.com",
        "serviceAccount:acme-sandbox.svc.id.goog[shop/orders]",
    ]
    stack.destroy()


@pytest.mark.usefixtures("clouds")
def test_the_preview_of_a_replaced_account_shows_the_old_line_removed_then_the_new_one_added(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack
) -> None:
    stack.wish(gcp_wish(cluster, issuer))
    stack.up()
    before = stack.output("orders")["id"]
    urn = account_urn(stack)

    shown = stack.preview("--replace", urn)

    goes = f"- app_orders: google subject {before} (audience {AUDIENCE}) may no longer log in"
    comes = f"+ app_orders: google subject [unknown] (audience {AUDIENCE}) may log in"
    assert 0 < shown.index(goes) < shown.index(comes)
    assert "no token logs in" not in shown
    assert f'~ subject : "{before}" => [unknown]' in shown
    said = stack.pulumi("up", "--yes", "--skip-preview", "--replace", urn, "-s", stack.name)
    assert said.code == 0, said.text
    after = stack.output("orders")["id"]
    assert after != before
    assert cluster.login("app_orders", issuer.google_token(after, AUDIENCE)) == "app_orders"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_orders", issuer.google_token(before, AUDIENCE))
    stack.destroy()


def test_an_account_that_somebody_deleted_is_recreated_and_its_line_follows(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    stack.wish(gcp_wish(cluster, issuer))
    stack.up()
    before = stack.output("orders")["id"]
    (account,) = clouds.objects(ACCOUNT)
    clouds.remove(account.id)

    shown = stack.preview("--refresh")
    said = stack.pulumi("up", "--yes", "--skip-preview", "--refresh", "-s", stack.name)

    goes = f"- app_orders: google subject {before} (audience {AUDIENCE}) may no longer log in"
    comes = f"+ app_orders: google subject [unknown] (audience {AUDIENCE}) may log in"
    assert 0 < shown.index(goes) < shown.index(comes)
    assert said.code == 0, said.text
    lines = cluster.snapshot().setting("identity_map.configuration")
    assert lines == f"https://accounts.google.com {stack.output('orders')['id']} app_orders\n"
    assert before not in lines
    stack.destroy()


def test_an_account_that_is_refused_once_is_completed_by_the_next_up(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    found = cluster.snapshot()
    stack.wish(gcp_wish(cluster, issuer))
    refusal = "googleapi: Error 403: Permission 'iam.serviceAccounts.create' denied, forbidden"
    clouds.fail(ACCOUNT, "create", refusal, code="PERMISSION_DENIED")

    failed = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert failed.code != 0
    assert refusal in failed.text
    assert cluster.snapshot() == found
    stack.up()
    token = issuer.google_token(stack.output("orders")["id"], AUDIENCE)
    assert cluster.login("app_orders", token) == "app_orders"
    stack.destroy()
    assert cluster.snapshot() == found


def test_an_existing_account_is_looked_up_and_destroy_leaves_it(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    theirs = clouds.add_service_account("shop-batch")
    args = {"existing_email": theirs.outputs["email"], "jwks": issuer.google_jwks()}
    stack.wish(gcp_wish(cluster, issuer) | {"gcp": {"orders": args}})

    shown = stack.preview()
    stack.up()

    unique_id = str(theirs.outputs["uniqueId"])
    assert f"+ app_orders: google subject {unique_id} (audience {AUDIENCE}) may log in" in shown
    assert cluster.login("app_orders", issuer.google_token(unique_id, AUDIENCE)) == "app_orders"
    stack.destroy()
    assert [account.id for account in clouds.objects(ACCOUNT)] == [theirs.id]


@pytest.mark.usefixtures("clouds")
def test_an_account_that_does_not_exist_is_reported_before_anything_is_written(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack
) -> None:
    email = "nobody@acme-sandbox.iam.gserviceaccount.com"
    args = {"existing_email": email, "jwks": issuer.google_jwks()}
    stack.wish(gcp_wish(cluster, issuer) | {"gcp": {"orders": args}})
    found = cluster.snapshot()

    failed = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert failed.code != 0
    assert "Error 404" in failed.text
    assert "nobody@acme-sandbox" in failed.text
    assert cluster.snapshot() == found
