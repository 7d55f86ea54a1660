"""Whoever runs a change can log in again after it, whatever it does to the host-based rules."""

from dataclasses import replace

import pytest

from crdb_sso.crdb.hba import Door
from crdb_sso.crdb.privileges import MEMBER_OF_ADMIN
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import NOTHING, Desired
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import CERTIFICATE, PASSWORD, TOKEN, LiveUser, Operator
from crdb_sso.plan.planner import plan_changes
from tests.unit.cluster_model import Cluster, carried_out
from tests.unit.request_strategies import wanted

OPS, ROOT = Operator("ops", PASSWORD), Operator()
OPS_IN, MON_IN = {Door("ops"): "password"}, {Door("mon"): "cert"}
OPS_FROM_SOMEWHERE = {Door("ops", "10.0.0.0/8"): "password"}
Doors = dict[Door, str]


def closed(mine: Doors, theirs: Doors | None = None, rules: str = "") -> Cluster:
    """Return a cluster on which two stacks force SSO, or one."""
    cluster = Cluster().edited(Setting.HOST_RULES, rules) if rules else Cluster()
    if theirs is not None:
        cluster = carried_out(cluster, wanted("you", Desired({}, {}, sso_only=theirs)))
    return carried_out(cluster, wanted("me", Desired({}, {}, sso_only=mine)))


def refusal(
    cluster: Cluster,
    doors: Doors | None,
    operator: Operator = OPS,
    *,
    is_destroyed: bool = False,
    admins: tuple[str, ...] = (),
) -> str:
    logins = NOTHING if doors is None else Desired({}, {}, sso_only=doors)
    request = replace(cluster.known(wanted("me", logins)), is_destroyed=is_destroyed)
    users = {name: LiveUser(may_login=True, privileges=(MEMBER_OF_ADMIN,)) for name in admins}
    live = replace(cluster.live_for(request), operator=operator, users=users)
    try:
        plan_changes(live, request)
    except GuardRefused as exc:
        return str(exc)
    return ""


def test_an_operator_stays_kept_while_others_force_sso() -> None:
    both = closed(OPS_IN, MON_IN)

    for doors in (None, {}, MON_IN):
        said = refusal(both, doors)
        assert (
            "(in the configuration `ssoOnly`) would shut out the operator ops, who logged in"
            in said
        )
        assert '{"user": "ops", "method": "password"}' in said
    assert refusal(both, OPS_IN | {Door("app"): "cert"}) == ""


def test_an_operator_that_is_kept_for_its_addresses_loses_them_to_no_change() -> None:
    both = closed(OPS_FROM_SOMEWHERE, MON_IN)

    assert "would shut out the operator ops" in refusal(both, None)
    assert refusal(both, OPS_FROM_SOMEWHERE | {Door("app"): "cert"}) == ""


def test_a_change_of_doors_for_others_is_not_refused_for_what_was_so_before() -> None:
    both = closed({Door("app"): "cert"}, MON_IN)

    assert refusal(both, None) == ""
    assert refusal(both, {}) == ""


def test_root_is_not_narrowed_by_taking_away_a_rule_above_its_own() -> None:
    local = "host all root 127.0.0.1/32 cert-password"
    both = closed(OPS_IN | {Door("aaa"): "cert"}, {}, f"host all ann all cert\n{local}")

    assert refusal(both, None, ROOT) == ""


@pytest.mark.parametrize("operator", [OPS, Operator("ops", CERTIFICATE)], ids=["password", "cert"])
def test_rules_that_were_found_may_shut_out_the_operator_when_sso_ends(operator: Operator) -> None:
    mine = closed({Door("ops"): "cert-password"}, rules="host all all 10.0.0.0/8 cert")

    said = refusal(mine, None, operator)

    assert (
        "rules that stay when `sso_only` (in the configuration `ssoOnly`) ends would shut" in said
    )
    assert f"rule for ops with the method {operator.method} above all others, by hand" in said


def test_sso_ends_where_the_found_rules_let_the_operator_in() -> None:
    for rules in ("", "host all all all password", "host all all all cert-password"):
        assert refusal(closed(OPS_IN, rules=rules), None) == ""
    halves = "host all all 0.0.0.0/0 password\nhost all all ::/0 cert-password"
    assert refusal(closed(OPS_IN, rules=halves), None) == ""


def test_a_stack_is_destroyed_whomever_that_shuts_out() -> None:
    assert refusal(closed(OPS_IN, MON_IN), None, is_destroyed=True) == ""


def test_the_last_admin_without_a_token_stays_kept_where_root_may_be_shut_out() -> None:
    both = closed(OPS_IN, MON_IN)
    by_token = Operator("op", TOKEN)

    said = refusal(both, None, by_token, admins=("ops",))

    assert "would leave tokens as the only certain way in" in said
    assert "mon is kept, but is not a user" in said
    assert refusal(both, None, by_token, admins=("ops", "mon")) == ""
    assert refusal(both, None, by_token) == ""  # it was so before
