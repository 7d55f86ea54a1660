"""Logins from a stack's `connect` output."""

import json
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.workload import Login, tokens

GITHUB = {"name": "ci", "issuer": "https://ci", "audience": "a", "source": {"kind": "github"}}
OTHER_SUBJECT = {**GITHUB, "name": "other branch"}
VAULT = {"name": "vault", "issuer": "https://vault", "audience": "b", "source": {}}


def said(*identities: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "url": "postgresql://app_orders@db.example.com:26257/shop?...",
        "token": "ask the vault",
        "host": "db.example.com",
        "port": "26257",
        "user": "app_orders",
        "database": "shop",
        "options": "--crdb:jwt_auth_enabled=true",
        "ca_file": "/etc/crdb/ca.crt",
        "identity": "ci",
        "audience": "a",
        "issuer": "https://ci",
        "subject": "orders",
        "source": {"kind": "github"},
    }
    if identities:
        first = identities[0]
        made |= {"identity": first["name"], "identities": list(identities)}
        made |= {name: first[name] for name in ("issuer", "audience", "source")}
    return {"app_orders": {**made, **changes}}


def test_a_login_is_what_the_output_says(tmp_path: Path) -> None:
    file = tmp_path / "connect.json"
    file.write_text(json.dumps(said()))
    expected = Login(
        host="db.example.com",
        port="26257",
        user="app_orders",
        database="shop",
        ca_file="/etc/crdb/ca.crt",
        audience="a",
        issuer="https://ci",
        subject="orders",
        token_from={"kind": "github"},
    )

    assert Login.from_outputs(file, "app_orders") == expected
    assert Login.from_outputs(str(file), "app_orders") == expected
    assert Login.from_outputs(said(), "app_orders") == expected
    assert Login.from_outputs(said(), "app_orders", identity="ci") == expected
    options = "-ccluster=t --crdb:jwt_auth_enabled=true"
    assert Login.from_outputs(said(options=options), "app_orders").virtual_cluster == "t"
    options = f"-ccluster=s --cluster=last {options[12:]}"  # as servers read it
    assert Login.from_outputs(said(options=options), "app_orders").virtual_cluster == "last"
    assert Login.from_outputs(said(), "app_orders", ca_file="here.crt").ca_file == "here.crt"


def test_what_is_added_later_is_ignored() -> None:
    assert Login.from_outputs(said(colour="red"), "app_orders").database == "shop"


def test_identities_that_differ_in_what_matters_have_to_be_chosen_from() -> None:
    both = said(GITHUB, VAULT)

    with pytest.raises(InvalidInput, match="has several identities") as caught:
        Login.from_outputs(both, "app_orders")
    assert "'ci', 'vault'" in caught.value.hint
    assert Login.from_outputs(both, "app_orders", identity="vault").audience == "b"
    several = Login.from_outputs(said({**GITHUB, "subject": "s"}, OTHER_SUBJECT), "app_orders")
    assert (several.audience, several.subject) == ("a", "")  # either may be meant
    with pytest.raises(InvalidInput, match="has no identity 'x'"):
        Login.from_outputs(both, "app_orders", identity="x")


