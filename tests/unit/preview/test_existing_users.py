"""Lines that say which users exist already, and when a preview has to look for them."""

import pytest

from crdb_sso.desired.logins import NOTHING, Desired, Identity, Login, Source, wanted_entries
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.preview.existing_users import adds_access, existing_lines
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import at_default

ME, MORE = Identity("idp", "crdb", "me"), Identity("idp", "crdb", "more")
LOGIN = Login({"me": ME}, frozenset({"readers"}))


def wish(**logins: Login) -> Desired:
    return Desired({"idp": Source("https://idp.example.com")}, logins)


def test_each_new_login_into_an_existing_user_says_what_that_may_do() -> None:
    users = {
        "admins": LiveUser(
            may_login=True, roles=frozenset({"admin"}), privileges=("member of admin",)
        ),
        "both": LiveUser(
            may_login=True, roles=frozenset({"b", "a"}), privileges=("holds CREATEDB",)
        ),
        "plain": LiveUser(may_login=True),
        "mine": LiveUser(may_login=True),
        "known": LiveUser(may_login=True),
    }
    claims = (Claim(Entry(Kind.USER, "mine"), "me", "LOGIN", found=False),)
    live = ClusterState(at_default(), Registry("id", claims), users)
    asked = wish(**dict.fromkeys([*users, "new"], LOGIN))
    request = OwnerRequest("me", wanted_entries(asked), known_users=frozenset({"known"}))

    assert list(existing_lines(request, live)) == [
        "admins: exists, member of admin",
        "both: exists, holds CREATEDB, member of a, b",
        "plain: exists, not a member of any role",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(NOTHING, wish(app=LOGIN), True, id="a login"),
        pytest.param(wish(app=Login({"me": ME})), wish(app=LOGIN), True, id="a role"),
        pytest.param(
            wish(app=LOGIN),
            wish(app=Login({"me": ME, "more": MORE}, LOGIN.roles)),
            True,
            id="an identity",
        ),
        pytest.param(wish(app=LOGIN), wish(app=LOGIN), False, id="nothing"),
        pytest.param(wish(app=LOGIN), wish(), False, id="a login less"),
        pytest.param(
            wish(app=LOGIN), wish(app=Login({"me": ME}, may_login=False)), False, id="a revocation"
        ),
    ],
)
def test_access_is_added_by(before: Desired, after: Desired, *, expected: bool) -> None:
    assert adds_access(before, after) is expected
