"""Group sync is turned on only where the program accepts that groups can make admins."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired, Login
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.guards import synced_admins
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.planner import plan_context
from tests.unit.cluster_model import Cluster, carried_out, refreshed, with_texts
from tests.unit.request_strategies import wanted

SYNC = Setting.GROUP_SYNC
SYNCED = Desired({}, {}, group_sync=GroupSync())
ACCEPTED = Desired({}, {}, group_sync=GroupSync(allow_privileged=True))


def refusal(live: ClusterState, request: OwnerRequest | None = None) -> GuardRefused:
    with pytest.raises(GuardRefused) as caught:
        synced_admins.check(plan_context(live, request or wanted("me", SYNCED)))
    return caught.value


def passes(cluster: Cluster, logins: Desired, owner: str = "me") -> bool:
    request = cluster.known(wanted(owner, logins))
    synced_admins.check(plan_context(cluster.live_for(request), request))
    return True


@pytest.mark.parametrize(
    ("admins", "named"),
    [
        pytest.param(set(), "admin", id="nothing else is known"),
        pytest.param({"admin", "root"}, "admin", id="root is not a role"),
        pytest.param({"admin", "dbas", "root"}, "admin or dbas", id="a role"),
        pytest.param({"leads", "dbas", "ann"}, "admin, ann, dbas or leads", id="more of them"),
    ],
)
def test_a_refusal_names_the_groups_that_would_make_admins(admins: set[str], named: str) -> None:
    live = replace(Cluster().live_for(wanted("me")), admin_roles=frozenset(admins))

    said = refusal(live)

    assert said.what == (
        "group sync would let tokens make admins: at its login, a user becomes a member of admin"
        f" if the token's groups name {named}"
    )
    assert said.hint.endswith(
        "set `allow_privileged` (in the configuration `allowPrivileged`) in `group_sync`"
        " (in the configuration `groupSync`)."
    )


def test_a_long_list_is_cut() -> None:
    many = frozenset(f"r{number:03}" for number in range(30))

    said = refusal(replace(Cluster().live_for(wanted("me")), admin_roles=many))

    assert said.what.endswith("r017, r018 or 11 more")


def test_a_program_that_accepts_it_passes() -> None:
    assert passes(Cluster(), ACCEPTED)


def test_sync_that_somebody_turned_on_before_is_not_refused() -> None:
    found = Cluster(with_texts({SYNC: "true"}))

    assert passes(found, SYNCED)
    assert passes(carried_out(found, wanted("me", SYNCED)), SYNCED)


def test_sync_of_another_stack_is_joined_without_accepting_anything() -> None:
    assert passes(carried_out(Cluster(), wanted("you", ACCEPTED)), SYNCED)


def test_a_stack_whose_sync_is_on_goes_on_without_accepting_anything() -> None:
    on = carried_out(Cluster(), wanted("me", ACCEPTED))
    by_hand = on.edited(SYNC, "false")

    assert passes(on, SYNCED)
    assert passes(on, replace(SYNCED, auto_provisioning=True))
    assert passes(by_hand, SYNCED)  # it stays off
    assert passes(on, NOTHING)


@pytest.mark.parametrize(
    ("sync", "named"),
    [
        (GroupSync("teams"), "group_claim: 'groups' -> 'teams'"),
        (GroupSync("groups", "teams"), "userinfo_group_key: 'groups' -> 'teams'"),
        (
            GroupSync("teams", "teams"),
            "group_claim: 'groups' -> 'teams', userinfo_group_key: 'groups' -> 'teams'",
        ),
    ],
    ids=["claim", "userinfo", "both"],
)
def test_groups_from_elsewhere_are_a_new_decision(sync: GroupSync, named: str) -> None:
    both = carried_out(carried_out(Cluster(), wanted("you", ACCEPTED)), wanted("me", SYNCED))
    alone = carried_out(both, wanted("you"))
    request = alone.known(wanted("me", replace(SYNCED, group_sync=sync)))

    said = refusal(alone.live_for(request), request=request)

    assert f"would take groups from elsewhere ({named}), which lets tokens make admins" in said.what
    assert passes(alone, replace(SYNCED, group_sync=replace(sync, allow_privileged=True)))
    off = alone.edited(SYNC, "false")
    assert passes(off, replace(SYNCED, group_sync=sync))  # it stays off


def test_no_revocation_is_refused_while_sync_is_on() -> None:
    logins = {"app": Login({}), "gone": Login({})}
    on = carried_out(Cluster(), wanted("me", replace(ACCEPTED, logins=logins)))
    renamed_by_hand = on.edited(Setting.GROUP_CLAIM, "teams")

    for cluster in (on, renamed_by_hand):
        assert passes(cluster, replace(SYNCED, logins={"app": Login({})}))
        assert passes(cluster, replace(SYNCED, logins={}))
        assert passes(cluster, NOTHING)


def test_putting_it_back_after_somebody_turned_it_off_is_a_new_decision() -> None:
    off = carried_out(Cluster(), wanted("me", ACCEPTED)).edited(SYNC, "false")
    request = (lost := refreshed(off, "me", SYNC)).known(wanted("me", SYNCED))

    with pytest.raises(GuardRefused, match="would let tokens make admins"):
        synced_admins.check(plan_context(lost.live_for(request), request))
    assert passes(lost, ACCEPTED)
