"""Entra ID's tenants, issuers, audiences and token recipes."""

import shlex
from typing import Any

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens import entra
from crdb_sso.tokens.entra import Tenant

ID = "11111111-2222-3333-4444-555555555555"
APP = "aaaaaaaa-0000-4000-8000-000000000001"
WORKLOAD = "cccccccc-0000-4000-8000-000000000002"


@pytest.mark.parametrize(
    ("tenant", "issuer", "jwks_uri"),
    [
        pytest.param(
            Tenant("public", 2, ID),
            f"https://login.microsoftonline.com/{ID}/v2.0",
            f"https://login.microsoftonline.com/{ID}/discovery/v2.0/keys",
            id="public 2",
        ),
        pytest.param(
            Tenant("public", 1, ID),
            f"https://sts.windows.net/{ID}/",
            f"https://login.microsoftonline.com/{ID}/discovery/keys",
            id="public 1",
        ),
        pytest.param(
            Tenant("usgovernment", 2, ID),
            f"https://login.microsoftonline.us/{ID}/v2.0",
            f"https://login.microsoftonline.us/{ID}/discovery/v2.0/keys",
            id="usgovernment 2",
        ),
        pytest.param(
            Tenant("usgovernment", 1, ID),
            f"https://sts.windows.net/{ID}/",
            f"https://login.microsoftonline.us/{ID}/discovery/keys",
            id="usgovernment 1",
        ),
        pytest.param(
            Tenant("china", 2, ID),
            f"https://login.partner.microsoftonline.cn/{ID}/v2.0",
            f"https://login.partner.microsoftonline.cn/{ID}/discovery/v2.0/keys",
            id="china 2",
        ),
        pytest.param(
            Tenant("china", 1, ID),
            f"https://sts.chinacloudapi.cn/{ID}/",
            f"https://login.partner.microsoftonline.cn/{ID}/discovery/keys",
            id="china 1",
        ),
    ],
)
def test_issuer_and_keys_follow_cloud_and_version(
    tenant: Tenant, issuer: str, jwks_uri: str
) -> None:
    assert (tenant.issuer, tenant.jwks_uri) == (issuer, jwks_uri)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("germany", 2, ID), "cloud 'germany' is unknown"),
        (("public", 3, ID), "token_version 3 is unknown"),
        (("public", "2", ID), "token_version '2' is unknown"),
        (("public", 2, "contoso.com"), "the tenant id 'contoso.com' is not a GUID"),
        (("public", 2, ID.replace("1", "A")), "is not in lower case"),
    ],
)
def test_an_impossible_tenant_is_refused(values: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Tenant(*values)


def test_guids_are_compared_in_lower_case() -> None:
    assert entra.guid("x", "3F2504E0-4F89-11D3-9A0C-0305E82C3301") == (
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    )


@pytest.mark.parametrize("text", ["", "x", f"{{{ID}}}", f" {ID}", f"{ID}\n", ID[:-1], None, 7])
def test_what_is_not_a_guid_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput, match=r"the client id .* is not a GUID"):
        entra.guid("the client id", text)


@pytest.mark.parametrize(("version", "expected"), [(1, f"api://{APP}"), (2, APP)])
def test_the_audience_is_bare_in_version_2_only(version: Any, expected: str) -> None:
    assert entra.audience(APP, version) == expected


def test_plain_access_is_for_an_app_without_roles() -> None:
    assert entra.role_id({}, None) == "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("roles", "wanted", "expected"),
    [({"a": "1"}, None, "1"), ({"a": "1", "b": "2"}, "b", "2"), ({"a": "1"}, "a", "1")],
)
def test_a_role_is_taken_by_name_or_because_it_is_the_only_one(
    roles: dict[str, str], wanted: str | None, expected: str
) -> None:
    assert entra.role_id(roles, wanted) == expected


@pytest.mark.parametrize(
    ("roles", "wanted", "message"),
    [
        ({"a": "1", "b": "2"}, None, "several app roles"),
        ({"a": "1"}, "c", "no app role 'c'"),
        ({}, "c", "no app role 'c'"),
    ],
)
def test_a_missing_or_ambiguous_role_is_refused(
    roles: dict[str, str], wanted: str | None, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        entra.role_id(roles, wanted)


def test_twenty_federated_credentials_are_the_most() -> None:
    names = [f"west-{n}" for n in range(21)]
    entra.check_federated_credentials(names[:20])
    with pytest.raises(InvalidInput, match="21 federated credentials are too many"):
        entra.check_federated_credentials(names)


@pytest.mark.parametrize("name", ["abc", "1-a", "a" * 120, "A_b-9"])
def test_names_of_federated_credentials_that_azure_accepts_pass(name: str) -> None:
    entra.check_federated_credentials([name])


@pytest.mark.parametrize("name", ["", "ab", "a" * 121, "-ab", "_ab", "a.b", "a b"])
def test_names_of_federated_credentials_that_azure_refuses_do_not(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not a valid name for a federated credential"):
        entra.check_federated_credentials([name])


@pytest.mark.parametrize("workload", ["", WORKLOAD])
def test_every_recipe_asks_for_the_identifier_uri(workload: str) -> None:
    endpoint = Tenant("public", 2, ID).token_endpoint
    recipes = entra.token_recipes(endpoint, APP, workload)

    assert set(recipes) == {"imds", "app_service", "aks"}
    assert f"resource=api%3A%2F%2F{APP}" in recipes["imds"]
    assert f"resource=api%3A%2F%2F{APP}" in recipes["app_service"]
    assert f"scope=api://{APP}/.default" in shlex.split(recipes["aks"])
    assert shlex.split(recipes["aks"])[-1] == (
        f"https://login.microsoftonline.com/{ID}/oauth2/v2.0/token"
    )
    assert [f"client_id={WORKLOAD}" in recipe for recipe in recipes.values()] == [
        bool(workload)
    ] * 3


def test_the_hint_is_one_line() -> None:
    hint = entra.token_hint("https://endpoint.example.com", APP, WORKLOAD)
    assert hint.startswith("Entra access token: curl")
    assert "\n" not in hint
