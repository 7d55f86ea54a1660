from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from crdb_sso.crdb.hba import Door
from crdb_sso.desired.logins import Identity, Login, Logins, OnDelete, Source
from crdb_sso.provider.props import Target, has_whole_maps, inputs_of, logins, seen_props, target
from tests.unit.engine_inputs import IDP, WISH, with_value
from tests.unit.named_keys import ec_key

LOGINS = Logins(
    {"idp": Source(IDP, f"{IDP}/keys", {"k1": ec_key("k1")})},
    {
        "app": Login({"orders": Identity("idp", "crdb", "o-1")}, frozenset({"readers"})),
        "idle": Login({}, may_login=False),
    },
)


# reading


def test_properties_become_what_is_wanted() -> None:
    assert logins(WISH) == LOGINS


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        pytest.param({}, True, id="all is known"),
        pytest.param({"sources": {"idp": Unknown()}}, True, id="a leaf is not"),
        pytest.param({"sources": Unknown()}, False, id="no source is"),
        pytest.param({"logins": Unknown()}, False, id="no login is"),
    ],
)
def test_effects_are_told_only_where_it_is_known_what_exists(
    changed: dict[str, Any],
    known: bool,  # noqa: FBT001 - a cell of the table
) -> None:
    assert has_whole_maps({"sources": {}, "logins": {}, **changed}) is known


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("enabled", False, replace(LOGINS, enabled=False), id="off"),
        pytest.param("enabled", Unknown(), LOGINS, id="a switch not known yet is on"),
        pytest.param("leftovers", ["key k9"], replace(LOGINS, leftovers=("key k9",)), id="left"),
        pytest.param("sources", Unknown(), replace(LOGINS, sources={}), id="sources unknown"),
        pytest.param("logins", None, replace(LOGINS, logins={}), id="no logins"),
    ],
)
def test_a_property_changes_what_is_wanted(path: str, value: object, expected: Logins) -> None:
    assert logins(with_value(path, value)) == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("sources idp", Unknown(), Source(None, None, None), id="a source unknown"),
        pytest.param("sources idp keys", Unknown(), Source(IDP, f"{IDP}/keys", None), id="keys"),
        pytest.param(
            "sources idp keys k1", Unknown(), Source(IDP, f"{IDP}/keys", {"k1": None}), id="a key"
        ),
        pytest.param("sources idp", {"issuer": IDP}, Source(IDP), id="an issuer alone"),
        pytest.param(
            "sources idp",
            {"issuer": IDP, "keys": None, "close_passthrough": True, "trusted": False},
            Source(IDP, "", {}, close_passthrough=True, trusted=False),
            id="what is not at its default",
        ),
    ],
)
def test_a_source_is_read_with_what_is_not_known(
    path: str, value: object, expected: Source
) -> None:
    assert logins(with_value(path, value)).sources["idp"] == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("logins app", Unknown(), Login({}), id="a login unknown"),
        pytest.param(
            "logins app identities orders",
            Unknown(),
            replace(LOGINS.logins["app"], identities={"orders": Identity("[unknown]", None, None)}),
            id="an identity unknown",
        ),
        pytest.param(
            "logins app identities orders",
            {"source": Unknown(), "audience": Unknown(), "subject": Unknown()},
            replace(LOGINS.logins["app"], identities={"orders": Identity("[unknown]", None, None)}),
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
        pytest.param("logins app", {"on_delete": "drop"}, Login({}), id="a user that is to go"),
    ],
)
def test_a_login_is_read_with_what_is_not_known(path: str, value: object, expected: Login) -> None:
    assert logins(with_value(path, value)).logins["app"] == expected


def test_a_target_knows_cluster_and_owner_and_hides_the_url() -> None:
    read = target(WISH | {"cluster_id": "id-1"})

    assert read == Target(WISH["cluster_url"], "org/shop/dev/sso", "crdb_sso", "id-1")
    assert repr(read) == "Target(owner='org/shop/dev/sso', database='crdb_sso')"
    assert target(WISH | {"cluster_id": None}).cluster_id == ""


def test_inputs_are_what_a_program_gives() -> None:
    state = WISH | {"cluster_id": "id-1", "__provider": "pickle", "leftovers": []}

    assert inputs_of(state) == WISH
    assert inputs_of(state | {"leftovers": ["key k9"]}) == WISH | {"leftovers": ["key k9"]}


# writing


def test_what_is_seen_as_wanted_is_written_as_it_was_given() -> None:
    assert seen_props(WISH | {"cluster_id": "id-1", "leftovers": ["key k9"]}, LOGINS) == WISH


def test_what_is_seen_otherwise_shows() -> None:
    source = Source(IDP, "", {}, close_passthrough=True, trusted=False)
    seen = Logins({"idp": source}, {"app": Login({})}, enabled=False, leftovers=("user idle",))

    assert seen_props(WISH, seen) == WISH | {
        "enabled": False,
        "sources": {
            "idp": {"issuer": IDP, "keys": {}, "close_passthrough": True, "trusted": False}
        },
        "logins": {"app": {"identities": {}}},
        "leftovers": ["user idle"],
    }


def test_forced_sso_is_read_and_written_where_it_is_used() -> None:
    closed = WISH | {"sso_only": {"ops all": "cert"}}

    assert logins(closed) == replace(LOGINS, sso_only={Door("ops"): "cert"})
    assert logins(WISH | {"sso_only": Unknown()}).sso_only is None
    assert seen_props(closed, logins(closed)) == closed
    assert seen_props(closed, LOGINS) == WISH


def test_a_user_that_is_to_stay_is_written_as_such() -> None:
    seen = seen_props(WISH, Logins({}, {"app": Login({}, on_delete=OnDelete.DISABLE)}))
    assert seen["logins"] == {"app": {"identities": {}, "on_delete": "disable"}}


def test_keys_that_are_not_known_are_written_as_none() -> None:
    seen = seen_props(WISH, Logins({"idp": Source(IDP, "", None)}, {}))
    assert seen["sources"] == {"idp": {"issuer": IDP, "keys": {}}}


def test_what_is_written_reads_the_same() -> None:
    assert logins(seen_props(WISH, LOGINS)) == LOGINS
