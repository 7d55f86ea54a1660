"""Which logins are proven, and as which of their identities."""

from dataclasses import replace

import pytest

from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.desired.proof import (
    Proof,
    parameters,
    proof_problems,
    proven_identity,
    proven_users,
    shut_out_users,
)
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.errors import InvalidInput

ONE, TWO = Identity("idp", "crdb", "o-1"), Identity("idp", "crdb", "o-2")
OTHER = Identity("idp", "elsewhere", "o-3")
WISH = Desired(
    {"idp": Source("https://idp.example.com")},
    {
        "app": Login({"one": ONE}),
        "alike": Login({"one": ONE, "two": TWO}),
        "apart": Login({"one": ONE, "other": OTHER}),
        "shut": Login({"one": ONE}, may_login=False),
        "nobody": Login({}),
    },
)
FILE = {"kind": "file", "path": "token"}


def test_a_login_that_is_shut_out_is_not_tried() -> None:
    proof = Proof({"shut": FILE, "app": FILE, "gone": FILE})

    assert proven_users(proof, WISH) == ("app",)
    assert shut_out_users(proof, WISH) == ("shut",)


def test_the_kind_and_the_identity_are_not_parameters_of_the_source() -> None:
    assert parameters({**FILE, "identity": "one"}) == {"path": "token"}


@pytest.mark.parametrize(
    ("user", "named", "expected"),
    [
        pytest.param("app", {}, ONE, id="the only one"),
        pytest.param("alike", {}, ONE, id="any, where none differs"),
        pytest.param("alike", {"identity": "two"}, TWO, id="the named one"),
        pytest.param("apart", {"identity": "other"}, OTHER, id="the named one of several"),
    ],
)
def test_whose_token_it_is(user: str, named: dict[str, str], expected: Identity) -> None:
    assert proven_identity(WISH, user, FILE | named) == expected


@pytest.mark.parametrize(
    ("user", "named", "what"),
    [
        ("apart", {}, "the login apart has several identities: one, other"),
        ("app", {"identity": "two"}, "the login app has no identity 'two'"),
        ("nobody", {}, "the login nobody has no identity, so no token opens it"),
        ("gone", {}, "there is no login 'gone' to prove"),
    ],
)
def test_what_nobody_can_prove_is_named(user: str, named: dict[str, str], what: str) -> None:
    ((about, error),) = proof_problems(Proof({user: FILE | named}), WISH)

    assert (about, error.what) == (user, what)


def test_an_identity_that_is_not_known_yet_is_not_guessed() -> None:
    with pytest.raises(InvalidInput, match="has no identity"):
        proven_identity(WISH, "app", {**FILE, "identity": UNKNOWN})


def test_a_wish_without_the_login_has_nothing_to_prove() -> None:
    assert proven_users(Proof({"app": FILE}), replace(WISH, logins={})) == ()
