import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml  # type: ignore[import-untyped] # ships no types

import stack_config
from stack_config import LoginConfig, StackConfig
from tests.components.mockrun import Secret, run

PROJECT = Path(__file__).resolve().parents[2]
STACKS = ["local", "dev", "staging", "prod"]
URL = "postgresql://ops:hunter2@db.example.com/defaultdb"
LEAST: Mapping[str, Any] = {
    "clusterUrl": URL,
    "issuer": "https://idp.example.com",
    "audience": "crdb",
    "keys": "pinned",
    "logins": {"app": {"subjects": ["batch"]}},
}


def loaded(values: Mapping[str, Any]) -> tuple[StackConfig, Any]:
    """Return what `load` makes of configuration values, and its cluster URL as exported."""
    texts = {
        f"crdb-sso:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
    found: list[StackConfig] = []

    def program() -> Mapping[str, Any]:
        found.append(stack_config.load())
        return {"url": found[0].cluster_url}

    exports = run(program, config=texts).exports
    return found[0], exports["url"]


def assert_refused(values: Mapping[str, Any], message: str) -> None:
    """Check that values are refused, with a next step and the file where they stand."""
    with pytest.raises(pulumi.RunError) as caught:
        loaded(values)
    assert message in str(caught.value)
    assert "\n  Next step: " in str(caught.value)
    assert str(caught.value).endswith("It stands in Pulumi.prod.yaml.")


def test_what_is_not_given_is_none() -> None:
    config, url = loaded(LEAST)
    assert url == Secret(URL)
    assert config == StackConfig(
        cluster_url=config.cluster_url,
        issuer="https://idp.example.com",
        audience="crdb",
        keys="pinned",
        logins={"app": LoginConfig(("batch",))},
    )


def test_the_defaults_of_the_project_are_as_not_given() -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    defaults = {key: of["default"] for key, of in declared.items() if "default" in of}
    with_defaults, least = loaded({**defaults, **LEAST})[0], loaded(LEAST)[0]
    for name in StackConfig.__slots__:
        if name != "cluster_url":
            assert getattr(with_defaults, name) == getattr(least, name)


def test_everything_given_arrives() -> None:
    config, _ = loaded(
        {
            **LEAST,
            "issuerCaFile": "ca.pem",
            "jwksUri": "https://idp.example.com/keys",
            "jwks": '{"keys": []}',
            "protect": "true",
            "connectHost": "front",
            "connectPort": "5433",
            "connectDatabase": "shop",
            "retireKeysAfterHours": "0",
            "claim": "email",
            "logins": {"app": {"subjects": ["a", "b"], "roles": ["r"], "login": False}},
        }
    )
    assert config == StackConfig(
        cluster_url=config.cluster_url,
        issuer="https://idp.example.com",
        audience="crdb",
        keys="pinned",
        logins={"app": LoginConfig(("a", "b"), ("r",), may_login=False)},
        protect=True,
        issuer_ca_file="ca.pem",
        jwks_uri="https://idp.example.com/keys",
        jwks='{"keys": []}',
        connect_host="front",
        connect_port=5433,
        connect_database="shop",
        retire_keys_after_hours=0,
        claim="email",
    )


@pytest.mark.parametrize("on_delete", ["drop", "disable"])
def test_what_becomes_of_a_user_arrives(on_delete: str) -> None:
    config, _ = loaded({**LEAST, "logins": {"app": {"subjects": ["a"], "onDelete": on_delete}}})
    assert config.logins["app"].on_delete == on_delete


def test_the_nodes_may_fetch_the_keys() -> None:
    assert loaded({**LEAST, "keys": "fetched"})[0].keys == "fetched"


def test_subjects_may_be_user_names_and_logins_none_then() -> None:
    config, _ = loaded({**LEAST, "subjectIsUsername": "true", "logins": {}})
    assert config.subject_is_username
    assert config.logins == {}


def test_forced_sso_arrives_as_its_component_takes_it() -> None:
    keep = {"keep": [{"user": "ops", "method": "cert"}]}
    assert loaded({**LEAST, "ssoOnly": keep})[0].sso_only == keep
    assert loaded({**LEAST, "ssoOnly": {}})[0].sso_only is None


def test_what_tokens_may_bring_arrives_as_its_component_takes_it() -> None:
    sync = {"groupClaim": "teams", "userinfoGroupKey": "roles"}
    config, _ = loaded({**LEAST, "autoProvisioning": "true", "groupSync": sync})
    assert config.auto_provisioning
    assert config.group_sync == {"group_claim": "teams", "userinfo_group_key": "roles"}
    config, _ = loaded({**LEAST, "groupSync": {}})
    assert not config.auto_provisioning
    assert config.group_sync is None


def test_the_cluster_url_is_not_in_its_repr() -> None:
    config, _ = loaded(LEAST)
    assert "cluster_url" not in repr(config)


@pytest.mark.parametrize("key", ["clusterUrl", "keys", "logins"])
def test_a_missing_key_is_named_with_the_command_that_sets_it(key: str) -> None:
    values = {name: value for name, value in LEAST.items() if name != key}
    with pytest.raises(pulumi.RunError, match=f"'crdb-sso:{key}'") as caught:
        loaded(values)
    assert "pulumi config set" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"keys": "stored"}, "configuration crdb-sso:keys is 'stored'", id="keys"),
        pytest.param({"logins": []}, "configuration crdb-sso:logins names no login", id="list"),
        pytest.param({"logins": {}}, "configuration crdb-sso:logins names no login", id="nobody"),
        pytest.param({"logins": {"app": "x"}}, "crdb-sso:logins.app is no object", id="no object"),
        pytest.param(
            {"logins": {"app": {"subject": "x"}}},
            "crdb-sso:logins.app.subject is unknown",
            id="misspelt",
        ),
        pytest.param(
            {"logins": {"app": {"roles": ["r"]}}},
            "crdb-sso:logins.app has neither subjects nor identities",
            id="nobody may log in",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": []}}},
            "crdb-sso:logins.app has neither subjects nor identities",
            id="empty subjects",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": "x"}}},
            "crdb-sso:logins.app.subjects is 'x'",
            id="one subject as text",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": [1077]}}},
            "crdb-sso:logins.app.subjects is [1077]",
            id="a number as subject",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "roles": "r"}}},
            "crdb-sso:logins.app.roles is 'r'",
            id="one role as text",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "login": "no"}}},
            "crdb-sso:logins.app.login is 'no'",
            id="login as text",
        ),
        pytest.param(
            {"logins": {"app": {"subjects": ["x"], "onDelete": "keep"}}},
            "crdb-sso:logins.app.onDelete is 'keep'",
            id="a third fate of a user",
        ),
        pytest.param({"groupSync": True}, "crdb-sso:groupSync is True", id="groupSync as switch"),
        pytest.param(
            {"groupSync": {"claim": "x"}}, "crdb-sso:groupSync.claim is unknown", id="key"
        ),
        pytest.param({"ssoOnly": ["ops"]}, "crdb-sso:ssoOnly is ['ops']", id="ssoOnly as list"),
        pytest.param({"issuer": ""}, "crdb-sso:issuer is missing", id="subjects of no issuer"),
        pytest.param({"audience": ""}, "crdb-sso:audience is missing", id="no audience"),
        pytest.param(
            {
                "issuer": "",
                "jwksUri": "https://idp.example.com/keys",
                "audience": "",
                "gcp": {"orders": {"accountId": "shop-orders"}},
                "logins": {"app": {"identities": ["orders"]}},
            },
            "crdb-sso:jwksUri is given without issuer",
            id="an idle address of keys",
        ),
    ],
)
def test_a_bad_value_names_its_key_and_the_next_step(
    changes: Mapping[str, Any], message: str
) -> None:
    assert_refused({**LEAST, **changes}, message)


