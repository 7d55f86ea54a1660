"""Logins of Azure managed identities, from nothing to a session and back, on imitated clouds."""

import psycopg
import pytest

from dev.cloud.handle import TENANT_ID, Clouds
from tests.engine.clouds.cloud_stacks import APP, ASSIGNMENT, CREDENTIAL, IDENTITY, azure_wish
from tests.support.servers import EmbeddedCluster, LocalIssuer
from tests.support.stacks import Stack
from tests.support.versions import is_since

pytestmark = pytest.mark.engine

SINCE_23_1 = pytest.mark.holds(since="23.1")
"""22.2 verifies nothing with keys that name no algorithm, as Entra ID's are."""

AKS_ISSUER = f"https://westeurope.oic.prod-aks.azure.com/{TENANT_ID}/1/"


@SINCE_23_1
def test_an_entra_token_opens_only_the_login_of_its_identity(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    found = cluster.snapshot()
    stack.wish(azure_wish(cluster, issuer))

    stack.up()

    audience, billing = stack.output("audience"), stack.output("billing")["id"]
    token = issuer.entra_token(billing, audience, TENANT_ID, roles=["sql.login"])
    assert cluster.login("app_billing", token) == "app_billing"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_invoices", token)
    with pytest.raises(psycopg.OperationalError, match="invalid audience"):
        cluster.login("app_billing", issuer.entra_token(billing, TENANT_ID, TENANT_ID))
    other_tenant = "99999999-0000-4000-8000-000000000001"
    reason = "invalid principal" if is_since("25.4") else "invalid issuer"  # read before trusted
    with pytest.raises(psycopg.OperationalError, match=reason):
        cluster.login("app_billing", issuer.entra_token(billing, audience, other_tenant))
    assert len(clouds.objects(ASSIGNMENT)) == 2
    stack.destroy()
    assert cluster.snapshot() == found
    assert clouds.objects(APP) == clouds.objects(IDENTITY) == clouds.objects(ASSIGNMENT) == []


def test_a_first_preview_shows_one_source_and_planned_lines_and_connects_to_nothing(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    stack.wish(azure_wish(cluster, issuer))
    cluster.faults({"match": "CONNECT", "kind": "drop_before", "times": -1})

    shown = stack.preview()

    cluster.faults()
    iss = f"https://login.microsoftonline.com/{TENANT_ID}/v2.0"
    assert shown.count(f"tokens of issuer {iss} are trusted") == 1
    for user in ("app_billing", "app_invoices"):
        assert f"+ {user}: crdb subject [unknown] (audience [unknown]) may log in" in shown
    assert "object at 0x" not in shown
    assert "warning" not in shown
    assert clouds.objects(APP) == []


def test_a_second_up_and_a_refresh_change_nothing_with_credentials_of_aks(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    wish = azure_wish(cluster, issuer)
    wish["azure"]["billing"]["aks"] = {
        f"west-{n}": {"issuer": AKS_ISSUER, "namespace": "shop", "service_account": f"b{n}"}
        for n in range(4)
    }
    stack.wish(wish)
    stack.up()  # Azure would refuse credentials that are written concurrently

    again = stack.up()

    assert not any(word in again for word in ("updated", "created", "replaced"))
    stack.refresh()  # the app gets its identifier URI, which is a separate resource here
    stack.preview("--expect-no-changes")
    assert [str(c.inputs["subject"]) for c in clouds.objects(CREDENTIAL)] == [
        f"system:serviceaccount:shop:b{n}" for n in range(4)
    ]
    for gone in ("west-0", "west-2"):  # nor would it accept concurrent deletions
        del wish["azure"]["billing"]["aks"][gone]
    wish["azure"]["billing"]["aks"]["west-9"] = {
        "issuer": AKS_ISSUER,
        "namespace": "shop",
        "service_account": "b9",
    }
    stack.wish(wish)
    stack.up()
    assert len(clouds.objects(CREDENTIAL)) == 3
    stack.destroy()


@SINCE_23_1
def test_an_identity_that_somebody_deleted_is_recreated_and_its_line_follows(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    stack.wish(azure_wish(cluster, issuer))
    stack.up()
    before, audience = stack.output("billing")["id"], stack.output("audience")
    (gone,) = [i for i in clouds.objects(IDENTITY) if i.outputs["principalId"] == before]
    clouds.remove(gone.id)

    shown = stack.preview("--refresh")
    said = stack.pulumi("up", "--yes", "--skip-preview", "--refresh", "-s", stack.name)

    goes = f"- app_billing: crdb subject {before} (audience {audience}) may no longer log in"
    comes = f"+ app_billing: crdb subject [unknown] (audience {audience}) may log in"
    assert 0 < shown.index(goes) < shown.index(comes)
    assert said.code == 0, said.text
    after = stack.output("billing")["id"]
    assert cluster.login("app_billing", issuer.entra_token(after, audience, TENANT_ID))
    stack.destroy()


@SINCE_23_1
def test_an_app_that_is_refused_once_is_completed_by_the_next_up(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    found = cluster.snapshot()
    stack.wish(azure_wish(cluster, issuer))
    refusal = "Authorization_RequestDenied: Insufficient privileges to complete the operation."
    clouds.fail(APP, "create", refusal, code="PERMISSION_DENIED")

    failed = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert failed.code != 0
    assert refusal in failed.text
    assert cluster.snapshot() == found
    stack.up()
    billing, audience = stack.output("billing")["id"], stack.output("audience")
    assert cluster.login("app_billing", issuer.entra_token(billing, audience, TENANT_ID))
    stack.destroy()
    assert cluster.snapshot() == found


@SINCE_23_1
def test_an_existing_app_and_identity_serve_version_1_tokens_and_are_left_alone(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, clouds: Clouds
) -> None:
    app = clouds.add_application("sql")
    client_id = str(app.outputs["clientId"])
    clouds.add_service_principal(client_id)
    theirs = clouds.add_managed_identity("billing", "billing-rg")
    principal_id = str(theirs.outputs["principalId"])
    jwks = {"jwks": issuer.entra_jwks()}
    wish = {
        "cluster_url": cluster.admin_url,
        "azure_audience": {**jwks, "existing_client_id": client_id, "token_version": 1},
        "azure": {"billing": {"existing_principal_id": principal_id}},
        "logins": {"app_billing": ["billing"]},
    }
    stack.wish(wish)

    stack.up()

    assert stack.output("audience") == f"api://{client_id}"
    token = issuer.entra_token(principal_id, f"api://{client_id}", TENANT_ID, version=1)
    assert cluster.login("app_billing", token) == "app_billing"
    stack.destroy()
    assert [a.id for a in clouds.objects(APP)] == [app.id]
    assert [i.id for i in clouds.objects(IDENTITY)] == [theirs.id]
    assert clouds.objects(ASSIGNMENT) == []
