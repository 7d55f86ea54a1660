"""Lines that say which users exist already."""

from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN, Privilege
from crdb_sso.desired.logins import Desired, Identity, Login, Source, wanted_entries
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.preview.on_cluster.existing_users import existing_lines
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import at_default

ME, MORE = Identity("idp", "crdb", "me"), Identity("idp", "crdb", "more")
LOGIN = Login({"me": ME}, frozenset({"readers"}))


def wish(**logins: Login) -> Desired:
    return Desired({"idp": Source("https://idp.example.com")}, logins)


def test_each_new_login_into_an_existing_user_says_what_that_may_do() -> None:
    users = {
        "admins": LiveUser(
            may_login=True, roles=frozenset({"admin"}), privileges=(MEMBER_OF_ADMIN,)
        ),
        "both": LiveUser(
            may_login=True, roles=frozenset({"b", "a"}), privileges=(Privilege("CREATEDB"),)
        ),
        "plain": LiveUser(may_login=True),
        "mine": LiveUser(may_login=True),
        "known": LiveUser(may_login=True),
    }
    claims = (Claim(Entry(Kind.USER, "mine"), "me", "LOGIN", found=False),)
    live = ClusterState(at_default(), Registry("id", claims), users)
    asked = wish(**dict.fromkeys([*users, "new"], LOGIN))
    request = OwnerRequest("me", wanted_entries(asked), known_users=frozenset({"known"}))

    assert list(existing_lines(PlanContext(live, request))) == [
        "admins: exists, member of admin",
        "both: exists, holds CREATEDB, member of a, b",
        "plain: exists, not a member of any role",
    ]
