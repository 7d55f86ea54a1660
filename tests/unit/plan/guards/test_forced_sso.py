"""Forced SSO: one block for all owners, and the operator is never locked out."""

from dataclasses import replace
from typing import Any

import pytest

from crdb_sso.crdb.hba import BEGIN, END, Door, with_block
from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.desired.forced_sso import ENTRY, claim_text, seen_doors
from crdb_sso.desired.logins import NOTHING, Desired, wanted_entries
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.guards.forced_sso import check
from crdb_sso.plan.inputs import (
    CERTIFICATE,
    OAUTH,
    PASSWORD,
    ClusterState,
    Operator,
    OwnerRequest,
)
from crdb_sso.plan.planner import plan_changes
from crdb_sso.plan.steps import FoundSetting, Write
from crdb_sso.registry.claims import Entry
from tests.unit.cluster_model import Cluster, at_default, carried_out, planned
from tests.unit.cluster_versions import BEFORE_26_1
from tests.unit.plan.test_planner import wish
from tests.unit.request_strategies import wanted

RULES = Setting.HOST_RULES
NAME = RULES.value
OPEN = "host all all all cert-password"
OPS, APP = {Door("ops"): "cert"}, {Door("app", "10.0.0.0/8"): "password"}


def live(text: str = "") -> LiveSetting:
    return LiveSetting(NAME, text, is_default=not text)


def closed(*lines: str) -> str:
    inner = [*lines, "host all all all reject", "local all all reject"]
    return "\n".join([BEGIN, *inner, END])


# what is written


def test_all_owners_share_one_block_that_is_removed_with_the_last_of_them() -> None:
    ours, theirs = wanted("me", Desired({}, {}, sso_only=OPS)), Desired({}, {}, sso_only=APP)
    found = Cluster().edited(RULES, OPEN)

    one = carried_out(found, ours)
    both = carried_out(one, wanted("you", theirs))
    left = carried_out(both, wanted("me"))

    app, ops = "hostssl all app 10.0.0.0/8 password", "hostssl all ops all cert"
    assert one.text(RULES) == f"{closed(ops)}\n{OPEN}"
    assert both.text(RULES) == f"{closed(app, ops)}\n{OPEN}"
    assert left.text(RULES) == f"{closed(app)}\n{OPEN}"
    assert carried_out(left, wanted("you")).settings == found.settings


def test_a_setting_that_nobody_had_set_is_at_its_default_again() -> None:
    ours = wanted("me", Desired({}, {}, sso_only={}))

    after = carried_out(carried_out(Cluster(), ours), wanted("me"))

    assert after.settings[RULES] == live()


def test_doors_close_after_everything_else_and_open_before_it() -> None:
    both = replace(wish(), sso_only=OPS)
    cluster = Cluster(roles=frozenset({"readers"}))

    way_in = planned(cluster, wanted("me", both))
    way_out = planned(carried_out(cluster, wanted("me", both)), wanted("me"))

    assert way_in.writes[-1].setting is RULES
    assert way_out.writes[0].setting is RULES


def test_an_owner_that_does_not_force_sso_never_reads_the_rules() -> None:
    hidden = replace(live("<redacted>"), origin="override")
    cluster = Cluster(roles=frozenset({"readers"}))
    cluster = replace(cluster, settings={**cluster.settings, RULES: hidden})

    writes = planned(cluster, wanted("me", wish())).writes

    assert RULES not in [write.setting for write in writes]


def test_what_others_changed_in_the_meantime_stays() -> None:
    edited = live(with_block(f"# new\n{OPEN}", ()))

    assert Write(RULES, drop=(BEGIN,), found=FoundSetting(OPEN)).next_value(edited) == LiveSetting(
        NAME, f"# new\n{OPEN}"
    )


def test_a_text_of_comments_alone_cannot_stay() -> None:
    commented = live(with_block("# new\n", ()))

    write = Write(RULES, drop=(BEGIN,), found=FoundSetting("", is_default=True))
    assert write.next_value(commented) == live()


def test_rules_that_were_never_there_do_not_come_back() -> None:
    ours = live(with_block("", ()))

    write = Write(RULES, drop=(BEGIN,), found=FoundSetting("host all all all trust"))

    assert write.next_value(ours).text == ""


# what is refused


def context(
    rules: LiveSetting, ours: dict[Entry, str], operator: Operator | None = None
) -> PlanContext:
    state = ClusterState({**at_default(), RULES: rules}, operator=operator or Operator())
    return PlanContext(state, OwnerRequest("me", ours))


def refusal(
    text: str, operator: Operator, doors: dict[Door, str] | None = None, **state: Any
) -> str:
    """Return the error of a check on a cluster before 26.1, "" if it passes."""
    asked = context(live(text), {ENTRY: claim_text(doors or {})}, operator)
    try:
        check(replace(asked, live=replace(asked.live, **{"version": BEFORE_26_1, **state})))
    except GuardRefused as exc:
        return str(exc)
    return ""


