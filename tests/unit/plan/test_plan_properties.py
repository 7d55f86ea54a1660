"""Properties of every plan of one owner, on clusters that others already use."""

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from crdb_sso.desired.logins import Desired
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import OwnerRequest
from tests.unit.cluster_model import Cluster, planned
from tests.unit.cluster_promises import as_sets, brought_to, checked, is_as_before
from tests.unit.request_strategies import found_clusters, wanted, wishes

ME = "org/shop/dev/sso"

briefly = settings(max_examples=60)


def crashed(cluster: Cluster, wish: OwnerRequest, data: st.DataObject) -> Cluster:
    """Return the cluster after the first few steps of a plan."""
    states = checked(cluster, wish)
    at = data.draw(st.integers(0, len(states) - 1), label="steps before the crash")
    event("crashed half-way" if 0 < at < len(states) - 1 else "crashed at an end")
    return states[at]


def possible(cluster: Cluster, wish: OwnerRequest) -> bool:
    try:
        planned(cluster, wish)
    except GuardRefused:
        return False
    return True


@briefly
@given(found_clusters(), wishes())
def test_releasing_everything_restores_what_was_found(cluster: Cluster, logins: Desired) -> None:
    assume(possible(cluster, wanted(ME, logins)))
    mine = brought_to(cluster, wanted(ME, logins))

    released = brought_to(mine, wanted(ME))

    assert is_as_before(released, cluster)
    assert released.claims == ()


@briefly
@given(found_clusters(), wishes(), wishes(), st.data())
def test_after_a_crash_the_next_plan_has_the_same_result(
    cluster: Cluster, first: Desired, second: Desired, data: st.DataObject
) -> None:
    assume(possible(cluster, wanted(ME, first)))
    before = brought_to(cluster, wanted(ME, first))
    assume(possible(before, wanted(ME, second)))
    without_crash = brought_to(before, wanted(ME, second))

    after_crash = brought_to(crashed(before, wanted(ME, second), data), wanted(ME, second))

    assert as_sets(after_crash) == as_sets(without_crash)


@briefly
@given(found_clusters(), wishes(), wishes(), wishes(), st.data())
def test_after_a_crash_another_wish_has_the_same_result(
    cluster: Cluster, first: Desired, second: Desired, third: Desired, data: st.DataObject
) -> None:
    assume(possible(cluster, wanted(ME, first)))
    before = brought_to(cluster, wanted(ME, first))
    assume(possible(before, wanted(ME, second)))
    between = crashed(before, wanted(ME, second), data)
    assume(possible(between, wanted(ME, third)))
    without_crash = brought_to(before, wanted(ME, third))

    after_crash = brought_to(between, wanted(ME, third))

    assert as_sets(after_crash) == as_sets(without_crash)


@briefly
@given(found_clusters(), wishes(), wishes(), st.data())
def test_after_crashes_releasing_restores_what_was_found(
    cluster: Cluster, first: Desired, second: Desired, data: st.DataObject
) -> None:
    assume(possible(cluster, wanted(ME, first)))
    created = crashed(cluster, wanted(ME, first), data)
    assume(possible(created, wanted(ME, second)))
    updated = crashed(created, wanted(ME, second), data)
    half_released = crashed(updated, wanted(ME), data)

    released = brought_to(half_released, wanted(ME))

    assert is_as_before(released, cluster)
    assert released.claims == ()
    assert released.registry is None or released.registry.found_texts == {}


@briefly
@given(found_clusters(), wishes(), wishes(), st.data())
def test_a_rename_that_crashes_is_completed_without_a_loss(
    cluster: Cluster, first: Desired, second: Desired, data: st.DataObject
) -> None:
    assume(possible(cluster, wanted(ME, first)))
    before = brought_to(cluster, wanted(ME, first))
    (instance,) = before.states or [""]
    assume(instance)
    renamed = wanted("org/shop/dev/new-name", second, instance)
    assume(possible(before, renamed))

    completed = brought_to(crashed(before, renamed, data), renamed)

    assert as_sets(completed) == as_sets(brought_to(before, renamed))
    assert all(claim.owner == renamed.owner for claim in completed.claims)
    released = brought_to(completed, wanted(renamed.owner))
    assert is_as_before(released, cluster)
