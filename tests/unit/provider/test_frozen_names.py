"""What states and clusters remember. If a test here fails, add an alias or a migration."""

import base64
import pickle
from collections.abc import Iterable
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.settings import Setting
from crdb_sso.plan.drift import Observed, ObservedLogin, ObservedSource
from crdb_sso.provider import inputs, issuer_keys
from crdb_sso.provider.cluster_logins import ClusterLogins, ClusterLoginsProvider
from crdb_sso.provider.issuer_keys import IssuerKeys, IssuerKeysProvider
from crdb_sso.provider.rows import Input
from crdb_sso.provider.writing import seen_inputs
from crdb_sso.registry.claims import Kind, found_key

IDENTITY = {"source": "idp", "audience": "a", "subject": "s"}
PICKLED = (
    b"\x80\x04\x95A\x00\x00\x00\x00\x00\x00\x00"
    b"\x8c crdb_sso.provider.cluster_logins\x94"
    b"\x8c\x15ClusterLoginsProvider\x94\x93\x94)\x81\x94."
)


def test_the_provider_is_pickled_by_its_import_path_alone() -> None:
    assert base64.b64decode(serialize_provider(ClusterLoginsProvider())) == PICKLED


def test_a_provider_that_a_state_remembers_can_be_loaded() -> None:
    assert type(pickle.loads(PICKLED)) is ClusterLoginsProvider  # noqa: S301 - the bytes above


def test_the_provider_is_not_a_secret_and_carries_nothing() -> None:
    assert ClusterLoginsProvider.serialize_as_secret_always is False
    assert vars(ClusterLoginsProvider()) == {}


def test_the_type_token() -> None:
    assert ClusterLogins._resource_type_name == "dynamic/crdb-sso:ClusterLogins"  # noqa: SLF001 - the SDK has no other door


def names(rows: Iterable[Input[Any]]) -> list[str]:
    return [row.name for row in rows]


def test_the_property_names() -> None:
    assert sorted(names(inputs.INPUTS)) == [
        "accept",
        "auto_provisioning",
        "claim",
        "cluster_url",
        "enabled",
        "group_sync",
        "leftovers",
        "logins",
        "mode",
        "on_failed_proof",
        "owner",
        "prove",
        "registry_database",
        "retire_after_h",
        "secret_inputs",
        "sources",
        "sso_only",
        "take_over",
    ]
    assert names(inputs.OUTPUTS) == ["cluster_id", "instance", "retiring", "unproven"]
    assert names(inputs.SOURCE) == [
        "issuer",
        "jwks_uri",
        "ca",
        "keys",
        "close_passthrough",
        "subject_is_username",
        "audience",
        "trusted",
    ]
    assert names(inputs.LOGIN) == ["identities", "roles", *LATER_OF_LOGINS]
    assert names(inputs.IDENTITY) == ["source", "audience", "subject"]
    assert names(inputs.GROUP_SYNC) == ["group_claim", "userinfo_group_key", "allow_privileged"]
    assert {"cluster_id", "instance", "retiring"} <= ClusterLogins.__annotations__.keys()


LATER_OF_LOGINS = ["login", "on_delete", "allow_privileged"]
STATE = {
    "cluster_url": "postgresql://root@db",
    "enabled": True,
    "sources": {"idp": {"issuer": "i", "jwks_uri": "u", "ca": "PEM", "keys": {"k": "{}"}}},
    "logins": {"app": {"identities": {"x": IDENTITY}, "on_delete": "disable"}},
    "group_sync": {},
}
SHOWN = Observed(
    {"idp": ObservedSource({"k": "{1}"}, is_trusted=False)},
    {"app": ObservedLogin({"x": "a"}, frozenset({"r"}), may_login=False)},
    {
        Setting.ENABLED: "false",
        Setting.PROVISIONING: "true",
        Setting.GROUP_SYNC: "true",
        Setting.GROUP_CLAIM: "teams",
        Setting.USERINFO_GROUP_KEY: "groups",
    },
    {Door("ops"): "cert"},
    ("key k9",),
    {},
)
WRITTEN = {
    "cluster_url": "postgresql://root@db",
    "enabled": False,
    "sources": {
        "idp": {
            "issuer": "i",
            "jwks_uri": "u",
            "ca": "PEM",
            "keys": {"k": "{1}"},
            "trusted": False,
        }
    },
    "logins": {
        "app": {
            "identities": {"x": IDENTITY},
            "roles": {"r": True},
            "login": False,
            "on_delete": "disable",
        }
    },
    "sso_only": {"ops all": "cert"},
    "auto_provisioning": True,
    "group_sync": {"group_claim": "teams"},
    "leftovers": ["key k9"],
}


def test_what_a_refresh_writes() -> None:
    assert seen_inputs(STATE, SHOWN) == WRITTEN


def test_the_kinds_of_claims() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        "ISSUER": "issuer",
        "AUDIENCE": "audience",
        "KEY": "key",
        "LINE": "map line",
        "USER": "user",
        "MEMBERSHIP": "membership",
        "SETTING": "setting",
        "CA": "certificate",
        "ACCEPTED": "accepted finding",
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.ISSUER, "server.jwt_authentication.issuers.configuration"),
        (Kind.AUDIENCE, "server.jwt_authentication.audience"),
        (Kind.KEY, "server.jwt_authentication.jwks"),
        (Kind.LINE, "server.identity_map.configuration"),
        (Kind.USER, "user name"),
        (Kind.SETTING, "name"),
        (Kind.CA, "server.jwt_authentication.issuers.custom_ca"),
    ],
)
def test_the_keys_of_found_texts(kind: Kind, expected: str) -> None:
    assert found_key(kind, "name") == expected


def test_the_tables_and_columns_of_the_registry() -> None:
    assert [question.as_string(None) for question in RegistryTables("crdb_sso").read()] == [
        'SELECT key, value FROM "crdb_sso"."public"."meta"',
        'SELECT kind, entry, owner, text, found, since FROM "crdb_sso"."public"."claims"',
        'SELECT setting, text FROM "crdb_sso"."public"."found_text"',
        'SELECT entry, owner, until FROM "crdb_sso"."public"."retiring"',
        'SELECT instance, owner, begun, completed FROM "crdb_sso"."public"."owners"',
    ]


PICKLED_KEYS = (
    b"\x80\x04\x95;\x00\x00\x00\x00\x00\x00\x00"
    b"\x8c\x1dcrdb_sso.provider.issuer_keys\x94"
    b"\x8c\x12IssuerKeysProvider\x94\x93\x94)\x81\x94."
)


def test_the_provider_of_own_keys_is_pickled_by_its_import_path_alone() -> None:
    assert base64.b64decode(serialize_provider(IssuerKeysProvider())) == PICKLED_KEYS
    assert type(pickle.loads(PICKLED_KEYS)) is IssuerKeysProvider  # noqa: S301 - the bytes above
    assert IssuerKeysProvider.serialize_as_secret_always is False
    assert vars(IssuerKeysProvider()) == {}


def test_the_names_of_own_keys() -> None:
    assert IssuerKeys._resource_type_name == "dynamic/crdb-sso:IssuerKeys"  # noqa: SLF001 - the SDK has no other door
    assert names(issuer_keys.INPUTS) == [
        "component",
        "algorithm",
        "public_key",
        "rotation",
        "overlap_h",
        "secret_inputs",
    ]
    assert names(issuer_keys.OUTPUTS) == ["private_key", "kid", "keys", "retiring"]
    assert set(names(issuer_keys.OUTPUTS)) <= IssuerKeys.__annotations__.keys()
