"""Whose word counts in the claim tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import GuardRefused
from crdb_sso.registry.ownership import (
    DATABASE,
    SCHEMA,
    TABLE,
    Owned,
    TakeOver,
    check_owners,
    check_takeable,
    owned_by_strangers,
    ownership,
)

BY_MALLORY = (
    Owned(DATABASE, "crdb_sso", "mallory"),
    Owned(SCHEMA, "public", "mallory"),
    Owned(TABLE, "lease", "mallory"),
    Owned(TABLE, "claims", "mallory"),
)


@pytest.mark.parametrize(
    ("owned", "is_trusted"),
    [
        pytest.param(Owned(TABLE, "claims", "root"), True, id="root"),
        pytest.param(Owned(SCHEMA, "public", "admin"), True, id="the role admin"),
        pytest.param(Owned(TABLE, "claims", "node"), True, id="the cluster itself"),
        pytest.param(Owned(TABLE, "claims", "dba", is_admins=True), True, id="an admin"),
        pytest.param(Owned(TABLE, "claims", "op", is_operators=True), True, id="the operator"),
        pytest.param(Owned(TABLE, "claims", "mallory"), False, id="a stranger"),
        pytest.param(Owned(TABLE, "claims", "public"), False, id="everybody"),
        pytest.param(Owned(TABLE, "claims", ""), False, id="nobody that is listed"),
        pytest.param(Owned("relation", "claims", "mallory"), False, id="a view of a stranger"),
    ],
)
def test_whose_word_counts(owned: Owned, *, is_trusted: bool) -> None:
    assert owned.is_trusted is is_trusted
    assert owned_by_strangers([owned]) == (() if is_trusted else (owned,))


def test_tables_of_a_stranger_are_refused_with_the_owner_what_and_what_to_do() -> None:
    with pytest.raises(GuardRefused) as caught:
        check_owners("crdb_sso", BY_MALLORY)

    assert caught.value.what == (
        "the claims of all stacks are kept in database crdb_sso, and mallory owns the database, its"
        " schema and the tables claims, lease: the owner decides what others' runs believe"
    )
    assert caught.value.hint == (
        "No row was read, and no setting, user or claim was changed. If one of your operators"
        " made it, have an admin run `crdb-sso init --database crdb_sso --registry-role ROLE`,"
        " which shows what is there, asks, and takes it over; then GRANT ROLE to the operators. If"
        " you don't"
        " know why mallory made it, have an admin drop it:"
        ' DROP DATABASE "crdb_sso" CASCADE;'
    )


def test_one_table_of_a_stranger_among_ours_is_enough() -> None:
    ours = [Owned(DATABASE, "crdb_sso", "root"), Owned(TABLE, "claims", "root")]
    check_owners("crdb_sso", ours)

    with pytest.raises(GuardRefused, match="mallory owns the table owners:"):
        check_owners("crdb_sso", [*ours, Owned(TABLE, "owners", "mallory")])


def test_nothing_there_is_nobodys() -> None:
    check_owners("crdb_sso", [])


def test_each_owner_is_named_with_what_they_own() -> None:
    assert ownership([*BY_MALLORY[:2], Owned("relation", "meta", ""), BY_MALLORY[2]]) == (
        "somebody whom the cluster does not list owns the relation meta;"
        " mallory owns the database, its schema and the table lease"
    )


def test_what_is_not_a_table_is_not_taken_over() -> None:
    check_takeable("crdb_sso", BY_MALLORY)

    with pytest.raises(GuardRefused, match="mallory owns the relation meta, where this program"):
        check_takeable("crdb_sso", [Owned("relation", "meta", "mallory")])


def test_owners_and_those_they_gave_rights_to_lose_them() -> None:
    what = TakeOver(BY_MALLORY, {"claims": 2}, frozenset({"trudy", "public", "root", "admin"}))

    assert what.losers == ("mallory", "public", "trudy")


NAMES = st.sampled_from(["root", "admin", "op", "mallory", "trudy", ""])


@given(
    st.lists(
        st.builds(
            Owned,
            st.sampled_from([DATABASE, SCHEMA, TABLE, "relation"]),
            st.sampled_from(["crdb_sso", "claims", "meta", "lease"]),
            NAMES,
            st.booleans(),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_it_is_refused_exactly_when_a_part_is_a_strangers(owned: list[Owned]) -> None:
    strangers = {each.owner for each in owned if not each.is_trusted}
    if not strangers:
        check_owners("crdb_sso", owned)
        return
    with pytest.raises(GuardRefused) as caught:
        check_owners("crdb_sso", owned)
    assert all(owner in caught.value.what for owner in strangers)
