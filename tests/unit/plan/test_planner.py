"""From live, claimed and wanted to steps, in a safe order."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.settings import Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.desired.logins import Desired, Identity, Login, Source
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.plan.planner import plan_changes
from crdb_sso.plan.steps import Announce, FoundSetting, Plan, Retire, Write
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from tests.unit.cluster_model import Cluster, at_default, carried_out, history, planned, with_texts
from tests.unit.named_keys import ec_key
from tests.unit.request_strategies import wanted

IDP = "https://idp.example.com"
NEW = "https://new.example.com"
K1 = ec_key("k1")
MAP, JWKS, ISSUERS = Setting.IDENTITY_MAP, Setting.JWKS, Setting.ISSUERS
AUDIENCE, ENABLED = Setting.AUDIENCE, Setting.ENABLED

USER = Entry(Kind.USER, "app")
READERS = Entry(Kind.MEMBERSHIP, "readers app")
LINE = Entry(Kind.LINE, f"{IDP} orders app")
ISSUER = Entry(Kind.ISSUER, IDP)


def wish(issuer: str = IDP, roles: frozenset[str] = frozenset({"readers"})) -> Desired:
    return Desired(
        {"idp": Source(issuer, f"{issuer}/keys", {"k1": K1})},
        {"app": Login({"orders": Identity("idp", "crdb", "orders")}, roles)},
    )


EMPTY = Cluster(roles=frozenset({"readers"}))
ME = wanted("me", wish(), "my uuid")


def claims(
    *, found: bool = False, owner: str = "me", instance: str = "my uuid"
) -> tuple[Claim, ...]:
    return tuple(
        Claim(entry, owner, text, found, instance=instance) for entry, text in ME.entries.items()
    )


def test_a_first_plan_claims_then_creates_users_then_writes_trust() -> None:
    defaults = (MAP, AUDIENCE, ISSUERS, JWKS, ENABLED)

    assert planned(EMPTY, ME) == Plan(
        Announce(
            "me",
            "my uuid",
            claims=claims(),
            found_texts={setting.value: None for setting in defaults},
            create_users={"app": LoginState.LOGIN},
            grants=(Membership("readers", "app"),),
        ),
        (
            Write(MAP, put=((LINE.name, LINE.name),)),
            Write(JWKS, put=(("k1", K1),)),
            Write(ISSUERS, put=((IDP, f"{IDP}/keys"),)),
            Write(AUDIENCE, put=(("crdb", "crdb"),)),
            Write(ENABLED, put=(("", "true"),)),
        ),
        Retire(),
    )


def test_a_last_plan_removes_trust_before_users_and_claims() -> None:
    assert planned(carried_out(EMPTY, ME), wanted("me")) == Plan(
        Announce("me", "my uuid"),
        (
            Write(JWKS, drop=("k1",), found=FoundSetting('{"keys":[]}', is_default=True)),
            Write(ISSUERS, drop=(IDP,), found=FoundSetting("", is_default=True)),
            Write(AUDIENCE, drop=("crdb",), found=FoundSetting("", is_default=True)),
            Write(ENABLED, found=FoundSetting("false", is_default=True)),
            Write(MAP, drop=(LINE.name,), found=FoundSetting("", is_default=True)),
        ),
        Retire(
            drop_users=("app",),
            claims=claims(),
            found_keys=tuple(sorted(s.value for s in (MAP, JWKS, ISSUERS, AUDIENCE, ENABLED))),
        ),
        is_leaving=True,
    )


def test_while_an_issuer_changes_both_have_their_lines() -> None:
    before = carried_out(EMPTY, ME)
    changed = wanted("me", wish(NEW))

    states = history(before, changed)

    old, new = f"{IDP} orders app\n", f"{NEW} orders app\n"
    assert [(s.text(MAP), s.text(ISSUERS)) for s in states] == [
        (old, f'["{IDP}"]'),
        (old, f'["{IDP}"]'),
        (old + new, f'["{IDP}"]'),
        (old + new, f'["{NEW}"]'),
        (new, f'["{NEW}"]'),
        (new, f'["{NEW}"]'),
        (new, f'["{NEW}"]'),
    ]


def test_nothing_is_planned_for_a_cluster_that_is_as_wanted() -> None:
    plan = planned(carried_out(EMPTY, ME), ME)

    assert plan == Plan(Announce(), (), Retire())
    assert not plan


def test_an_empty_wish_on_an_untouched_cluster_plans_nothing() -> None:
    assert not planned(EMPTY, wanted("me"))


@pytest.mark.parametrize(
    ("cluster", "entry", "expected"),
    [
        pytest.param(EMPTY, USER, False, id="a user that is created"),
        pytest.param(
            Cluster(users={"app": LiveUser(may_login=True)}), USER, True, id="a user that exists"
        ),
        pytest.param(
            Cluster(users={"app": LiveUser(may_login=True, roles=frozenset({"readers"}))}),
            READERS,
            True,
            id="a membership that exists",
        ),
        pytest.param(
            Cluster(users={"app": LiveUser(may_login=True)}),
            READERS,
            False,
            id="a membership that does not",
        ),
        pytest.param(Cluster(with_texts({MAP: f" {IDP} orders  app"})), LINE, True, id="a line"),
        pytest.param(Cluster(with_texts({ISSUERS: "other"})), ISSUER, False, id="no such issuer"),
        pytest.param(
            Cluster(with_texts({ENABLED: "true"})),
            Entry(Kind.SETTING, ENABLED.value),
            True,
            id="a switch that is on",
        ),
    ],
)
def test_an_entry_is_found_when_it_was_there_before_its_first_claim(
    cluster: Cluster, entry: Entry, *, expected: bool
) -> None:
    cluster = Cluster(cluster.settings, cluster.users, frozenset({"readers"}))

    found = {claim.entry: claim.found for claim in planned(cluster, ME).announce.claims}

    assert found[entry] is expected


def test_what_is_taken_over_counts_as_made_here() -> None:
    cluster = Cluster(users={"app": LiveUser(may_login=True)}, roles=frozenset({"readers"}))

    claims = planned(cluster, replace(ME, take_over=True)).announce.claims

    assert {claim.found for claim in claims} == {False}


def test_a_role_called_user_does_not_hide_how_a_user_was_found() -> None:
    logins = Desired({}, {"app": Login({}, frozenset({"user"}))})
    cluster = Cluster(users={"app": LiveUser(may_login=False)}, roles=frozenset({"user"}))

    mine = carried_out(cluster, wanted("me", logins))

    assert mine.registry is not None
    assert mine.registry.found_texts == {"user app": "NOLOGIN"}
    assert carried_out(mine, wanted("me")).visible == cluster.visible


@pytest.mark.parametrize("found", [True, False])
def test_what_was_found_is_carried_over_to_later_claims(*, found: bool) -> None:
    registry = Registry("id", claims(found=found, owner="other", instance="another"))
    announced = planned(Cluster(roles=frozenset({"readers"}), registry=registry), ME).announce

    assert {claim.found for claim in announced.claims} == {found}


def test_a_changed_text_is_claimed_again() -> None:
    shut_out = wanted("me", Desired({}, {"app": Login({}, may_login=False)}))
    before = carried_out(EMPTY, wanted("me", Desired({}, {"app": Login({})}), "my uuid"))

    plan = planned(before, shut_out)

    assert plan == Plan(
        Announce(
            "me",
            "my uuid",
            claims=(Claim(USER, "me", "NOLOGIN", found=False, instance="my uuid"),),
            replaced=(Claim(USER, "me", "LOGIN", found=False, instance="my uuid"),),
            alter_users={"app": LoginState.NOLOGIN},
        ),
        (),
        Retire(),
    )


def test_what_another_owner_lost_is_its_own_to_put_back() -> None:
    before = carried_out(EMPTY, wanted("other", wish()))
    robbed = before.edited(MAP, f"{IDP} somebody else\n").edited(JWKS, '{"keys":[]}')

    after = carried_out(robbed, wanted("me", Desired({}, {"mine": Login({})})))

    assert (after.text(MAP), after.text(JWKS)) == (robbed.text(MAP), robbed.text(JWKS))


def test_what_another_owner_needs_stays_when_we_leave() -> None:
    both = carried_out(carried_out(EMPTY, ME), wanted("other", wish()))

    left = carried_out(both, wanted("me"))

    assert left.visible == both.visible
    assert {claim.owner for claim in left.claims} == {"other"}


def test_a_renamed_owner_keeps_its_claims() -> None:
    before = carried_out(EMPTY, ME)

    plan = planned(before, wanted("new name", wish(), "my uuid"))

    assert plan == Plan(Announce("new name", "my uuid"), (), Retire())


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(
            LiveUser(may_login=True),
            {"app": LoginState.LOGIN},
            id="a user that could log in can again",
        ),
        pytest.param(LiveUser(may_login=False), {}, id="a user that could not still can't"),
    ],
)
def test_a_found_user_gets_its_login_state_back(
    before: LiveUser, expected: dict[str, LoginState]
) -> None:
    found = Cluster(users={"app": before})
    shut_out = wanted("me", Desired({}, {"app": Login({}, may_login=False)}))

    plan = planned(carried_out(found, shut_out), wanted("me"))

    assert plan.retire.alter_users == expected
    assert plan.retire.drop_users == ()
    assert plan.retire.found_keys == ("user app",)


def test_a_found_user_keeps_a_login_state_that_somebody_else_gave_it() -> None:
    cluster = carried_out(
        Cluster(users={"app": LiveUser(may_login=True)}),
        wanted("me", Desired({}, {"app": Login({})})),
    )
    shut_by_hand = replace(cluster, users={"app": LiveUser(may_login=False)})

    assert planned(shut_by_hand, wanted("me")).retire.alter_users == {}


def test_memberships_are_revoked_unless_their_user_is_dropped() -> None:
    cluster = Cluster(users={"app": LiveUser(may_login=True)}, roles=frozenset({"readers"}))

    plan = planned(carried_out(cluster, ME), wanted("me"))

    assert plan.retire.revokes == (Membership("readers", "app"),)
    assert planned(carried_out(EMPTY, ME), wanted("me")).retire.revokes == ()


def test_what_is_already_gone_is_only_released() -> None:
    cluster = carried_out(EMPTY, ME)
    robbed = replace(cluster, settings=at_default(), users={})

    plan = planned(robbed, wanted("me"))

    assert plan.writes == ()
    assert plan.retire == Retire(claims=claims(), found_keys=plan.retire.found_keys)


def test_without_found_texts_nothing_is_restored() -> None:
    settings = carried_out(EMPTY, ME).settings
    live = ClusterState(settings, Registry("id", claims()), {"app": LiveUser(may_login=True)})

    plan = plan_changes(live, OwnerRequest("me", {}, ME.entries, "my uuid"))

    assert all(write.found is None for write in plan.writes)
    assert ENABLED not in {write.setting for write in plan.writes}
