"""What a user may do besides using data, however it came to be allowed that."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.privileges import (
    MEMBER_OF_ADMIN,
    Privilege,
    gives_admin,
    privileges_of,
    reached_roles,
)

CHAIN = {"boss": {"dbas"}, "dbas": {"leads"}, "leads": {"admin"}}


@pytest.mark.parametrize(
    ("options", "roles_of", "granted", "expected"),
    [
        pytest.param((), {}, {}, (), id="nothing"),
        pytest.param((), {"boss": {"readers"}}, {}, (), id="a role without rights"),
        pytest.param((), {"boss": {"admin"}}, {}, (MEMBER_OF_ADMIN,), id="an admin"),
        pytest.param((), CHAIN, {}, (Privilege("admin", "dbas"),), id="through two roles"),
        pytest.param(
            (),
            {"boss": {"aaa", "admin"}, "aaa": {"admin"}},
            {},
            (MEMBER_OF_ADMIN,),
            id="both ways",
        ),
        pytest.param(
            ("CREATEROLE",),
            {"boss": {"ops"}},
            {"boss": {"MODIFYCLUSTERSETTING"}, "ops": {"VIEWACTIVITY"}, "else": {"CANCELQUERY"}},
            (
                Privilege("CREATEROLE"),
                Privilege("MODIFYCLUSTERSETTING"),
                Privilege("VIEWACTIVITY", "ops"),
            ),
            id="options, own and inherited privileges",
        ),
        pytest.param(
            ("CREATEROLE",),
            {"boss": {"admin"}},
            {"boss": {"VIEWACTIVITY"}},
            (MEMBER_OF_ADMIN,),
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
    expected: tuple[Privilege, ...],
) -> None:
    assert privileges_of("boss", options, roles_of, granted) == expected


@pytest.mark.parametrize(
    ("privilege", "words"),
    [
        (Privilege("admin"), "member of admin"),
        (Privilege("admin", "dbas"), "member of admin (through dbas)"),
        (Privilege("CREATEROLE"), "holds CREATEROLE"),
        (Privilege("VIEWACTIVITY", "ops"), "holds VIEWACTIVITY (through ops)"),
    ],
)
def test_people_read(privilege: Privilege, words: str) -> None:
    assert privilege.words == words


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
