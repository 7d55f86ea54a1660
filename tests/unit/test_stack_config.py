"""What the stack's configuration means for the program."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # ships no types
from pydantic import ValidationError

import stack_config
from stack_config import StackConfig
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
WHAT_IS_LEFT_OUT: Mapping[str, Any] = {
    "issuer_ca_file": None,
    "jwks_uri": None,
    "jwks": None,
    "subject_is_username": False,
    "gcp": {},
    "gcp_jwks": None,
    "azure": {},
    "azure_jwks": None,
    "claim": None,
    "retire_keys_after_hours": 24,
    "protect": False,
    "connect_host": None,
    "connect_port": 0,
    "connect_database": None,
    "connect_ca_file": None,
    "sso_only": None,
    "auto_provisioning": False,
    "group_sync": None,
}


def loaded(
    values: Mapping[str, Any], secrets: Collection[str] = ("clusterUrl",)
) -> tuple[StackConfig, Any]:
    """Return what `load` makes of configuration values, and its cluster URL as exported."""
    texts = {
        f"crdb-sso:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
    found: list[StackConfig] = []

    def program() -> Mapping[str, Any]:
        found.append(stack_config.load())
        return {"url": found[0].cluster_url}

    encrypted = [f"crdb-sso:{key}" for key in secrets]
    exports = run(program, config=texts, secret_keys=encrypted).exports
    return found[0], exports["url"]


def attributes(config: StackConfig) -> Mapping[str, Any]:
    return {name: getattr(config, name) for name in WHAT_IS_LEFT_OUT}


def test_what_is_not_given_is_none() -> None:
    config, url = loaded(LEAST)
    assert url == Secret(URL)
    assert config.issuer == "https://idp.example.com"
    assert config.audience == "crdb"
    assert config.keys == "pinned"
    assert attributes(config) == WHAT_IS_LEFT_OUT
    assert config.azure_audience.model_dump(exclude_none=True) == {}
    login = config.logins["app"]
    assert (login.subjects, login.identities, login.roles) == (("batch",), (), ())
    assert login.login
    assert login.on_delete == "drop"


TEXTS = [
    "issuerCaFile",
    "jwksUri",
    "jwks",
    "gcpJwks",
    "azureJwks",
    "claim",
    "connectHost",
    "connectDatabase",
    "connectCaFile",
]
MAPS = ["gcp", "azureAudience", "azure", "ssoOnly", "groupSync"]
SWITCHES_AND_NUMBERS = [
    "subjectIsUsername",
    "protect",
    "autoProvisioning",
    "retireKeysAfterHours",
    "connectPort",
]


@pytest.mark.parametrize("key", [*TEXTS, *MAPS, *SWITCHES_AND_NUMBERS])
def test_an_empty_text_counts_as_not_given(key: str) -> None:
    assert attributes(loaded({**LEAST, key: ""})[0]) == WHAT_IS_LEFT_OUT


@pytest.mark.parametrize("key", [*MAPS, *SWITCHES_AND_NUMBERS])
def test_null_counts_as_not_given(key: str) -> None:
    assert attributes(loaded({**LEAST, key: "null"})[0]) == WHAT_IS_LEFT_OUT


@pytest.mark.parametrize("key", MAPS)
def test_an_empty_map_counts_as_not_given(key: str) -> None:
    assert attributes(loaded({**LEAST, key: {}})[0]) == WHAT_IS_LEFT_OUT


def test_port_0_counts_as_not_given() -> None:
    assert attributes(loaded({**LEAST, "connectPort": "0"})[0]) == WHAT_IS_LEFT_OUT


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
            "connectDatabase": "5",
            "connectCaFile": "/ca.crt",
            "retireKeysAfterHours": "0",
            "claim": "email",
            "logins": {"app": {"subjects": ["a", "b"], "roles": ["r"], "login": False}},
        }
    )
    assert attributes(config) == {
        **WHAT_IS_LEFT_OUT,
        "issuer_ca_file": "ca.pem",
        "jwks_uri": "https://idp.example.com/keys",
        "jwks": '{"keys": []}',
        "protect": True,
        "connect_host": "front",
        "connect_port": 5433,
        "connect_database": "5",
        "connect_ca_file": "/ca.crt",
        "retire_keys_after_hours": 0,
        "claim": "email",
    }
    login = config.logins["app"]
    assert (login.subjects, login.roles, login.login) == (("a", "b"), ("r",), False)


@pytest.mark.parametrize("on_delete", ["drop", "disable"])
def test_on_delete_arrives(on_delete: str) -> None:
    config, _ = loaded({**LEAST, "logins": {"app": {"subjects": ["a"], "onDelete": on_delete}}})
    assert config.logins["app"].on_delete == on_delete


def test_the_nodes_may_fetch_the_keys() -> None:
    assert loaded({**LEAST, "keys": "fetched"})[0].keys == "fetched"


def test_if_subjects_are_user_names_there_may_be_no_logins() -> None:
    config, _ = loaded({**LEAST, "subjectIsUsername": "true", "logins": {}})
    assert config.subject_is_username
    assert config.logins == {}


def test_forced_sso_arrives_in_the_components_form() -> None:
    keep = {"keep": [{"user": "ops", "method": "cert"}]}
    config, _ = loaded({**LEAST, "ssoOnly": keep})
    assert config.sso_only is not None
    assert config.sso_only.args() == {
        "keep": [{"user": "ops", "method": "cert", "address": None}],
    }


@pytest.mark.parametrize("keep", [None, []])
def test_forced_sso_may_keep_nobody(keep: Any) -> None:
    config, _ = loaded({**LEAST, "ssoOnly": {"keep": keep}})
    assert config.sso_only is not None
    assert config.sso_only.args() == {"keep": []}


def test_group_sync_and_provisioning_arrive_in_the_components_form() -> None:
    sync = {"groupClaim": "teams", "userinfoGroupKey": "roles", "allowPrivileged": True}
    config, _ = loaded({**LEAST, "autoProvisioning": "true", "groupSync": sync})
    assert config.auto_provisioning
    assert config.group_sync is not None
    assert config.group_sync.args() == {
        "group_claim": "teams",
        "userinfo_group_key": "roles",
        "allow_privileged": True,
    }


def test_the_cluster_url_is_not_in_its_repr() -> None:
    config, _ = loaded(LEAST)
    assert "cluster_url" not in repr(config)
    assert "hunter2" not in repr(config)


def test_a_configuration_is_immutable() -> None:
    config, _ = loaded(LEAST)
    with pytest.raises(ValidationError):
        config.protect = True


def test_keys_of_other_namespaces_are_ignored() -> None:
    others = {"gcp:project": "acme", "crdb-sso-more:protct": "x"}
    texts = {f"crdb-sso:{k}": v if isinstance(v, str) else json.dumps(v) for k, v in LEAST.items()}
    found: list[StackConfig] = []
    run(
        lambda: found.append(stack_config.load()),
        config=texts | others,
        secret_keys=["crdb-sso:clusterUrl"],
    )
    assert found[0].audience == "crdb"


@pytest.mark.parametrize("stack", STACKS)
def test_each_stack_file_needs_nothing_but_the_secret(stack: str) -> None:
    written = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]
    ours = {key: value for key, value in written.items() if not key.startswith("gcp:")}
    values = {key.removeprefix("crdb-sso:"): value for key, value in ours.items()}
    assert "clusterUrl" not in values
    config, _ = loaded({**values, "clusterUrl": URL})
    assert config.logins


def test_the_stack_files_differ() -> None:
    written = {
        (PROJECT / f"Pulumi.{stack}.yaml").read_text().partition("config:")[2] for stack in STACKS
    }
    assert len(written) == len(STACKS)
