"""What a user may do besides using data, however it came to be allowed that."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.privileges import gives_admin, privileges_of, reached_roles

CHAIN = {"boss": {"dbas"}, "dbas": {"leads"}, "leads": {"admin"}}


@pytest.mark.parametrize(
    ("options", "roles_of", "granted", "expected"),
    [
        pytest.param((), {}, {}, (), id="nothing"),
        pytest.param((), {"boss": {"readers"}}, {}, (), id="a role without rights"),
        pytest.param((), {"boss": {"admin"}}, {}, ("member of admin",), id="an admin"),
        pytest.param((), CHAIN, {}, ("member of admin (through dbas)",), id="through two roles"),
        pytest.param(
            (),
            {"boss": {"aaa", "admin"}, "aaa": {"admin"}},
            {},
            ("member of admin",),
            id="both ways",
        ),
        pytest.param(
            ("CREATEROLE",),
            {"boss": {"ops"}},
            {"boss": {"MODIFYCLUSTERSETTING"}, "ops": {"VIEWACTIVITY"}, "else": {"CANCELQUERY"}},
            ("holds CREATEROLE", "holds MODIFYCLUSTERSETTING", "holds VIEWACTIVITY (through ops)"),
            id="options, own and inherited privileges",
        ),
        pytest.param(
            ("CREATEROLE",),
            {"boss": {"admin"}},
            {"boss": {"VIEWACTIVITY"}},
            ("member of admin",),
            id="an admin holds everything",
        ),
        pytest.param((), {}, {"public": {"VIEWACTIVITY"}}, (), id="what everybody holds"),
        pytest.param((), {"boss": {"a"}, "a": {"b"}, "b": {"a"}}, {}, (), id="a circle"),
    ],
)
def test_a_user_may(
    options: tuple[str, ...],
    roles_of: Mapping[str, set[str]],
    granted: Mapping[str, set[str]],
    expected: tuple[str, ...],
) -> None:
    assert privileges_of("boss", options, roles_of, granted) == expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [("admin", True), ("leads", True), ("dbas", True), ("readers", False), ("", False)],
)
def test_members_of_a_role_are_admins(role: str, *, expected: bool) -> None:
    assert gives_admin(role, CHAIN) is expected


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.sets(NAMES)), NAMES)
def test_what_a_role_reaches_its_members_reach(roles_of: dict[str, set[str]], name: str) -> None:
    reached = reached_roles(name, roles_of)
    assert set(reached) >= roles_of.get(name, set())
    for role in reached:
        assert reached_roles(role, roles_of).keys() <= reached.keys()
    assert set(reached.values()) <= roles_of.get(name, set())
