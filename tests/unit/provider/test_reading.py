"""How a property bag is read, with known and unknown values."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.crdb.hba import Door
from crdb_sso.desired.logins import Desired, Identity, Login, OnDelete, Source
from crdb_sso.desired.remembered import NOTHING_YET, Remembered
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.provider.reading import (
    has_whole_maps,
    inputs_of,
    is_known,
    read_desired,
    read_remembered,
    read_target,
)
from crdb_sso.provider.target import Target
from tests.unit.engine_inputs import IDP, WISH, with_value
from tests.unit.named_keys import ec_key

DESIRED = Desired(
    {"idp": Source(IDP, f"{IDP}/keys", {"k1": ec_key("k1")})},
    {
        "app": Login({"orders": Identity("idp", "crdb", "o-1")}, frozenset({"readers"})),
        "idle": Login({}, may_login=False),
    },
)


def test_properties_become_a_wish() -> None:
    assert read_desired(WISH) == DESIRED


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        pytest.param({}, True, id="all is known"),
        pytest.param({"sources": {"idp": Unknown()}}, True, id="a leaf is not"),
        pytest.param({"sources": Unknown()}, False, id="no source is"),
        pytest.param({"logins": Unknown()}, False, id="no login is"),
    ],
)
def test_effects_are_shown_only_if_sources_and_logins_are_known(
    changed: dict[str, Any],
    known: bool,  # noqa: FBT001 - a cell of the table
) -> None:
    assert has_whole_maps({"sources": {}, "logins": {}, **changed}) is known


def test_a_bag_is_known_if_each_leaf_is() -> None:
    assert is_known(WISH)
    assert not is_known(with_value("sources idp keys k1", Unknown()))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("enabled", False, replace(DESIRED, enabled=False), id="off"),
        pytest.param("enabled", Unknown(), DESIRED, id="a switch not known yet is on"),
        pytest.param("sources", Unknown(), replace(DESIRED, sources={}), id="sources unknown"),
        pytest.param("logins", None, replace(DESIRED, logins={}), id="no logins"),
        pytest.param(
            "sso_only",
            {"ops all": "cert"},
            replace(DESIRED, sso_only={Door("ops"): "cert"}),
            id="forced SSO",
        ),
        pytest.param("sso_only", Unknown(), DESIRED, id="forced SSO unknown"),
    ],
)
def test_a_property_changes_the_wish(path: str, value: object, expected: Desired) -> None:
    assert read_desired(with_value(path, value)) == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param(
            "sources idp",
            Unknown(),
            Source(UNKNOWN, UNKNOWN, UNKNOWN, audience=UNKNOWN, ca=UNKNOWN),
            id="a source unknown",
        ),
        pytest.param("sources idp keys", Unknown(), Source(IDP, f"{IDP}/keys", UNKNOWN), id="keys"),
        pytest.param(
            "sources idp keys k1",
            Unknown(),
            Source(IDP, f"{IDP}/keys", {"k1": UNKNOWN}),
            id="a key",
        ),
        pytest.param("sources idp", {"issuer": IDP}, Source(IDP), id="an issuer alone"),
        pytest.param(
            "sources idp",
            {"issuer": IDP, "keys": None, "close_passthrough": True},
            Source(IDP, close_passthrough=True),
            id="everything that is not a default",
        ),
    ],
)
def test_a_source_is_read_with_unknown_values(path: str, value: object, expected: Source) -> None:
    assert read_desired(with_value(path, value)).sources["idp"] == expected


NOTHING_KNOWN = replace(
    DESIRED.logins["app"], identities={"orders": Identity(UNKNOWN, UNKNOWN, UNKNOWN)}
)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("logins app", Unknown(), Login({}), id="a login unknown"),
        pytest.param(
            "logins app identities orders", Unknown(), NOTHING_KNOWN, id="an identity unknown"
        ),
        pytest.param(
            "logins app identities orders",
            {"source": Unknown(), "audience": Unknown(), "subject": Unknown()},
            NOTHING_KNOWN,
            id="all of an identity unknown",
        ),
        pytest.param(
            "logins app",
            {"roles": {"readers": True, "writers": False}, "login": True},
            Login({}, frozenset({"readers"})),
            id="a role that is switched off",
        ),
        pytest.param("logins app", {"roles": Unknown()}, Login({}), id="roles unknown"),
        pytest.param(
            "logins app",
            {"on_delete": "disable"},
            Login({}, on_delete=OnDelete.DISABLE),
            id="a user that is to stay",
        ),
        pytest.param(
            "logins app", {"on_delete": "drop"}, Login({}), id="a user that is to be dropped"
        ),
    ],
)
def test_a_login_is_read_with_unknown_values(path: str, value: object, expected: Login) -> None:
    assert read_desired(with_value(path, value)).logins["app"] == expected


def test_a_state_says_what_a_refresh_found() -> None:
    state = with_value("sources idp trusted", value=False) | {"leftovers": ["key k9"]}

    assert read_remembered(state) == Remembered(
        DESIRED, untrusted=frozenset({"idp"}), leftovers=("key k9",)
    )
    assert read_remembered(WISH) == Remembered(DESIRED)
    assert read_remembered({}) == NOTHING_YET


def test_a_target_knows_cluster_and_owner_and_hides_the_url() -> None:
    read = read_target(WISH | {"cluster_id": "id-1"})

    assert read == Target(WISH["cluster_url"], "org/shop/dev/sso", "crdb_sso", "id-1")
    assert repr(read) == "Target(owner='org/shop/dev/sso', database='crdb_sso')"
    assert read_target(WISH | {"cluster_id": None}).cluster_id == ""


def test_inputs_are_what_a_program_gives() -> None:
    state = WISH | {"cluster_id": "id-1", "__provider": "pickle", "leftovers": []}

    assert inputs_of(state) == WISH
    assert inputs_of(state | {"leftovers": ["key k9"]}) == WISH | {"leftovers": ["key k9"]}
