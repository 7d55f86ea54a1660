"""Provisioning and group sync: what is written, in which order, previews and drift."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.desired.logins import NOTHING, Desired, Login, wanted_entries
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.plan.inputs import LiveUser
from tests.unit.cluster_model import Cluster, carried_out, planned, refreshed, with_texts
from tests.unit.observations import all_there, preview_lines, shown_by
from tests.unit.plan.test_planner import wish
from tests.unit.request_strategies import wanted

PROVISIONING, SYNC = Setting.PROVISIONING, Setting.GROUP_SYNC
CLAIM, KEY = Setting.GROUP_CLAIM, Setting.USERINFO_GROUP_KEY
TEAMS = GroupSync("teams", "roles", allow_privileged=True)

BOTH = Desired({}, {}, auto_provisioning=True, group_sync=TEAMS)
ROLES = Desired({}, {"app": Login({}, frozenset({"readers"}))})


def found(**texts: str) -> Cluster:
    settings = with_texts({Setting[name]: text for name, text in texts.items()})
    return Cluster(settings, roles=frozenset({"readers"}))


def texts(cluster: Cluster) -> list[str]:
    return [cluster.text(setting) for setting in (CLAIM, KEY, SYNC, PROVISIONING)]


# what is written


@pytest.mark.parametrize(
    ("logins", "expected"),
    [
        pytest.param(BOTH, ["teams", "roles", "true", "true"], id="both"),
        pytest.param(
            Desired({}, {}, group_sync=GroupSync(allow_privileged=True)),
            ["groups", "groups", "true", "false"],
            id="sync",
        ),
        pytest.param(
            Desired({}, {}, auto_provisioning=True),
            ["groups", "groups", "false", "true"],
            id="users",
        ),
    ],
)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(found(), id="nothing set"),
        pytest.param(
            found(GROUP_CLAIM="x", USERINFO_GROUP_KEY="y", PROVISIONING="false"), id="off"
        ),
        pytest.param(found(PROVISIONING="true"), id="users on"),
    ],
)
def test_the_options_are_set_and_restored(
    before: Cluster, logins: Desired, expected: list[str]
) -> None:
    if before.text(PROVISIONING) == "true":
        expected = [*expected[:3], "true"]
    elif logins.group_sync is None:
        expected = [before.text(CLAIM), before.text(KEY), *expected[2:]]

    after = carried_out(before, wanted("me", logins))

    assert texts(after) == expected
    assert not planned(after, wanted("me", logins))
    assert carried_out(after, wanted("me")).settings == before.settings


def test_names_come_before_the_switch_and_provisioning_last_of_all() -> None:
    everything = replace(wish(), logins={}, sso_only={}, auto_provisioning=True, group_sync=TEAMS)

    plan = planned(found(), wanted("me", everything))

    order = [write.setting for write in plan.writes]
    assert order[-5:] == [Setting.HOST_RULES, CLAIM, KEY, SYNC, PROVISIONING]
    assert plan.off == ()


def test_switches_are_turned_off_before_everything_else() -> None:
    everything = replace(wish(), logins={}, sso_only={}, auto_provisioning=True, group_sync=TEAMS)
    cluster = carried_out(found(), wanted("me", everything))

    plan = planned(cluster, wanted("me"))

    assert [write.setting for write in plan.off] == [PROVISIONING, SYNC]
    assert plan.writes[0].setting is Setting.HOST_RULES
    assert [write.setting for write in plan.writes[-2:]] == [CLAIM, KEY]


def test_roles_instead_of_groups_are_granted_after_sync_is_off() -> None:
    cluster = carried_out(found(), wanted("me", BOTH))

    plan = planned(cluster, wanted("me", ROLES))

    assert [write.setting for write in plan.off] == [PROVISIONING, SYNC]
    assert plan.announce.grants == (Membership("readers", "app"),)


def test_groups_instead_of_roles_revoke_the_roles() -> None:
    cluster = carried_out(found(), wanted("me", ROLES))
    synced = replace(ROLES, logins={"app": Login({})}, group_sync=GroupSync(allow_privileged=True))

    after = carried_out(cluster, wanted("me", synced))

    assert after.text(SYNC) == "true"
    assert after.users == {"app": LiveUser(may_login=True)}


def test_a_switch_stays_on_until_the_last_owner_leaves() -> None:
    one = carried_out(found(), wanted("me", BOTH))
    both = carried_out(one, wanted("you", BOTH))

    left = carried_out(both, wanted("me"))

    assert texts(left) == ["teams", "roles", "true", "true"]
    assert carried_out(left, wanted("you")).settings == found().settings


def test_a_switch_turned_off_by_hand_stays_off_until_its_stack_has_seen_that() -> None:
    cluster = carried_out(found(), wanted("me", BOTH)).edited(SYNC, "false")

    assert carried_out(cluster, wanted("you", wish_without_roles())).text(SYNC) == "false"
    assert not planned(cluster, wanted("me", BOTH))


def wish_without_roles() -> Desired:
    return Desired({}, {"other": Login({})})


def test_nothing_is_claimed_unless_it_is_used() -> None:
    names = {setting.value for setting in (PROVISIONING, SYNC, CLAIM, KEY)}
    assert not names & {entry.name for entry in wanted_entries(wish())}
    assert wanted_entries(NOTHING) == {}


# previews and drift

OFF = (
    "~ group sync of the whole cluster: this stack no longer asks for it; roles stay as the last"
    " logins left them"
)
USERS_OFF = (
    "~ automatic provisioning of the whole cluster: this stack no longer asks for it; users that"
    " tokens created stay"
)
ON = (
    "~ group sync of the whole cluster: each login revokes every role that the token's groups do"
    " not name, even admin and roles granted by hand"
)
ADMINS = (
    "~ group sync: a token whose groups name admin, or what is a member of admin, makes its user an"
    " admin"
)
NAMES = (
    "~ the groups of a token are in its claim {}; if it has none, in {} of its issuer's userinfo"
    " endpoint; otherwise the login is refused"
)
USERS_ON = (
    "~ automatic provisioning of the whole cluster: a token, even an expired one, may create the"
    " user it names; such users belong to no stack and stay"
)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            NOTHING, BOTH, [ON, ADMINS, NAMES.format("teams", "roles"), USERS_ON], id="begins"
        ),
        pytest.param(
            replace(BOTH, group_sync=GroupSync("teams", "roles")),
            BOTH,
            [ADMINS],
            id="accepts admins later",
        ),
        pytest.param(
            BOTH,
            replace(BOTH, group_sync=GroupSync("teams", "roles")),
            [],
            id="no longer needs to accept them",
        ),
        pytest.param(
            BOTH,
            replace(BOTH, group_sync=GroupSync(UNKNOWN, "roles", allow_privileged=True)),
            [NAMES.format("[unknown]", "roles")],
            id="other names",
        ),
        pytest.param(
            BOTH,
            NOTHING,
            [OFF, USERS_OFF],
            id="ends",
        ),
        pytest.param(BOTH, BOTH, [], id="stays"),
    ],
)
def test_a_preview_names_the_hazard(before: Desired, after: Desired, expected: list[str]) -> None:
    assert preview_lines(before, after) == expected


AS_WRITTEN = {SYNC: "true", CLAIM: "teams", KEY: "roles", PROVISIONING: "true"}


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        pytest.param(SYNC, "false", id="sync is off"),
        pytest.param(PROVISIONING, "false", id="users"),
        pytest.param(CLAIM, "x", id="claim"),
        pytest.param(KEY, "x", id="key"),
    ],
)
def test_manual_changes_are_seen_and_repaired(setting: Setting, text: str) -> None:
    cluster = carried_out(found(), wanted("me", BOTH))
    edited = replace(
        cluster, settings={**cluster.settings, setting: LiveSetting(setting.value, text)}
    )

    assert shown_by(cluster, BOTH).scalars == AS_WRITTEN
    assert shown_by(edited, BOTH).scalars == {**AS_WRITTEN, setting: text}
    assert carried_out(refreshed(edited, "me", setting), wanted("me", BOTH)).settings == (
        cluster.settings
    )


def test_options_of_others_are_not_drift() -> None:
    cluster = carried_out(
        carried_out(found(), wanted("me", wish_without_roles())), wanted("you", BOTH)
    )

    logins = wish_without_roles()

    assert shown_by(cluster, logins) == all_there(logins)
