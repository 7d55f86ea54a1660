"""What `AzureIdentity` registers, asks and returns, for every option."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components.azure import AzureIdentity
from tests.components.azure_programs import (
    APP_CLIENT_ID,
    APP_PRINCIPAL_ID,
    ASSIGNMENT,
    CLIENT_ID,
    CREDENTIAL,
    GET_PRINCIPAL,
    IDENTITY,
    OTHER_APP,
    OTHER_APP_PRINCIPAL,
    OTHER_ROLE_ID,
    PRINCIPAL_ID,
    TENANT,
    WORLD,
    audience,
    identity,
)
from tests.components.mockrun import UNKNOWN, Run, World, run
from tests.components.programs import JWK_TEXT, LOGINS, sso
from tests.components.test_azure_audience import APP_ROLE_ID

AKS_ISSUER = f"https://westeurope.oic.prod-aks.azure.com/{TENANT}/abc/"
IMDS = (
    "curl -sS -H 'Metadata: true' 'http://169.254.169.254/metadata/identity/oauth2/token"
    f"?api-version=2018-02-01&resource=api%3A%2F%2F{APP_CLIENT_ID}&client_id={CLIENT_ID}'"
)


def aks(number: int = 1) -> dict[str, Any]:
    account = {"issuer": AKS_ISSUER, "namespace": "shop"}
    return {f"west-{n}": {**account, "service_account": f"billing-{n}"} for n in range(number)}


def registered(**args: Any) -> Run:
    return run(lambda: {"id": identity(**args).principal_id}, world=WORLD)


def answering(app_role_ids: Mapping[str, str]) -> World:
    """Return a world with an existing app that has these roles."""
    principal = {**WORLD.answers[GET_PRINCIPAL], "appRoleIds": app_role_ids}
    return World(WORLD.outputs, {**WORLD.answers, GET_PRINCIPAL: principal})


def test_it_makes_a_managed_identity_that_may_get_tokens_for_its_own_audience() -> None:
    done = registered(location="westeurope")

    assert {r.name: r.parent for r in done.resources[1:]} == {
        "billing-audience": "billing",
        "billing-audience-app": "billing-audience",
        "billing-audience-uri": "billing-audience",
        "billing-audience-principal": "billing-audience",
        "billing-identity": "billing",
        "billing-role": "billing",
    }
    component, made, role = done.named("billing"), done.only(IDENTITY), done.only(ASSIGNMENT)
    assert (component.type, component.inputs) == ("crdb-sso:index:AzureIdentity", {})
    assert made.inputs == {"resourceGroupName": "billing-rg", "location": "westeurope"}
    assert role.inputs == {
        "appRoleId": APP_ROLE_ID,
        "principalObjectId": PRINCIPAL_ID,
        "resourceObjectId": APP_PRINCIPAL_ID,
    }


def test_its_outputs_are_stored() -> None:
    assert registered().outputs["billing"] == {
        "principal_id": PRINCIPAL_ID,
        "client_id": CLIENT_ID,
        "recipes": {
            "imds": IMDS,
            "app_service": (
                'curl -sS -H "X-IDENTITY-HEADER: $IDENTITY_HEADER"'
                ' "$IDENTITY_ENDPOINT?api-version=2019-08-01'
                f'&resource=api%3A%2F%2F{APP_CLIENT_ID}&client_id={CLIENT_ID}"'
            ),
            "aks": (
                f"curl -sS -d grant_type=client_credentials -d client_id={CLIENT_ID}"
                f" -d scope=api://{APP_CLIENT_ID}/.default -d client_assertion_type="
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                ' --data-urlencode "client_assertion@$AZURE_FEDERATED_TOKEN_FILE"'
                f" https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
            ),
        },
    }


def test_its_facts_open_a_login_by_principal_id() -> None:
    def program() -> Mapping[str, Any]:
        made = identity(audience=audience())
        sso({"app_billing": {"identities": [made.facts]}})
        return {"token": made.facts["token"]}

    done = run(program, world=WORLD)

    logins = done.only(LOGINS).inputs
    assert logins["sources"] == {
        "crdb": {
            "issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "jwks_uri": f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
            "keys": {"k1": JWK_TEXT},
        }
    }
    assert logins["logins"]["app_billing"]["identities"] == {
        "billing": {"source": "crdb", "audience": APP_CLIENT_ID, "subject": PRINCIPAL_ID}
    }
    assert done.exports == {"token": f"Entra access token: {IMDS}"}


def test_all_identities_of_one_audience_share_one_app_and_one_key_source() -> None:
    def program() -> None:
        shared = audience()
        both = [identity(name, audience=shared).facts for name in ("billing", "invoices")]
        sso({"app": {"identities": both}})

    done = run(program, world=WORLD)

    assert [r.name for r in done.resources if r.type.startswith("azuread:index/appl")] == [
        "crdb-app",
        "crdb-uri",
    ]
    assert list(done.only(LOGINS).inputs["sources"]) == ["crdb"]


def test_an_existing_identity_gets_the_role_and_is_left_alone() -> None:
    done = registered(existing_principal_id=PRINCIPAL_ID.upper(), audience=...)

    assert IDENTITY not in {r.type for r in done.resources}
    assert done.only(ASSIGNMENT).inputs["principalObjectId"] == PRINCIPAL_ID
    assert done.outputs["billing"]["client_id"] == ""
    assert "client_id=" not in done.outputs["billing"]["recipes"]["imds"]
    assert "client_id=$AZURE_CLIENT_ID" in done.outputs["billing"]["recipes"]["aks"]


def test_an_existing_identity_is_chosen_by_its_client_id_if_given() -> None:
    done = registered(existing_principal_id=PRINCIPAL_ID, existing_client_id=CLIENT_ID)

    assert f"&client_id={CLIENT_ID}" in done.outputs["billing"]["recipes"]["imds"]


@pytest.mark.parametrize(
    ("roles", "args", "expected"),
    [
        pytest.param({"sql.login": OTHER_ROLE_ID}, {}, OTHER_ROLE_ID, id="its only role"),
        pytest.param({}, {}, "00000000-0000-0000-0000-000000000000", id="plain access"),
        pytest.param(
            {"a": "aaaaaaaa-0000-4000-8000-00000000000a", "b": OTHER_ROLE_ID},
            {"app_role": "b"},
            OTHER_ROLE_ID,
            id="the named one",
        ),
    ],
)
def test_the_role_on_an_existing_app_is_looked_up_once(
    roles: dict[str, str], args: dict[str, str], expected: str
) -> None:
    def program() -> None:
        shared = audience(existing_client_id=OTHER_APP, tenant_id=TENANT, **args)
        for name in ("billing", "invoices"):
            identity(name, audience=shared)

    done = run(program, world=answering(roles))

    assert done.calls == [(GET_PRINCIPAL, {"clientId": OTHER_APP})]
    assert [r.inputs for r in done.resources if r.type == ASSIGNMENT] == [
        {
            "appRoleId": expected,
            "principalObjectId": PRINCIPAL_ID,
            "resourceObjectId": OTHER_APP_PRINCIPAL,
        }
    ] * 2


@pytest.mark.parametrize(
    ("roles", "args", "message"),
    [
        pytest.param(
            {"a": "1", "b": "2"},
            {},
            "the app has several app roles\n  Next step: Name one as `app_role`. It has 'a', 'b'.",
            id="several",
        ),
        pytest.param(
            {"a": "1"},
            {"app_role": "b"},
            "the app has no app role 'b'\n  Next step: It has 'a'.",
            id="another",
        ),
    ],
)
def test_a_role_that_an_existing_app_lacks_ends_the_program_with_a_plain_error(
    roles: dict[str, str], args: dict[str, str], message: str
) -> None:
    def program() -> None:
        identity(audience=audience(existing_client_id=OTHER_APP, **args))

    with pytest.raises(pulumi.RunError) as caught:
        run(program, world=answering(roles))
    assert str(caught.value) == f"AzureAudience 'crdb': {message}"


def test_the_assignment_may_be_left_to_others_and_then_no_cloud_is_asked() -> None:
    def program() -> Mapping[str, Any]:
        shared = audience(existing_client_id=OTHER_APP, tenant_id=TENANT)
        theirs: Any = {"existing_principal_id": PRINCIPAL_ID, "assign_role": False}
        return {"id": identity(audience=shared, **theirs).principal_id}

    done = run(program, world=WORLD)

    assert {r.name for r in done.resources} == {"crdb", "billing"}
    assert done.calls == []
    assert done.exports == {"id": PRINCIPAL_ID}


def test_federated_credentials_are_written_one_after_the_other() -> None:
    credentials = [r for r in registered(aks=aks(3)).resources if r.type == CREDENTIAL]

    assert [(c.name, c.parent) for c in credentials] == [
        ("billing-aks-west-0", "billing"),
        ("billing-aks-west-1", "billing"),
        ("billing-aks-west-2", "billing"),
    ]
    assert credentials[1].inputs == {
        "resourceGroupName": "billing-rg",
        "resourceName": "billing-identity1a2b3c4d",
        "federatedIdentityCredentialResourceName": "west-1",
        "issuer": AKS_ISSUER,
        "subject": "system:serviceaccount:shop:billing-1",
        "audiences": ["api://AzureADTokenExchange"],
    }
    before = [c.depends_on & {other.name for other in credentials} for c in credentials]
    assert before == [
        set(),
        {"billing-aks-west-0"},
        {"billing-aks-west-0", "billing-aks-west-1"},
    ]


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        ("usgovernment", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_federated_credentials_follow_the_cloud(cloud: str, expected: str) -> None:
    def program() -> None:
        identity(audience=audience(cloud=cloud), aks=aks())

    assert run(program, world=WORLD).only(CREDENTIAL).inputs["audiences"] == [expected]


def test_twenty_federated_credentials_are_accepted() -> None:
    assert sum(r.type == CREDENTIAL for r in registered(aks=aks(20)).resources) == 20


def test_what_a_preview_does_not_know_stays_a_leaf() -> None:
    def program() -> Mapping[str, Any]:
        made = identity(audience=audience(), aks=aks())
        sso({"app": {"identities": [made.facts]}})
        return {"recipes": made.recipes, "id": made.principal_id}

    done = run(program, preview=True, world=World(answers=WORLD.answers))

    assert done.exports == {"recipes": UNKNOWN, "id": UNKNOWN}
    logins = done.only(LOGINS).inputs
    assert logins["logins"]["app"]["identities"] == {
        "billing": {"source": "crdb", "audience": UNKNOWN, "subject": UNKNOWN}
    }
    assert logins["sources"]["crdb"]["issuer"].endswith(f"/{TENANT}/v2.0")


def test_the_callers_options_stay_with_the_component() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("acme:index:Team", "team")
        args: Any = {"resource_group_name": "billing-rg", "jwks": JWK_TEXT}
        AzureIdentity("billing", args, pulumi.ResourceOptions(parent=parent, protect=True))

    done = run(program, world=WORLD)
    assert done.named("billing").parent == "team"
    assert done.named("billing").protect
    assert done.only(IDENTITY).parent == "billing"
