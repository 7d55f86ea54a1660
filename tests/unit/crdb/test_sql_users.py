"""Login states and memberships of SQL users, and the texts that stand for them."""

import pytest

from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.errors import InvalidUserName


def test_a_login_state_is_the_word_that_sql_has_for_it() -> None:
    assert (LoginState.LOGIN.value, LoginState.NOLOGIN.value) == ("LOGIN", "NOLOGIN")
    assert LoginState.of(may_login=True) is LoginState.LOGIN
    assert LoginState.of(may_login=False) is LoginState.NOLOGIN
    assert LoginState.LOGIN.may_login
    assert not LoginState.NOLOGIN.may_login


def test_a_membership_is_read_back_from_the_text_that_stands_for_it() -> None:
    membership = Membership("readers", "app.orders")

    assert membership.text == "readers app.orders"
    assert Membership.read("readers app.orders") == membership


@pytest.mark.parametrize("text", ["", "readers", "readers ", " app", "readers app orders"])
def test_a_text_that_is_not_two_names_is_not_a_membership(text: str) -> None:
    with pytest.raises(InvalidUserName, match="is not a role and a user"):
        Membership.read(text)
