"""What happens to users when the last claim on them is released."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.desired.logins import Desired, Login, OnDelete
from crdb_sso.desired.remembered import Remembered, staying_users
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.plan.steps import Retire
from crdb_sso.registry.claims import Entry, Kind
from tests.unit.cluster_model import Cluster, carried_out, planned
from tests.unit.request_strategies import wanted

BOTH = {"app": Login({}), "idle": Login({}, may_login=False)}


@pytest.mark.parametrize(
    ("staying", "dropped", "disabled"),
    [
        pytest.param(set(), ("app", "idle"), {}, id="dropped by default"),
        pytest.param({"app"}, ("idle",), {"app": LoginState.NOLOGIN}, id="shut out, and stays"),
        pytest.param({"idle"}, ("app",), {}, id="already shut out"),
        pytest.param({"app", "idle"}, (), {"app": LoginState.NOLOGIN}, id="both stay"),
    ],
)
def test_a_user_that_was_created_here_is_dropped_or_shut_out(
    staying: set[str], dropped: tuple[str, ...], disabled: dict[str, LoginState]
) -> None:
    before = carried_out(Cluster(), wanted("me", Desired({}, BOTH)))

    step = planned(before, replace(wanted("me"), staying=frozenset(staying))).retire

    assert (step.drop_users, step.alter_users) == (dropped, disabled)


@pytest.mark.parametrize(
    ("live", "news"),
    [
        pytest.param(
            LiveUser(may_login=True, roles=frozenset({"readers", "dba"})),
            "member of dba",
            id="somebody gave it a role",
        ),
        pytest.param(
            LiveUser(may_login=True), "no longer a member of readers", id="somebody made it anew"
        ),
        pytest.param(
            LiveUser(may_login=True, roles=frozenset({"readers"}), options=("CREATEDB",)),
            "CREATEDB",
            id="somebody gave it an option",
        ),
    ],
)
def test_a_user_that_is_no_longer_as_we_left_it_is_kept(live: LiveUser, news: str) -> None:
    login = Desired({}, {"app": Login({}, frozenset({"readers"}))})
    before = carried_out(Cluster(roles=frozenset({"readers", "dba"})), wanted("me", login))

    step = planned(replace(before, users={"app": live}), wanted("me")).retire

    assert (step.drop_users, step.kept_users) == ((), {"app": news})
    assert step.revokes == tuple(Membership("readers", "app") for _ in live.roles & {"readers"})


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(LiveUser(may_login=True, roles=frozenset({"readers"})), id="one more"),
        pytest.param(LiveUser(may_login=True), id="none"),
    ],
)
def test_roles_that_groups_gave_or_took_do_not_keep_a_user(live: LiveUser) -> None:
    before = carried_out(Cluster(), wanted("me", Desired({}, {"app": Login({})})))
    synced = before.edited(Setting.GROUP_SYNC, "true")

    step = planned(replace(synced, users={"app": live}), wanted("me")).retire

    assert (step.drop_users, step.kept_users) == (("app",), {})


def test_users_stay_if_their_logins_say_so() -> None:
    logins = Desired({}, {"app": Login({}, on_delete=OnDelete.DISABLE), "idle": Login({})})

    assert staying_users(Remembered(logins)) == {"app"}


def test_a_user_that_stays_loses_the_memberships_granted_here_and_all_claims() -> None:
    login = Desired({}, {"app": Login({}, frozenset({"readers"}))})
    before = carried_out(Cluster(roles=frozenset({"readers"})), wanted("me", login))

    plan = planned(before, replace(wanted("me"), staying=frozenset({"app"})))

    assert plan.retire == Retire(
        revokes=(Membership("readers", "app"),),
        alter_users={"app": LoginState.NOLOGIN},
        claims=before.claims,
    )


@pytest.mark.parametrize("may_login", [True, False])
def test_a_found_user_gets_its_login_state_back_even_if_it_should_stay(*, may_login: bool) -> None:
    found = Cluster(users={"app": LiveUser(may_login)})
    ours = wanted("me", Desired({}, {"app": Login({}, may_login=not may_login)}))

    after = carried_out(carried_out(found, ours), replace(wanted("me"), staying=frozenset({"app"})))

    assert (after.visible, after.claims) == (found.visible, ())


ADMIN = LiveUser(may_login=True, roles=frozenset({"admin"}))


@pytest.mark.parametrize(
    ("user", "live", "before"),
    [
        pytest.param("dba", ADMIN, "NOLOGIN", id="a member of admin"),
        pytest.param("root", LiveUser(may_login=True), "NOLOGIN", id="a reserved user"),
        pytest.param("app", LiveUser(may_login=True), "on Sundays", id="no login state at all"),
    ],
)
def test_a_row_that_no_state_remembers_shuts_nobody_powerful_out(
    user: str, live: LiveUser, before: str
) -> None:
    up = carried_out(Cluster(), wanted("me", Desired({}, {"other": Login({})})))
    assert up.registry is not None
    (mine,) = up.registry.claims
    forged = replace(mine, entry=Entry(Kind.USER, user), text="LOGIN", found=True)
    registry = replace(
        up.registry,
        claims=(mine, forged),
        found_texts={**up.registry.found_texts, f"user {user}": before},
    )
    cluster = replace(up, registry=registry, users={**up.users, user: live})

    after = carried_out(cluster, wanted("me"))

    assert after.users == {user: live}
