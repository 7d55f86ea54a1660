"""Group sync that one stack alone keeps on, without accepting its power, is warned of."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.plan.planner import plan_context
from crdb_sso.preview.on_cluster.notes import warnings
from tests.unit.cluster_model import Cluster, carried_out, with_texts
from tests.unit.request_strategies import wanted

SYNCED = Desired({}, {}, group_sync=GroupSync())
ACCEPTED = Desired({}, {}, group_sync=GroupSync(allow_privileged=True))
JOINED = carried_out(carried_out(Cluster(), wanted("you", ACCEPTED)), wanted("me", SYNCED))
ALONE = carried_out(JOINED, wanted("you"))
WARNING = (
    "group sync is on for this stack alone, and lets tokens make admins, which the program does not"
    " accept: take out `group_sync` (in the configuration `groupSync`), or set `allow_privileged`"
    " (in the configuration `allowPrivileged`) in it"
)


def warned(cluster: Cluster, logins: Desired) -> list[str]:
    request = cluster.known(wanted("me", logins))
    return list(warnings(plan_context(cluster.live_for(request), request)))


def test_the_last_stack_with_sync_is_warned_until_it_accepts_it() -> None:
    assert warned(ALONE, SYNCED) == [WARNING]
    assert warned(ALONE, ACCEPTED) == []
    assert warned(ALONE, NOTHING) == []


def test_nobody_is_warned_while_another_stack_wants_it_too() -> None:
    assert warned(JOINED, SYNCED) == []


def test_nobody_is_warned_of_what_is_off_or_was_on_before() -> None:
    found = Cluster(with_texts({Setting.GROUP_SYNC: "true"}))

    assert WARNING not in warned(ALONE.edited(Setting.GROUP_SYNC, "false"), SYNCED)
    assert warned(carried_out(found, wanted("me", SYNCED)), SYNCED) == []
