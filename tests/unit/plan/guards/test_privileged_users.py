"""A new way into a user that may do more than use data is refused, unless the login allows it."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.privileges import Privilege
from crdb_sso.desired.logins import Desired, Identity, Login, Source, wanted_entries
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.guards import privileged_users
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.plan.planner import plan_context
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import at_default

IDP = "https://idp.example.com"
ADMIN = LiveUser(may_login=True, privileges=(Privilege("admin", "dbas"),))
HOLDER = LiveUser(may_login=True, privileges=(Privilege("CREATEROLE"), Privilege("VIEWACTIVITY")))
PLAIN = LiveUser(may_login=True, roles=frozenset({"readers"}))
ME = Identity("idp", "crdb", "me")
MORE = Identity("idp", "crdb", "more")


def wish(login: Login) -> Desired:
    return Desired({"idp": Source(IDP)}, {"boss": login})


def request(login: Login, known: frozenset[str] = frozenset()) -> OwnerRequest:
    allowed = frozenset({"boss"} if login.allow_privileged else ())
    entries = wanted_entries(wish(login))
    return OwnerRequest("me", entries, privileged=allowed, known_users=known)


def cluster(user: LiveUser | None, claimed: Login | None = None) -> ClusterState:
    entries = wanted_entries(wish(claimed)) if claimed else {}
    claims = tuple(Claim(entry, "me", text, found=False) for entry, text in entries.items())
    return ClusterState(
        at_default(),
        Registry("id", claims),
        {"boss": user} if user else {},
        frozenset({"readers", "dbas", "admin"}),
        admin_roles=frozenset({"dbas", "admin"}),
    )


LOGIN = Login({"me": ME})
DBA = Login({"me": ME}, frozenset({"dbas"}))


@pytest.mark.parametrize(
    ("live", "asked", "says"),
    [
        pytest.param(
            cluster(ADMIN),
            request(LOGIN),
            "boss: exists, member of admin (through dbas)",
            id="a member of admin",
        ),
        pytest.param(
            cluster(HOLDER),
            request(LOGIN),
            "boss: exists, holds CREATEROLE, holds VIEWACTIVITY",
            id="a holder of privileges",
        ),
        pytest.param(
            cluster(ADMIN),
            request(replace(LOGIN, may_login=False)),
            "boss: exists, member of admin (through dbas)",
            id="even to shut it out",
        ),
        pytest.param(
            cluster(ADMIN, LOGIN),
            request(Login({"me": ME, "more": MORE}), frozenset({"boss"})),
            "boss: exists, member of admin (through dbas)",
            id="a new identity for one that became an admin",
        ),
        pytest.param(
            cluster(None),
            request(DBA),
            "boss: becomes a member of dbas, which is a member of admin",
            id="a role that gives admin",
        ),
        pytest.param(
            cluster(PLAIN, LOGIN),
            request(Login({"me": ME}, frozenset({"admin"}))),
            "boss: becomes a member of admin",
            id="admin itself, later",
        ),
    ],
)
def test_refused(live: ClusterState, asked: OwnerRequest, says: str) -> None:
    with pytest.raises(GuardRefused) as caught:
        privileged_users.check(plan_context(live, asked))
    assert caught.value.what == f"tokens would get more than access to data: {says}"
    assert "`allow_privileged` (in the configuration `allowPrivileged`)" in caught.value.hint


@pytest.mark.parametrize(
    ("live", "asked"),
    [
        pytest.param(cluster(None), request(LOGIN), id="a new user"),
        pytest.param(cluster(PLAIN), request(LOGIN), id="a user without privileges"),
        pytest.param(
            cluster(ADMIN), request(replace(LOGIN, allow_privileged=True)), id="the login allows it"
        ),
        pytest.param(
            cluster(None), request(replace(DBA, allow_privileged=True)), id="also of its roles"
        ),
        pytest.param(
            cluster(ADMIN, Login({"me": ME, "more": MORE})),
            request(replace(LOGIN, may_login=False), frozenset({"boss"})),
            id="a revocation of one that became an admin",
        ),
        pytest.param(cluster(ADMIN, DBA), request(DBA), id="what this stack gave before"),
        pytest.param(
            cluster(PLAIN), request(Login({"me": ME}, frozenset({"readers"}))), id="another role"
        ),
    ],
)
def test_passed(live: ClusterState, asked: OwnerRequest) -> None:
    privileged_users.check(plan_context(live, asked))


def test_a_user_of_the_state_is_known_though_its_claims_are_lost() -> None:
    line = Entry(Kind.USER, "boss")
    asked = request(LOGIN, frozenset({"boss"}))
    only_user = replace(asked, entries={line: asked.entries[line]})
    privileged_users.check(plan_context(cluster(ADMIN), only_user))
