"""The names of claims that settings take, checked as the cluster does."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.claim_names import check_claim, check_group_names, is_pointer
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import InvalidInput
from dev.emulator.setting_texts.claim import validate_claim
from dev.emulator.setting_texts.group_claims import validate_group_claims
from dev.emulator.sqlerror import SqlError

TEN = "/a/b/c/d/e/f/g/h/i/j"


@pytest.mark.parametrize(
    "claim",
    [
        "email",
        "https://example.com/claim",
        "a//b",
        "kubernetes.io/serviceaccount/uid",
        " /a//b",
        "/kubernetes.io/serviceaccount/uid",
        "/roles/0",
        "/https:~1~1sts.amazonaws.com~1/key",
        "/ ",
        "/~2",
        TEN,
    ],
)
def test_a_claim_is_a_name_or_a_pointer_without_an_empty_segment(claim: str) -> None:
    check_claim(claim)


@pytest.mark.parametrize("claim", ["/", "//", "/a/", "/a//b", "//a"])
def test_a_pointer_names_something_after_each_slash(claim: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_claim(claim)
    assert caught.value.what == (
        f"the JSON Pointer {claim!r} has nothing between two slashes, or after the last one"
    )
    assert "a slash within a name is `~1`" in caught.value.hint


def test_a_pointer_is_at_most_ten_segments_long() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_claim(f"{TEN}/k")
    assert caught.value.what == (
        f"the JSON Pointer '{TEN}/k' is 11 names long; CockroachDB takes at most 10"
    )


@pytest.mark.parametrize(
    ("claim", "expected"), [("/a", True), ("/", True), ("a/b", False), ("", False), (" /a", False)]
)
def test_a_leading_slash_makes_a_pointer(claim: str, *, expected: bool) -> None:
    assert is_pointer(claim) is expected


@pytest.mark.parametrize(
    "names",
    [
        "groups",
        "realm_access.roles",
        "A-b_c.9",
        ".",
        "groups,roles",
        " groups , roles ",
        "groups,\u00a0roles\u3000",
        "groups,groups",
    ],
)
def test_names_of_groups_are_lists_of_plain_names(names: str) -> None:
    check_group_names(names)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ("", "the name is blank"),
        (" \t", "the name is blank"),
        (",", "a name is missing in ','"),
        ("groups,", "a name is missing in 'groups,'"),
        ("a, ,b", "a name is missing in 'a, ,b'"),
        ("two words", "CockroachDB refuses 'two words'"),
        ("realm_access/roles", "CockroachDB refuses 'realm_access/roles'"),
        ("groups,https://example.com/g", "CockroachDB refuses 'https://example.com/g'"),
        ("gruppen_ä", "CockroachDB refuses 'gruppen_ä'"),
        ("٣", "CockroachDB refuses '٣'"),
        ("groups\x1f", r"CockroachDB refuses 'groups\x1f'"),
        ('["groups"]', "CockroachDB refuses '[\"groups\"]'"),
    ],
)
def test_other_names_of_groups_are_refused(names: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_group_names(names)
    assert caught.value.what.startswith(says)


def is_refused(check: Callable[[str], None], text: str) -> bool:
    try:
        check(text)
    except (InvalidInput, SqlError):
        return True
    return False


TOKENS = st.one_of(
    st.sampled_from(
        ["groups", "a.b", "A-1", "", " ", "\u2003x\u00a0", "x\x1f", "a\n", "é", "٣", "/a"]
    ),
    st.text(max_size=4),
)


@given(st.lists(TOKENS, max_size=4).map(",".join))
def test_names_are_refused_where_the_embedded_cluster_refuses_them(text: str) -> None:
    assert is_refused(check_group_names, text) is is_refused(validate_group_claims, text)


SEGMENTS = st.lists(st.sampled_from(["a", "0", "~1", "", " ", "~2"]), max_size=12)


@given(SEGMENTS.map("/".join))
def test_claims_are_refused_where_the_embedded_cluster_refuses_them(text: str) -> None:
    if text.strip():  # a blank claim is refused by us alone: leaving it out says the same
        assert is_refused(check_claim, text) is is_refused(validate_claim, text)


@pytest.mark.parametrize("setting", [Setting.GROUP_CLAIM, Setting.USERINFO_GROUP_KEY])
def test_rows_of_the_claim_tables_pass_the_same_checks(setting: Setting) -> None:
    setting.spec.format.check_entry("", "groups")
    with pytest.raises(InvalidInput, match="CockroachDB refuses 'a b'"):
        setting.spec.format.check_entry("", "a b")
    with pytest.raises(InvalidInput, match="has nothing between"):
        Setting.CLAIM.spec.format.check_entry("", "/a/")


@pytest.mark.parametrize("setting", [Setting.GROUP_CLAIM, Setting.CLAIM])
def test_what_is_found_is_read_and_restored_whatever_it_is(setting: Setting) -> None:
    odd = setting.spec.format

    assert odd.read("/a//b c").items == (("", "/a//b c"),)
    assert odd.may_restore("groups", "/a//b c")