def test_a_login_knows_the_claim_that_names_its_subject() -> None:
    assert Login.from_outputs(said(), "app_orders").claim == ""
    assert Login.from_outputs(said(claim="email"), "app_orders").claim == "email"
    with pytest.raises(InvalidInput, match="`claim` of app_orders"):
        Login.from_outputs(said(claim=7), "app_orders")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        pytest.param({}, "there is no login 'app_orders'", id="no such login"),
        pytest.param(
            {"app_orders": {"url": "u", "token": "t"}}, "by an older crdb-sso", id="older"
        ),
        pytest.param(said(host=7), "`host` of app_orders .* is 7", id="a number"),
        pytest.param(said(GITHUB, source=[]), None, id="ignored where there are several"),
        pytest.param(said(identities=7), "`identities` of app_orders", id="no identities"),
        pytest.param(said(identities=[7]), "`identities` of app_orders", id="no identity"),
        pytest.param(said({**GITHUB, "source": {"kind": 7}}), "`source` of", id="no kind"),
        pytest.param(said({**GITHUB, "audience": None}), "`audience` of", id="no audience"),
        pytest.param(said(identities=[]), "has no identity None", id="none"),
    ],
)
def test_an_output_that_is_none_says_how_to_write_one(
    output: dict[str, Any], reason: str | None
) -> None:
    if reason is None:
        assert Login.from_outputs(output, "app_orders")
        return
    with pytest.raises(InvalidInput, match=reason):
        Login.from_outputs(output, "app_orders")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "can't read .*: No such file"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a stack's `connect` output"),
    ],
    ids=range(4),
)
def test_a_file_that_holds_none_says_how_to_write_it(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "connect.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(InvalidInput, match=reason) as caught:
        Login.from_outputs(file, "app_orders")

    assert "pulumi stack output connect --json > connect.json" in str(caught.value)


def test_no_message_repeats_a_name_of_any_length() -> None:
    for user, identity in (("x" * 100_000, None), ("app_orders", "x" * 100_000)):
        with pytest.raises(InvalidInput) as raised:
            Login.from_outputs(said(), user, identity=identity)
        assert len(str(raised.value)) < 1000


def test_the_source_that_the_output_names_is_made_for_its_audience() -> None:
    source = Login.from_outputs(said(), "app_orders").source()

    assert isinstance(source, tokens.github)
    assert repr(source) == "tokens.github(audience='a')"


def test_an_output_that_can_not_know_the_source_says_so() -> None:
    with pytest.raises(InvalidInput, match="where the token of app_orders comes from"):
        Login.from_outputs(said(VAULT), "app_orders").source()


@pytest.mark.parametrize(
    ("kind", "parameters", "shown"),
    [
        ("gcp", {}, "tokens.gcp(audience='crdb')"),
        ("gcp", {"impersonate": "a@b"}, "tokens.gcp(audience='crdb', impersonate='a@b')"),
        ("azure", {"client_id": "c"}, "tokens.azure(app_id='crdb', client_id='c')"),
        ("azure", {"app_id": "api://x"}, "tokens.azure(app_id='api://x')"),
        ("kubernetes", {}, "tokens.kubernetes(path='/var/run/secrets/crdb/token')"),
        ("file", {"path": "/t"}, "tokens.file(path='/t')"),
        ("command", {"command": "mint --now"}, "tokens.command(program='mint')"),
        ("gitlab", {}, "tokens.gitlab(name='CRDB_ID_TOKEN')"),
        (
            "self_signed",
            {"issuer": "https://i", "subject": "s", "key_file": "k", "lifetime_s": "60"},
            "tokens.self_signed(issuer='https://i', subject='s', audience='crdb')",
        ),
        (
            "client_credentials",
            {"token_endpoint": "https://i/t", "client_id": "o", "client_secret_env": "S"},
            (
                "tokens.client_credentials(token_endpoint='https://i/t', client_id='o',"
                " audience='crdb')"
            ),
        ),
    ],
)
def test_text_names_a_source(kind: str, parameters: dict[str, str], shown: str) -> None:
    assert repr(tokens.named(kind, "crdb", parameters)) == shown


@pytest.mark.parametrize(
    ("kind", "parameters", "reason"),
    [
        ("vault", {}, "there is no token source 'vault'"),
        ("gcp", {"region": "eu"}, "gcp does not take `region`"),
        ("file", {}, "file needs `path`"),
        ("github", {}, "github needs `audience`"),
        ("self_signed", {"audience": "a"}, "self_signed needs `issuer`"),
        ("client_credentials", {"client_secret": "hunter2"}, "`client_secret` would be visible"),
        (
            "self_signed",
            {"audience": "a", "issuer": "i", "subject": "s", "lifetime_s": "x"},
            "`lifetime_s` is not a number of seconds",
        ),
        ("gcp", {"clock": "x"}, "gcp does not take `clock`"),
    ],
)
def test_text_that_names_none_is_refused(
    kind: str, parameters: dict[str, str], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        tokens.named(kind, "", parameters)

    assert "hunter2" not in str(caught.value)
