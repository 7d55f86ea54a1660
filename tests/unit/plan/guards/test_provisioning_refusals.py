"""Provisioning and group sync: what is refused, and what previews say about others."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.logins import Desired, Login
from crdb_sso.desired.provisioning import GroupSync
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.plan.inputs import TOKEN, Operator
from crdb_sso.preview.on_cluster.effects_on_others import concerned_lines, open_lines
from tests.unit.cluster_model import Cluster, carried_out, planned
from tests.unit.plan.guards.test_provisioning import BOTH, CLAIM, PROVISIONING, ROLES, SYNC, found
from tests.unit.plan.test_planner import wish
from tests.unit.request_strategies import wanted

SYNCED = Desired({}, {}, group_sync=GroupSync(allow_privileged=True))


def refusal(cluster: Cluster, owner: str, logins: Desired) -> GuardRefused:
    with pytest.raises(GuardRefused) as caught:
        planned(cluster, wanted(owner, logins))
    return caught.value


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        pytest.param(
            ROLES,
            SYNCED,
            "this stack wants group sync, you wants app to be a member of readers",
            id="roles first",
        ),
        pytest.param(
            SYNCED,
            ROLES,
            "this stack wants app to be a member of readers, you wants group sync",
            id="groups first",
        ),
        pytest.param(
            SYNCED,
            replace(SYNCED, group_sync=GroupSync("teams", allow_privileged=True)),
            "this stack wants server.jwt_authentication.group_claim = teams, you wants groups",
            id="two claims",
        ),
    ],
)
def test_stacks_have_to_agree_and_the_other_is_named(
    first: Desired, second: Desired, what: str
) -> None:
    cluster = carried_out(found(), wanted("you", first))

    assert what in refusal(cluster, "me", second).what


@pytest.mark.parametrize("theirs", [ROLES, SYNCED, BOTH])
def test_leaving_is_never_refused(theirs: Desired) -> None:
    for mine in (ROLES, SYNCED, BOTH):
        one = carried_out(found(), wanted("me", mine))
        for cluster in (one.edited(SYNC, "true"), hidden(one)):
            left = carried_out(cluster, wanted("me"))
            assert left.claims == ()
        assert not planned(carried_out(found(), wanted("you", theirs)), wanted("me"))


def hidden(cluster: Cluster) -> Cluster:
    """Return the cluster after somebody outside overrode both switches."""
    overridden = {s: LiveSetting(s.value, "true", origin="external") for s in (SYNC, PROVISIONING)}
    return replace(cluster, settings={**cluster.settings, **overridden})


def test_roles_are_refused_where_sync_was_turned_on_outside() -> None:
    said = refusal(found(GROUP_SYNC="true"), "me", ROLES)

    assert said.what.endswith("if the token's groups do not name it: app in readers")
    assert (
        "SET CLUSTER SETTING server.jwt_authentication.authorization.enabled = false" in said.hint
    )


def test_roles_are_refused_where_sync_would_be_restored() -> None:
    mine = carried_out(found(GROUP_SYNC="true"), wanted("me", SYNCED))

    assert "set by somebody outside" in refusal(mine, "me", ROLES).what


def test_logins_without_roles_are_accepted_where_sync_was_turned_on_outside() -> None:
    after = carried_out(found(GROUP_SYNC="true"), wanted("me", Desired({}, {"app": Login({})})))

    assert after.text(SYNC) == "true"


def test_names_that_somebody_outside_relies_on_are_not_changed() -> None:
    before = found(GROUP_SYNC="true", GROUP_CLAIM="teams")

    said = refusal(before, "me", SYNCED)

    assert "server.jwt_authentication.group_claim = 'teams'; this stack wants 'groups'" in said.what
    assert said.hint.startswith(
        "Write 'teams' as `group_claim` (in the configuration `groupClaim`) in `group_sync`"
        " (in the configuration `groupSync`). Or,"
    )
    same = replace(SYNCED, group_sync=GroupSync("teams", allow_privileged=True))
    adopted = carried_out(before, wanted("me", same))
    assert adopted.visible == before.visible
    refusal(adopted, "me", SYNCED)  # even if a stack claims it


@pytest.mark.parametrize(
    ("setting", "logins", "argument"),
    [
        (SYNC, SYNCED, "group_sync"),
        (CLAIM, SYNCED, "group_sync"),
        (PROVISIONING, replace(BOTH, group_sync=None), "auto_provisioning"),
    ],
)
def test_on_an_older_cluster_the_error_names_the_version_that_has_it(
    setting: Setting, logins: Desired, argument: str
) -> None:
    older = replace(found(), settings={s: v for s, v in found().settings.items() if s != setting})

    with pytest.raises(UnsupportedVersion, match=f"no setting {setting.value}") as caught:
        planned(older, wanted("me", logins))

    assert "since 25.4" in caught.value.hint
    assert argument in caught.value.hint
    assert planned(older, wanted("me", ROLES))


@pytest.mark.parametrize("setting", [SYNC, CLAIM])
def test_a_hidden_setting_is_an_error_only_for_those_who_use_it(setting: Setting) -> None:
    masked = LiveSetting(setting.value, "<redacted>")
    cluster = replace(found(), settings={**found().settings, setting: masked})

    assert "<redacted>" in refusal(cluster, "me", SYNCED).what
    assert planned(cluster, wanted("me", ROLES))


def test_a_preview_names_whom_group_sync_affects() -> None:
    cluster = found()
    for owner in ("they", "you"):
        cluster = carried_out(cluster, wanted(owner, replace(wish(), logins=without_roles())))
    cluster = carried_out(
        cluster,
        wanted(
            "they",
            replace(wish(), logins=without_roles(), group_sync=GroupSync(allow_privileged=True)),
        ),
    )
    ours = wanted("me", SYNCED)
    live = replace(cluster.live_for(ours), operator=Operator("ops", TOKEN))

    assert list(concerned_lines(ours, live)) == [
        "group sync applies to you too: its tokens without groups are refused",
        (
            "group sync applies to the operator ops too: it keeps only roles that its token's"
            " groups name"
        ),
    ]
    assert not list(concerned_lines(wanted("me", ROLES), live))
    assert not list(concerned_lines(ours, Cluster().live_for(ours)))


def without_roles() -> dict[str, Login]:
    return {user: replace(login, roles=frozenset()) for user, login in wish().logins.items()}


def test_a_preview_names_what_lets_tokens_choose_the_users_they_create() -> None:
    cluster = found(
        ISSUERS='["https://open.example.com", "https://idp.example.com"]',
        IDENTITY_MAP="https://idp.example.com /^(.*)@corp$ \\1\ncert_map /^(.*)$ \\1\n"
        "https://idp.example.com one app",
    )
    ours = wanted("me", replace(BOTH, group_sync=None))

    issuer, line = open_lines(ours, cluster.live_for(ours))

    assert issuer == (
        "automatic provisioning: tokens of https://open.example.com may create any user, as it has"
        " no identity map line"
    )
    assert line == (
        "automatic provisioning: tokens may create users by the identity map line"
        r" https://idp.example.com /^(.*)@corp$ \1"
    )
    assert not list(open_lines(wanted("me", SYNCED), cluster.live_for(ours)))
