"""Rows of SHOW USERS, as each version prints them."""

from datetime import datetime, timezone

import pytest

from crdb_sso.crdb.listed_users import ListedUser, listed_users, tells_last_logins

AT = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)
SOURCE = "PROVISIONSRC=jwt_token:https://idp.example.com"


@pytest.mark.parametrize(
    ("row", "listed"),
    [
        (("app", "", []), ListedUser()),
        (("app", "CREATEDB, NOLOGIN", []), ListedUser(frozenset({"CREATEDB"}))),
        (("app", ["NOLOGIN", "CREATEDB"], [], AT), ListedUser(frozenset({"CREATEDB"}), "", AT)),
        (("app", [SOURCE], [], None), ListedUser(frozenset(), "jwt_token:https://idp.example.com")),
        (("app", f"SUBJECT=CN=x, {SOURCE}", []), ListedUser()),
        (("app", "VALID UNTIL=2030-01-01 00:00:00+00:00", []), ListedUser()),
    ],
)
def test_options_are_a_text_or_a_list(row, listed):
    assert listed_users([row]) == {"app": listed}


def test_the_fourth_column_tells_last_logins():
    assert tells_last_logins([("root", [], [], None)])
    assert not tells_last_logins([("root", "", [])])
