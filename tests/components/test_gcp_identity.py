"""What `GcpIdentity` registers, asks and returns, for every option."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components.gcp import GcpIdentity
from tests.components.mockrun import UNKNOWN, Run, World, run
from tests.components.programs import JWK_TEXT, LOGINS, sso

ACCOUNT = "gcp:serviceaccount/account:Account"
MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
SERVICE = "gcp:projects/service:Service"
GET_ACCOUNT = "gcp:serviceaccount/getAccount:getAccount"

EMAIL = "shop-orders@acme-prod.iam.gserviceaccount.com"
FULL_NAME = f"projects/acme-prod/serviceAccounts/{EMAIL}"
KNOWN = {
    "email": EMAIL,
    "uniqueId": "107812345678901234567",
    "name": FULL_NAME,
    "project": "acme-prod",
}
WORLD = World(outputs={ACCOUNT: KNOWN}, answers={GET_ACCOUNT: KNOWN})
METADATA = (
    "curl -sS -H 'Metadata-Flavor: Google' 'http://metadata.google.internal/computeMetadata/v1/"
    "instance/service-accounts/default/identity?audience=crdb-sso%2Fshop%2Fprod&format=full'"
)


def identity(**args: Any) -> GcpIdentity:
    given: Any = {"account_id": "shop-orders", "jwks": JWK_TEXT, **args}
    kept: Any = {k: v for k, v in given.items() if v is not ...}
    return GcpIdentity("orders", kept)


def existing(**args: Any) -> GcpIdentity:
    return identity(account_id=..., existing_email=EMAIL, **args)


def registered(build: Any, **args: Any) -> Run:
    return run(lambda: {"id": build(**args).unique_id}, world=WORLD)


def test_it_is_a_component_with_a_service_account_and_nothing_more() -> None:
    component, account = registered(identity).resources

    assert (component.type, component.name) == ("crdb-sso:index:GcpIdentity", "orders")
    assert component.inputs == {}
    assert (account.type, account.name, account.parent) == (ACCOUNT, "orders-account", "orders")
    assert account.inputs == {"accountId": "shop-orders"}
    assert account.delete_before_replace


def test_what_is_given_of_the_account_is_passed_on() -> None:
    done = registered(identity, project="acme-dev", display_name="Orders")

    assert done.only(ACCOUNT).inputs == {
        "accountId": "shop-orders",
        "project": "acme-dev",
        "displayName": "Orders",
    }


def test_its_outputs_are_stored() -> None:
    assert registered(identity).outputs["orders"] == {
        "email": EMAIL,
        "unique_id": "107812345678901234567",
        "audience": "crdb-sso/shop/prod",
        "recipes": {
            "metadata_server": METADATA,
            "impersonation": (
                'curl -sS -H "Authorization: Bearer $(gcloud auth print-access-token)"'
                " -H 'Content-Type: application/json'"
                ' -d \'{"audience": "crdb-sso/shop/prod", "includeEmail": true}\''
                " https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
                f"{EMAIL}:generateIdToken"
            ),
            "gcloud": (
                f"gcloud auth print-identity-token --impersonate-service-account={EMAIL}"
                " --audiences=crdb-sso/shop/prod --include-email"
            ),
        },
    }


def test_its_facts_open_a_login_by_unique_id() -> None:
    def program() -> Mapping[str, Any]:
        return {
            "connect": sso({"app_orders": {"identities": [identity().facts]}}).connect,
            "facts": dict(identity().facts),
        }

    done = run(program, world=WORLD)

    assert done.exports["facts"] == {
        "issuer": "https://accounts.google.com",
        "audience": "crdb-sso/shop/prod",
        "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
        "has_discovery": True,
        "keys": {"k1": JWK_TEXT},
        "source": "google",
        "subject": "107812345678901234567",
        "name": "orders",
        "token": f"Google ID token of {EMAIL}: {METADATA}",
        "token_from": {"kind": "gcp"},
        "proof_from": {"kind": "gcp", "impersonate": EMAIL},
    }
    logins = done.only(LOGINS).inputs
    assert logins["sources"] == {
        "google": {
            "issuer": "https://accounts.google.com",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
            "keys": {"k1": JWK_TEXT},
        }
    }
    assert logins["logins"]["app_orders"]["identities"] == {
        "orders": {
            "source": "google",
            "audience": "crdb-sso/shop/prod",
            "subject": "107812345678901234567",
        }
    }
    assert done.exports["connect"]["app_orders"]["token"].startswith("Google ID token of")


def test_all_identities_share_one_key_source() -> None:
    def program() -> None:
        both = [
            GcpIdentity(name, {"account_id": f"shop-{name}", "jwks": JWK_TEXT}).facts
            for name in ("orders", "billing")
        ]
        sso({"app": {"identities": both}})

    sources = run(program, world=WORLD).only(LOGINS).inputs["sources"]
    assert list(sources) == ["google"]
    assert sources["google"]["keys"] == {"k1": JWK_TEXT}


def test_under_mocks_nothing_is_fetched() -> None:
    done = run(lambda: {"keys": identity(jwks=...).facts["keys"]}, world=WORLD)
    assert done.exports == {"keys": {}}


def test_a_given_audience_is_used() -> None:
    def program() -> Mapping[str, Any]:
        made = identity(audience="sql.example.com")
        return {"facts": made.facts["audience"], "output": made.audience}

    assert run(program, world=WORLD).exports == {
        "facts": "sql.example.com",
        "output": "sql.example.com",
    }


def test_an_existing_account_is_looked_up_by_its_address() -> None:
    done = registered(existing)

    assert [r.name for r in done.resources] == ["orders"]
    assert done.calls == [(GET_ACCOUNT, {"accountId": EMAIL})]
    assert done.exports == {"id": "107812345678901234567"}


def test_token_creators_may_mint_id_tokens_and_nothing_else() -> None:
    creators = ["group:ops@example.com", "serviceAccount:ci@acme.iam.gserviceaccount.com"]
    done = registered(identity, token_creators=creators)

    members = [r for r in done.resources if r.type == MEMBER]
    assert [m.name for m in members] == [f"orders-creator-{member}" for member in creators]
    assert {m.parent for m in members} == {"orders"}
    assert [m.inputs for m in members] == [
        {
            "serviceAccountId": FULL_NAME,
            "role": "roles/iam.serviceAccountOpenIdTokenCreator",
            "member": member,
        }
        for member in creators
    ]


def test_a_token_creator_that_is_an_output_has_a_name() -> None:
    def program() -> Mapping[str, Any]:
        member = pulumi.Output.from_input("user:ann@example.com")
        return {"id": existing(token_creators={"ann": member}).unique_id}

    only = run(program, world=WORLD).only(MEMBER)
    assert only.name == "orders-creator-ann"
    assert only.inputs["member"] == "user:ann@example.com"
    assert only.inputs["serviceAccountId"] == FULL_NAME


@pytest.mark.parametrize(
    ("more", "member"),
    [
        pytest.param(
            {}, "serviceAccount:acme-prod.svc.id.goog[shop/orders]", id="of the account's project"
        ),
        pytest.param(
            {"project": "acme-gke"},
            "serviceAccount:acme-gke.svc.id.goog[shop/orders]",
            id="of another project",
        ),
    ],
)
def test_a_gke_service_account_acts_as_the_account(more: dict[str, str], member: str) -> None:
    gke = {"namespace": "shop", "service_account": "orders", **more}
    only = registered(identity, gke=gke).only(MEMBER)

    assert (only.name, only.parent) == ("orders-gke", "orders")
    assert only.inputs == {
        "serviceAccountId": FULL_NAME,
        "role": "roles/iam.workloadIdentityUser",
        "member": member,
    }


@pytest.mark.parametrize("project", [None, "acme-dev"])
def test_apis_are_turned_on_before_the_account_and_left_on(project: str | None) -> None:
    done = registered(identity, enable_apis=True, project=project)

    services = [r for r in done.resources if r.type == SERVICE]
    assert [(s.name, s.parent) for s in services] == [
        ("orders-iam", "orders"),
        ("orders-iamcredentials", "orders"),
    ]
    given = {"disableOnDestroy": False} | ({"project": project} if project else {})
    assert [s.inputs for s in services] == [
        {"service": "iam.googleapis.com", **given},
        {"service": "iamcredentials.googleapis.com", **given},
    ]
    assert done.only(ACCOUNT).depends_on == {"orders-iam", "orders-iamcredentials"}


def test_what_a_preview_does_not_know_stays_a_leaf() -> None:
    def program() -> Mapping[str, Any]:
        made = identity(gke={"namespace": "shop", "service_account": "orders"})
        sso({"app": {"identities": [made.facts]}})
        return {"recipes": made.recipes, "id": made.unique_id}

    done = run(program, preview=True)

    assert done.exports == {"recipes": UNKNOWN, "id": UNKNOWN}
    assert done.only(LOGINS).inputs["logins"]["app"]["identities"] == {
        "orders": {"source": "google", "audience": "crdb-sso/shop/prod", "subject": UNKNOWN}
    }
    assert done.only(MEMBER).inputs["member"] is UNKNOWN


def test_the_callers_options_stay_with_the_component() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("acme:index:Team", "team")
        args: Any = {"account_id": "shop-orders", "jwks": JWK_TEXT}
        GcpIdentity("orders", args, pulumi.ResourceOptions(parent=parent, protect=True))

    _, component, account = run(program, world=WORLD).resources
    assert (component.parent, account.parent) == ("team", "orders")
    assert component.protect


def test_close_passthrough_reaches_the_source() -> None:
    found: dict[str, Any] = {}
    run(lambda: found.update(identity(close_passthrough=True).facts), world=WORLD)
    assert found["close_passthrough"] is True
