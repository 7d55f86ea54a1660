"""Google's service accounts, members and token recipes."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens import google
from crdb_sso.tokens.kubernetes import ServiceAccount


@pytest.mark.parametrize("account_id", ["orders", "shop-orders", "a12345", "a" + "b" * 29])
def test_account_ids_that_google_accepts_pass(account_id: str) -> None:
    google.check_account_id(account_id)


@pytest.mark.parametrize(
    "account_id",
    [
        "",
        "order",
        "a" * 31,
        "1orders",
        "-orders",
        "orders-",
        "Orders",
        "or_ders",
        "or.ders",
        None,
        7,
        "orders\n",
    ],
)
def test_account_ids_that_google_refuses_do_not(account_id: object) -> None:
    with pytest.raises(InvalidInput, match="is not a valid service account id"):
        google.check_account_id(account_id)


@pytest.mark.parametrize(
    "member",
    [
        "user:ann@example.com",
        "serviceAccount:ci@acme.iam.gserviceaccount.com",
        "serviceAccount:acme.svc.id.goog[shop/orders]",
        "group:ops@example.com",
        "domain:example.com",
        "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s",
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*",
    ],
)
def test_members_may_mint_tokens(member: str) -> None:
    google.check_member(member)


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers"])
def test_everybody_may_not_mint_tokens(member: str) -> None:
    with pytest.raises(InvalidInput, match=f"{member} as token creator would let anyone log in"):
        google.check_member(member)


@pytest.mark.parametrize("member", ["ann@example.com", "user:", "robot:x", "user:a b", ""])
def test_what_is_not_a_member_is_refused(member: str) -> None:
    with pytest.raises(InvalidInput, match="is not an IAM member"):
        google.check_member(member)


def test_every_stack_has_its_own_audience() -> None:
    assert google.default_audience("shop", "dev") == "crdb-sso/shop/dev"
    assert google.default_audience("shop", "prod") == "crdb-sso/shop/prod"


def test_a_gke_member_names_pool_namespace_and_account() -> None:
    account = ServiceAccount("shop", "orders")
    assert google.gke_member("acme", account) == "serviceAccount:acme.svc.id.goog[shop/orders]"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_any_audience_reaches_the_shell_as_one_word(audience: str) -> None:
    recipes = google.token_recipes("a@p.iam.gserviceaccount.com", audience)
    for recipe in recipes.values():
        shlex.split(recipe)
    assert f"--audiences={audience}" in shlex.split(recipes["gcloud"])


@given(st.text(min_size=1))
def test_the_body_of_the_impersonation_is_json(audience: str) -> None:
    words = shlex.split(google.token_recipes("a@p", audience)["impersonation"])
    body = json.loads(words[words.index("-d") + 1])
    assert body == {"audience": audience, "includeEmail": True}


def test_the_hint_is_one_line() -> None:
    hint = google.token_hint("a@p", "crdb-sso/shop/dev")
    assert hint.startswith("Google ID token of a@p: curl")
    assert "\n" not in hint
