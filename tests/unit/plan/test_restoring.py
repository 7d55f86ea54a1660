"""A change in two parts ends like one in one; and what its first part changed can be put back."""

from dataclasses import replace
from functools import reduce

from hypothesis import assume, event, given, settings

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.logins import Desired
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.plan.planner import checked_context, plan_changes, plan_of
from crdb_sso.plan.restoring import continuing, restoring
from tests.unit.cluster_model import Cluster, Done, planned, steps
from tests.unit.cluster_promises import as_sets, brought_to
from tests.unit.raw_entries import names
from tests.unit.request_strategies import found_clusters, wanted, wishes

ME = "org/shop/dev/sso"

briefly = settings(max_examples=60)


def possible(cluster: Cluster, wish: OwnerRequest) -> bool:
    try:
        planned(cluster, wish)
    except GuardRefused:
        return False
    return True


def first_part(cluster: Cluster, known: OwnerRequest) -> tuple[Cluster, PlanContext]:
    """Return the cluster after the first part of a change, and what that was made from."""
    context = checked_context(cluster.live_for(known), known)
    done = [s for s in steps(plan_of(context).first_part, known) if not isinstance(s, Done)]
    return reduce(Cluster.after, done, cluster), context


def the_other_way(before: Cluster, known: OwnerRequest, first: Desired) -> OwnerRequest:
    """Return the change from what was written to what was wanted first."""
    wish = before.known(wanted(ME, first))
    return replace(wish, entries=known.remembered, remembered=known.entries)


def second_part(cluster: Cluster, wish: OwnerRequest, saved: OwnerRequest) -> Cluster:
    """Return the cluster after the second part, when the engine saves a state."""
    plan = plan_changes(cluster.live_for(wish), wish)
    done = [s if not isinstance(s, Done) else Done(saved) for s in steps(plan, wish)]
    return reduce(Cluster.after, done, cluster)


@briefly
@given(found_clusters(), wishes(), wishes())
def test_a_change_in_two_parts_ends_like_one_in_one(
    cluster: Cluster, first: Desired, second: Desired
) -> None:
    assume(possible(cluster, wanted(ME, first)))
    before = brought_to(cluster, wanted(ME, first))
    assume(possible(before, wanted(ME, second)))
    known = before.known(wanted(ME, second))

    between, _ = first_part(before, known)
    after = second_part(between, continuing(known), known)

    assert as_sets(after) == as_sets(brought_to(before, wanted(ME, second)))


@briefly
@given(found_clusters(), wishes(), wishes())
def test_what_a_change_did_is_put_back_and_nothing_else(
    cluster: Cluster, first: Desired, second: Desired
) -> None:
    assume(first.sources and possible(cluster, wanted(ME, first)))
    before = brought_to(cluster, wanted(ME, first))
    assume(possible(before, wanted(ME, second)))
    known = before.known(wanted(ME, second))
    back = the_other_way(before, known, first)

    between, context = first_part(before, known)
    try:
        after = second_part(between, restoring(context, back, ()), before.states[known.instance])
    except GuardRefused:
        event("a guard would have refused the old wish, too")
        assert not possible(between, wanted(ME, first))
        return

    event("something changed" if between != before else "nothing changed")
    assert as_sets(after) == as_sets(before)


@briefly
@given(found_clusters(), wishes(), wishes())
def test_what_was_taken_away_by_hand_before_is_not_put_back(
    cluster: Cluster, first: Desired, second: Desired
) -> None:
    assume(first.sources and possible(cluster, wanted(ME, first)))
    written = brought_to(cluster, wanted(ME, first))
    before = written.edited(Setting.AUDIENCE, "")
    assume(possible(before, wanted(ME, second)))
    known = before.known(wanted(ME, second))
    assume(not {e for e in known.entries if e.setting is Setting.AUDIENCE} - set(known.remembered))
    back = the_other_way(before, known, first)

    between, context = first_part(before, known)
    try:
        after = second_part(between, restoring(context, back, ()), before.states[known.instance])
    except GuardRefused:
        return

    put_back = names(Setting.AUDIENCE, after.text(Setting.AUDIENCE))
    assert not {e.name for e in known.remembered if e.setting is Setting.AUDIENCE} & set(put_back)
