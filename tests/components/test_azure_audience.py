"""What `AzureAudience` registers, asks and returns, for every option."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from tests.components.azure_programs import (
    APP,
    APP_CLIENT_ID,
    CLIENT_CONFIG,
    OTHER_APP,
    PRINCIPAL,
    TENANT,
    URI,
    WORLD,
    audience,
)
from tests.components.mockrun import UNKNOWN, Run, run

APP_ROLE_ID = "3db80c3e-a840-46b2-9c45-dbeae85b3c66"
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"


def registered(**args: Any) -> Run:
    return run(lambda: {"issuer": audience(**args).issuer}, world=WORLD)


def source_of(**args: Any) -> Mapping[str, Any]:
    return run(lambda: dict(audience(**args).source()), world=WORLD).exports


def test_it_makes_an_app_without_permissions_that_gives_tokens_only_to_role_holders() -> None:
    component, app, uri, principal = registered().resources

    assert (component.type, component.name) == ("crdb-sso:index:AzureAudience", "crdb")
    assert component.inputs == {}
    assert (app.type, app.name, app.parent) == (APP, "crdb-app", "crdb")
    assert app.inputs == {
        "displayName": "crdb-sso shop/prod crdb",
        "description": "Audience of tokens that log in to CockroachDB; has no permissions",
        "signInAudience": "AzureADMyOrg",
        "api": {"requestedAccessTokenVersion": 2},
        "appRoles": [
            {
                "id": APP_ROLE_ID,
                "value": "sql.login",
                "displayName": "SQL login",
                "description": "May get tokens that log in to CockroachDB",
                "allowedMemberTypes": ["Application"],
                "enabled": True,
            }
        ],
    }
    assert app.ignore_changes == ("identifierUris",)
    assert (uri.type, uri.name, uri.parent) == (URI, "crdb-uri", "crdb")
    assert uri.inputs == {
        "applicationId": "crdb-app_id",
        "identifierUri": f"api://{APP_CLIENT_ID}",
    }
    assert (principal.type, principal.name, principal.parent) == (
        PRINCIPAL,
        "crdb-principal",
        "crdb",
    )
    assert principal.inputs == {"clientId": APP_CLIENT_ID, "appRoleAssignmentRequired": True}
    assert "crdb-uri" in principal.depends_on


def test_its_outputs_are_stored() -> None:
    assert registered().outputs["crdb"] == {
        "client_id": APP_CLIENT_ID,
        "issuer": ISSUER,
        "audience": APP_CLIENT_ID,
    }


def test_the_tenant_is_the_providers_unless_it_is_given() -> None:
    other = "99999999-AAAA-4000-8000-000000000001"

    assert registered().calls == [(CLIENT_CONFIG, {})]
    done = registered(tenant_id=other)
    assert done.calls == []
    assert done.exports == {"issuer": f"https://login.microsoftonline.com/{other.lower()}/v2.0"}


def test_the_name_for_people_may_be_given() -> None:
    assert registered(display_name="SQL").only(APP).inputs["displayName"] == "SQL"


V1 = {"existing_client_id": OTHER_APP, "token_version": 1}


@pytest.mark.parametrize(
    ("args", "issuer", "audience_", "jwks_uri"),
    [
        pytest.param(
            {},
            f"https://login.microsoftonline.com/{TENANT}/v2.0",
            APP_CLIENT_ID,
            f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
            id="public",
        ),
        pytest.param(
            {"cloud": "usgovernment"},
            f"https://login.microsoftonline.us/{TENANT}/v2.0",
            APP_CLIENT_ID,
            f"https://login.microsoftonline.us/{TENANT}/discovery/v2.0/keys",
            id="usgovernment",
        ),
        pytest.param(
            {"cloud": "china"},
            f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0",
            APP_CLIENT_ID,
            f"https://login.partner.microsoftonline.cn/{TENANT}/discovery/v2.0/keys",
            id="china",
        ),
        pytest.param(
            V1,
            f"https://sts.windows.net/{TENANT}/",
            f"api://{OTHER_APP}",
            f"https://login.microsoftonline.com/{TENANT}/discovery/keys",
            id="version 1",
        ),
        pytest.param(
            {**V1, "cloud": "china"},
            f"https://sts.chinacloudapi.cn/{TENANT}/",
            f"api://{OTHER_APP}",
            f"https://login.partner.microsoftonline.cn/{TENANT}/discovery/keys",
            id="version 1 in china",
        ),
        pytest.param(
            {"existing_client_id": OTHER_APP},
            f"https://login.microsoftonline.com/{TENANT}/v2.0",
            OTHER_APP,
            f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
            id="an existing app",
        ),
    ],
)
def test_issuer_audience_and_keys_follow_cloud_and_version(
    args: dict[str, Any], issuer: str, audience_: str, jwks_uri: str
) -> None:
    source = source_of(**args)

    assert source["issuer"] == issuer
    assert source["audience"] == audience_
    assert source["jwks_uri"] == jwks_uri
    assert source["source"] == "crdb"


def test_an_existing_app_is_left_alone() -> None:
    done = registered(existing_client_id=OTHER_APP.upper())

    assert [r.name for r in done.resources] == ["crdb"]
    assert done.outputs["crdb"]["client_id"] == OTHER_APP


def test_with_everything_given_no_cloud_is_asked() -> None:
    assert registered(existing_client_id=OTHER_APP, tenant_id=TENANT).calls == []


def test_close_passthrough_reaches_the_source() -> None:
    assert source_of(close_passthrough=True)["close_passthrough"] is True
    assert "close_passthrough" not in source_of()


def test_what_a_preview_does_not_know_stays_unknown_and_the_issuer_is_known() -> None:
    def program() -> Mapping[str, Any]:
        made = audience()
        return {"audience": made.audience, "issuer": made.issuer, **made.source()}

    exports = run(program, preview=True, world=type(WORLD)(answers=WORLD.answers)).exports

    assert exports["audience"] is UNKNOWN
    assert exports["issuer"] == ISSUER


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param({"cloud": ""}, "cloud '' is unknown", id="an empty cloud"),
        pytest.param(
            {"existing_client_id": OTHER_APP, "token_version": 0},
            "token_version 0 is unknown",
            id="version 0",
        ),
        pytest.param({"cloud": "germany"}, "cloud 'germany' is unknown", id="a retired cloud"),
        pytest.param(
            {"existing_client_id": OTHER_APP, "token_version": 3},
            "token_version 3 is unknown",
            id="a future version",
        ),
        pytest.param(
            {"existing_client_id": OTHER_APP, "token_version": True},
            "token_version True is unknown",
            id="a bool as version",
        ),
        pytest.param(
            {"existing_client_id": "crdb"}, "the client id 'crdb' is not a GUID", id="no client id"
        ),
        pytest.param(
            {"tenant_id": "contoso"}, "the tenant id 'contoso' is not a GUID", id="a domain"
        ),
        pytest.param(
            {"token_version": 1},
            "`token_version` is for an existing app registration",
            id="version 1 of a new app",
        ),
        pytest.param(
            {"app_role": "x"},
            "`app_role` is for an existing app registration",
            id="another role of a new app",
        ),
        pytest.param(
            {"existing_client_id": OTHER_APP, "display_name": "SQL"},
            "`display_name` is for an app registration that is created here",
            id="a name for an existing app",
        ),
        pytest.param(
            {"clod": "public"},
            "unknown key 'clod' in AzureAudience\n  Next step: Did you mean 'cloud'?",
            id="misspelt",
        ),
    ],
)
def test_bad_arguments_end_the_program_with_a_plain_error(
    args: dict[str, Any], message: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        registered(**args)
    assert str(caught.value).startswith(f"AzureAudience 'crdb': {message}")
    assert "\n  Next step: " in str(caught.value)