OPERATOR = Operator("op", CERTIFICATE)


@pytest.mark.parametrize(
    ("text", "operator", "doors"),
    [
        pytest.param("", Operator(), {}, id="root by certificate"),
        pytest.param("", Operator("root", PASSWORD), {}, id="root by password"),
        pytest.param("host all op all oauth", Operator("op", OAUTH), {}, id="by OAUTHBEARER"),
        pytest.param("", OPERATOR, {Door("op"): "cert"}, id="kept"),
        pytest.param(
            "",
            OPERATOR,
            {Door("op", "10.0.0.0/8"): "cert-password", Door("op"): "cert"},
            id="kept twice",
        ),
        pytest.param(
            "", Operator("op", PASSWORD), {Door("op"): "cert-password"}, id="by either method"
        ),
        pytest.param("host all op all cert", OPERATOR, {}, id="let in by others"),
        pytest.param(
            "host all all 192.0.2.0/24 reject",
            OPERATOR,
            {Door("op"): "cert"},
            id="a rule for other addresses does not matter",
        ),
        pytest.param(
            "host all root 127.0.0.1/32 cert-password",
            Operator(),
            {Door("root"): "cert"},
            id="root from here, and kept",
        ),
    ],
)
def test_an_operator_that_can_log_in_again_may_close_the_doors(
    text: str, operator: Operator, doors: dict[Door, str]
) -> None:
    assert refusal(text, operator, doors) == ""


@pytest.mark.parametrize(
    ("text", "operator", "doors"),
    [
        pytest.param("", OPERATOR, {}, id="not kept"),
        pytest.param(OPEN, OPERATOR, {}, id="let in with everybody until now"),
        pytest.param("", OPERATOR, {Door("op"): "password"}, id="kept by another method"),
        pytest.param(
            "", Operator("op", PASSWORD), {Door("op"): "cert"}, id="kept by a third method"
        ),
        pytest.param(
            "",
            OPERATOR,
            {Door("op", "10.0.0.0/8"): "cert"},
            id="kept from addresses it may not have",
        ),
        pytest.param("local all op cert", OPERATOR, {}, id="over a socket only"),
        pytest.param(
            "",
            OPERATOR,
            {Door("op", "10.0.0.0/8"): "password", Door("op"): "cert"},
            id="kept, but from somewhere by another method",
        ),
        pytest.param("host all root 127.0.0.1/32 cert-password", Operator(), {}, id="root"),
        pytest.param("host all op all oauth", OPERATOR, {}, id="let in by OAUTHBEARER only"),
    ],
)
def test_an_operator_that_would_be_shut_out_learns_what_to_keep(
    text: str, operator: Operator, doors: dict[Door, str]
) -> None:
    said = refusal(text, operator, doors)

    assert f"would shut out the operator {operator.user}" in said
    assert f'{{"user": "{operator.user}", "method": "{operator.method}"}}' in said


def test_an_operator_by_oauthbearer_learns_how_to_come_in() -> None:
    said = refusal("host all all all oauth", Operator("op", OAUTH))

    assert "would shut out the operator op, who logged in by oauth" in said
    assert "options=--crdb:jwt_auth_enabled=true" in said
    assert "write a rule with the method oauth for it above all others" in said


def test_hidden_rules_are_an_error_only_for_those_who_use_them() -> None:
    hidden = live("<redacted>")

    check(context(hidden, {}))
    with pytest.raises(GuardRefused, match="<redacted>"):
        check(context(hidden, {ENTRY: claim_text({})}))


def test_a_stack_can_leave_a_cluster_that_lost_the_setting() -> None:
    closed = carried_out(Cluster(), wanted("me", Desired({}, {}, sso_only={})))
    settings = {s: found for s, found in closed.settings.items() if s is not RULES}

    left = carried_out(replace(closed, settings=settings), wanted("me"))

    assert left.claims == ()


def test_a_plan_is_refused_before_anything_is_written() -> None:
    ours = wanted("me", Desired({}, {}, sso_only={}))
    found = replace(Cluster().live_for(ours), operator=OPERATOR)

    with pytest.raises(GuardRefused, match="would shut out"):
        plan_changes(found, ours)


# drift


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(closed("hostssl all ops all cert"), OPS, id="all there"),
        pytest.param(closed(), {}, id="a rule is gone"),
        pytest.param("", None, id="the block is gone"),
        pytest.param(
            f"{OPEN}\n{closed('hostssl all ops all cert')}", None, id="it does not close anything"
        ),
    ],
)
def test_what_is_left_of_the_block_is_seen(text: str, expected: dict[Door, str] | None) -> None:
    assert seen_doors(OPS, live(text)) == expected
    assert seen_doors(None, live(text)) is None


def test_nothing_is_claimed_unless_it_is_used() -> None:
    assert ENTRY not in wanted_entries(wish())
    assert wanted_entries(NOTHING) == {}
