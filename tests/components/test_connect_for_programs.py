"""The `connect` output as programs read it: what a workload needs, without its URL being parsed."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from crdb_sso.workload import Login
from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import run
from tests.components.programs import ISSUER, facts, issuer, run_sso, sso

GITHUB = "https://token.actions.githubusercontent.com"
POD = "system:serviceaccount:shop:orders"
SPIFFE = "spiffe://shop.example/orders"


def connect_of(*identities: Any, **args: Any) -> Any:
    done = run_sso({"app": {"identities": list(identities or [facts()])}}, **args)
    return done.exports["connect"]["app"]


def test_everything_that_a_driver_needs_stands_for_itself() -> None:
    connect = connect_of(
        cluster_url="postgresql://a:1,b:2/x?options=-ccluster%3Dshop",
        connect_database="shop",
        connect_ca_file="/etc/crdb/ca.crt",
    )

    assert {key: value for key, value in connect.items() if key != "url"} == {
        "token": "ask the vault",
        "host": "a,b",
        "port": "1,2",
        "database": "shop",
        "user": "app",
        "options": "-ccluster=shop --crdb:jwt_auth_enabled=true",
        "ca_file": "/etc/crdb/ca.crt",
        "identity": "batch",
        "issuer": ISSUER,
        "audience": "crdb",
        "subject": "batch",
        "source": {},
    }


def test_the_claim_that_names_subjects_is_told_where_the_program_says_it() -> None:
    assert connect_of(claim="email")["claim"] == "email"
    assert "claim" not in connect_of()


def test_the_claim_may_come_late() -> None:
    def program() -> Mapping[str, Any]:
        login = {"app": {"identities": [facts()]}}
        return {"connect": sso(login, claim=pulumi.Output.from_input("email")).connect}

    assert Login.from_outputs(run(program).exports["connect"], "app").claim == "email"


def test_an_ipv6_address_stands_without_brackets() -> None:
    connect = connect_of(cluster_url="postgresql://[2001:db8::1]:9/x")

    assert (connect["host"], connect["port"]) == ("2001:db8::1", "9")


def test_several_identities_are_listed_and_the_first_one_stands_at_the_top() -> None:
    second = facts(name="b", audience="other", token="other", token_from={"kind": "github"})
    connect = connect_of(facts(), second)

    assert (connect["identity"], connect["audience"]) == ("batch", "crdb")
    assert connect["identities"] == [
        {
            "name": "batch",
            "issuer": ISSUER,
            "audience": "crdb",
            "subject": "batch",
            "source": {},
            "token": "ask the vault",
        },
        {
            "name": "b",
            "issuer": ISSUER,
            "audience": "other",
            "subject": "batch",
            "source": {"kind": "github"},
            "token": "other",
        },
    ]
    assert connect["token"] == "ask the vault; or other"


def test_texts_that_come_late_are_filled_in() -> None:
    def program() -> Mapping[str, Any]:
        late = pulumi.Output.from_input
        made = facts(
            issuer=late(ISSUER),
            audience=late("late"),
            token=late("recipe"),
            token_from={"kind": "azure", "client_id": late("c"), "app_id": late("")},
        )
        return {"connect": sso({"app": {"identities": [made]}}).connect}

    connect = run(program).exports["connect"]["app"]
    assert connect["issuer"] == ISSUER
    assert connect["audience"] == "late"
    assert connect["token"] == "recipe"
    assert connect["source"] == {"kind": "azure", "client_id": "c"}  # empty ones are left out


def test_a_secret_subject_stays_out_of_what_is_not_secret() -> None:
    def program() -> Mapping[str, Any]:
        hidden = facts(subject=pulumi.Output.secret("hunter2"))
        late = facts(name="late", subject=pulumi.Output.from_input("late"))
        return {"connect": sso({"app": {"identities": [hidden, late]}}).connect}

    connect = run(program).exports["connect"]
    assert [one["subject"] for one in connect["app"]["identities"]] == ["", "late"]


@pytest.mark.parametrize(
    ("url", "subject", "source"),
    [
        pytest.param(GITHUB, "repo:o/r:ref:refs/heads/main", {"kind": "github"}, id="GitHub"),
        pytest.param("https://gitlab.com", "project_path:a/b", {"kind": "gitlab"}, id="GitLab"),
        pytest.param("https://agent.buildkite.com", "o", {"kind": "buildkite"}, id="Buildkite"),
        pytest.param("https://oidc.circleci.com", "o", {"kind": "circleci"}, id="CircleCI"),
        pytest.param(ISSUER, POD, {"kind": "kubernetes"}, id="Kubernetes"),
        pytest.param(ISSUER, SPIFFE, {"kind": "spiffe", "spiffe_id": SPIFFE}, id="SPIFFE"),
        pytest.param(ISSUER, "orders", {}, id="any other"),
    ],
)
def test_the_source_is_known_where_tokens_come_from_one_place_only(
    url: str, subject: str, source: dict[str, str]
) -> None:
    def program() -> Mapping[str, Any]:
        idp = issuer(issuer=url)
        return {"connect": sso({"app": {"identities": [idp.subject(subject)]}}).connect}

    assert run(program).exports["connect"]["app"]["source"] == source


def test_a_program_can_name_the_source() -> None:
    named = {"kind": "kubernetes", "path": "/var/run/secrets/db/token"}

    def program() -> Mapping[str, Any]:
        subject = issuer().subject("orders", token_from=named)
        return {"connect": sso({"app": {"identities": [subject]}}).connect}

    connect = run(program).exports["connect"]
    assert connect["app"]["source"] == named
    made = Login.from_outputs(connect, "app").source()
    assert repr(made) == "tokens.kubernetes(path='/var/run/secrets/db/token')"


@pytest.mark.parametrize(
    ("token_from", "reason"),
    [
        ({"kind": "vault"}, "there is no token source 'vault'"),
        ({"kind": "gcp", "region": "eu"}, "gcp does not take `region`"),
        ({"kind": "client_credentials", "client_secret": "x"}, "would be visible here"),
        ({"path": "/t"}, "does not name a source"),
        ("github", "does not name a source"),
    ],
)
def test_a_source_that_is_none_is_refused(token_from: Any, reason: str) -> None:
    with pytest.raises(pulumi.RunError, match=reason):
        run(lambda: issuer().subject("orders", token_from=token_from) and None)
    with pytest.raises(pulumi.RunError, match=reason):
        connect_of(facts(token_from=token_from))


def test_a_google_account_names_its_source() -> None:
    def program() -> Mapping[str, Any]:
        login = {"identities": [test_gcp_identity.identity().facts]}
        return {"connect": sso({"app": login}).connect}

    connect = run(program, world=test_gcp_identity.WORLD).exports["connect"]
    login = Login.from_outputs(connect, "app")
    assert login.issuer == "https://accounts.google.com"
    assert repr(login.source()) == "tokens.gcp(audience='crdb-sso/shop/prod')"


def test_a_managed_identity_names_its_source_with_app_and_client_id() -> None:
    def program() -> Mapping[str, Any]:
        login = {"identities": [azure_programs.identity().facts]}
        return {"connect": sso({"app": login}).connect}

    connect = run(program, world=azure_programs.WORLD).exports["connect"]
    source = connect["app"]["source"]
    assert source["kind"] == "azure"
    assert set(source) == {"kind", "app_id", "client_id"}
    assert connect["app"]["audience"] == source["app_id"]
    assert source["client_id"] in repr(Login.from_outputs(connect, "app").source())


def test_where_pods_act_as_a_managed_identity_they_exchange_their_own_token() -> None:
    account = {"issuer": "https://i/", "namespace": "shop", "service_account": "orders"}

    def program() -> Mapping[str, Any]:
        login = {"identities": [azure_programs.identity(aks={"shop": account}).facts]}
        return {"connect": sso({"app": login}).connect}

    connect = run(program, world=azure_programs.WORLD).exports["connect"]
    assert connect["app"]["source"]["kind"] == "azure_workload_identity"


def test_what_a_stack_writes_is_what_a_workload_reads() -> None:
    connect = run_sso(connect_ca_file="system").exports["connect"]

    login = Login.from_outputs(connect, "app")

    assert (login.host, login.port, login.user, login.database) == (
        "db.example.com",
        "26257",
        "app",
        "defaultdb",
    )
    assert (login.audience, login.issuer, login.ca_file) == ("crdb", ISSUER, "system")
    assert login.subject == "batch"