@pytest.mark.parametrize(
    ("key", "text"), [("protect", "maybe"), ("connectPort", "x"), ("logins", "{")]
)
def test_a_value_of_another_type_names_its_key(key: str, text: str) -> None:
    with pytest.raises(pulumi.RunError, match=f"'crdb-sso:{key}'"):
        loaded({**LEAST, key: text})


def test_every_key_is_declared_with_type_and_description() -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    assert sorted(declared) == [
        "audience",
        "autoProvisioning",
        "azure",
        "azureAudience",
        "azureJwks",
        "claim",
        "clusterUrl",
        "connectDatabase",
        "connectHost",
        "connectPort",
        "gcp",
        "gcpJwks",
        "groupSync",
        "issuer",
        "issuerCaFile",
        "jwks",
        "jwksUri",
        "keys",
        "logins",
        "protect",
        "retireKeysAfterHours",
        "ssoOnly",
        "subjectIsUsername",
    ]
    assert all(of["type"] and of["description"] for of in declared.values())
    assert declared["clusterUrl"]["secret"] is True


@pytest.mark.parametrize("stack", STACKS)
def test_each_stack_file_needs_nothing_but_the_secret(stack: str) -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    written = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]
    ours = {key: value for key, value in written.items() if not key.startswith("gcp:")}
    values = {key.removeprefix("crdb-sso:"): value for key, value in ours.items()}
    assert set(values) < set(declared)
    assert "clusterUrl" not in values
    config, _ = loaded({**values, "clusterUrl": URL})
    assert config.logins


def test_the_stack_files_differ() -> None:
    written = {
        (PROJECT / f"Pulumi.{stack}.yaml").read_text().partition("config:")[2] for stack in STACKS
    }
    assert len(written) == len(STACKS)
