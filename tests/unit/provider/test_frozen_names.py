"""What states and clusters remember. A failing test here means: leave an alias, or a migration."""

import base64
import dataclasses
import pickle
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from crdb_sso.clients.statements import RegistryTables
from crdb_sso.desired.logins import Identity, Login, Logins, Source
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.provider.cluster_logins import ClusterLogins, ClusterLoginsProvider
from crdb_sso.provider.key_props import KEY_INPUTS, retiring_outputs
from crdb_sso.provider.option_props import seen_options
from crdb_sso.provider.props import INPUTS, seen_props
from crdb_sso.registry.claims import Kind, found_key

PICKLED = (
    b"\x80\x04\x95A\x00\x00\x00\x00\x00\x00\x00"
    b"\x8c crdb_sso.provider.cluster_logins\x94"
    b"\x8c\x15ClusterLoginsProvider\x94\x93\x94)\x81\x94."
)


def test_the_provider_is_pickled_by_its_import_path_alone() -> None:
    assert base64.b64decode(serialize_provider(ClusterLoginsProvider())) == PICKLED


def test_a_provider_that_a_state_remembers_can_be_loaded() -> None:
    assert type(pickle.loads(PICKLED)) is ClusterLoginsProvider  # noqa: S301 - the bytes above


def test_the_provider_is_no_secret_and_carries_nothing() -> None:
    assert ClusterLoginsProvider.serialize_as_secret_always is False
    assert vars(ClusterLoginsProvider()) == {}


def test_the_type_token() -> None:
    assert ClusterLogins._resource_type_name == "dynamic/crdb-sso:ClusterLogins"  # noqa: SLF001 - the SDK has no other door


def test_the_property_names() -> None:
    assert INPUTS == (
        "cluster_url",
        "owner",
        "mode",
        "enabled",
        "registry_database",
        "sources",
        "logins",
        "sso_only",
    )
    source = Source("i", "u", {"k": "{}"}, close_passthrough=True, trusted=False, ca="PEM")
    login = Login({"x": Identity("idp", "a", "s")}, frozenset({"r"}), may_login=False)
    seen = Logins({"idp": source}, {"app": login}, enabled=False, leftovers=("key k9",))

    assert seen_props({}, seen) == {
        "enabled": False,
        "sources": {
            "idp": {
                "issuer": "i",
                "jwks_uri": "u",
                "ca": "PEM",
                "keys": {"k": "{}"},
                "close_passthrough": True,
                "trusted": False,
            }
        },
        "logins": {
            "app": {
                "identities": {"x": {"source": "idp", "audience": "a", "subject": "s"}},
                "roles": {"r": True},
                "login": False,
            }
        },
        "leftovers": ["key k9"],
    }
    by_subject = Source("i", subject_is_username=True, audience="a")
    assert seen_props({}, Logins({"idp": by_subject}, {}))["sources"] == {
        "idp": {"issuer": "i", "keys": {}, "subject_is_username": True, "audience": "a"}
    }
    assert KEY_INPUTS == (
        "retire_after_h",
        "claim",
        "take_over",
        "auto_provisioning",
        "group_sync",
    )
    synced = replace(seen, auto_provisioning=True, group_sync=GroupSync("teams", "roles"))
    assert seen_options({}, synced) == {
        "auto_provisioning": True,
        "group_sync": {"group_claim": "teams", "userinfo_group_key": "roles"},
    }
    retired = replace(source, retiring={"k9": datetime(2026, 11, 25, 6, tzinfo=timezone.utc)})
    assert retiring_outputs(replace(seen, sources={"idp": retired})) == {
        "retiring": {"idp": {"k9": "2026-11-25T06:00:00+00:00"}}
    }
    assert {"cluster_id", "retiring"} <= ClusterLogins.__annotations__.keys()


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
        'SELECT former, owner FROM "crdb_sso"."public"."renames"',
        'SELECT entry, owner, until FROM "crdb_sso"."public"."retiring"',
    ]


def test_logins_have_no_field_that_a_state_would_lose() -> None:
    assert {field.name for field in dataclasses.fields(Logins)} == {
        "sources",
        "logins",
        "enabled",
        "leftovers",
        "fetched",
        "claim",
        "take_over",
        "sso_only",
        "auto_provisioning",
        "group_sync",
    }
