"""SQL user names as CockroachDB stores and reserves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.user_names import (
    check_login_name,
    check_registry_role,
    check_role_name,
    normalised,
)
from crdb_sso.errors import InvalidUserName
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import check_new, may_not_use_jwt, normalise


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("app", "app", id="plain"),
        pytest.param("App_Orders", "app_orders", id="lower case"),
        pytest.param("Ομηρος", "ομηρος", id="beyond ASCII"),
        pytest.param("ΟΔΟΣ", "οδοσ", id="a last sigma is a sigma"),
        pytest.param("\u0130I\u0131", "iii", id="dotted and dotless i"),
        pytest.param("u\u0308", "\u00fc", id="composed"),
    ],
)
def test_names_are_stored_folded(name: str, expected: str) -> None:
    assert normalised(name) == expected


@pytest.mark.parametrize(
    "name",
    ["app_orders", "0123121132", "3f2504e0-4f89-11d3-9a0c", "_x", "a.b", "größe", "x" * 63],
)
def test_a_legal_name_is_accepted(name: str) -> None:
    check_login_name(name)
    check_role_name(name)


NOT_A_LEGAL_NAME = "is not a legal SQL user name"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        pytest.param("", NOT_A_LEGAL_NAME, "Names start with", id="empty"),
        pytest.param("-a", NOT_A_LEGAL_NAME, "letters, digits, dashes", id="begins with a dash"),
        pytest.param(".a", NOT_A_LEGAL_NAME, "Names start with", id="begins with a period"),
        pytest.param("a@b.com", NOT_A_LEGAL_NAME, "Names start with", id="an e-mail"),
        pytest.param("a b", NOT_A_LEGAL_NAME, "Names start with", id="a blank"),
        pytest.param("a\n", NOT_A_LEGAL_NAME, "Names start with", id="a line end"),
        pytest.param('a"b', NOT_A_LEGAL_NAME, "Names start with", id="a quote"),
        pytest.param("名前", NOT_A_LEGAL_NAME, "Names start with", id="letters without case"),
        pytest.param("a²", NOT_A_LEGAL_NAME, "Names start with", id="a digit other than 0 to 9"),
        pytest.param("x" * 64, "too long: 64 bytes", "at most 63 bytes", id="too long"),
        pytest.param("ü" * 32, "too long: 64 bytes", "at most 63 bytes", id="too long in bytes"),
        pytest.param("App", "is not as CockroachDB stores it", "Write 'app'", id="upper case"),
        pytest.param("\u0131x", "is not as CockroachDB stores it", "Write 'ix'", id="a dotless i"),
        pytest.param("u\u0308", "is not as CockroachDB", "Write '\u00fc'", id="decomposed"),
    ],
)
def test_a_name_that_the_cluster_would_not_store_is_refused(
    name: str, message: str, hint: str
) -> None:
    for check in (check_login_name, check_role_name):
        with pytest.raises(InvalidUserName) as caught:
            check(name)
        assert message in caught.value.what
        assert hint in caught.value.hint


@pytest.mark.parametrize(
    "name", ["root", "node", "public", "none", "admin", "pg_monitor", "crdb_internal_x"]
)
def test_no_token_opens_a_reserved_name(name: str) -> None:
    with pytest.raises(InvalidUserName, match="reserved or too powerful") as caught:
        check_login_name(name)
    assert "Make a separate user" in caught.value.hint
    check_role_name(name)


@pytest.mark.parametrize(
    "name", ["root", "node", "public", "none", "admin", "pg_monitor", "crdb_internal_x"]
)
def test_no_reserved_name_is_a_role_for_the_claim_tables(name: str) -> None:
    with pytest.raises(InvalidUserName, match="reserved name") as caught:
        check_registry_role(name)
    assert "Name a role of its own" in caught.value.hint
    check_registry_role("sso_operators")


@given(st.text(max_size=70) | st.text(alphabet="aAz\u0131üß_-.0 9@", max_size=70))
def test_an_accepted_login_name_can_be_created_and_logged_in_as(name: str) -> None:
    try:
        check_login_name(name)
    except InvalidUserName:
        return
    check_new(name)
    assert normalise(name) == name
    assert not may_not_use_jwt(name)


@given(st.text(min_size=1, max_size=70))
def test_a_role_name_is_refused_when_the_cluster_refuses_it(name: str) -> None:
    try:
        check_new(name)
    except SqlError as error:
        if "reserved" not in str(error):
            with pytest.raises(InvalidUserName):
                check_role_name(name)
