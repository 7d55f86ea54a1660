"""What a killed change has left is something to do, even if the program asks for nothing new."""

from dataclasses import replace

from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.planner import plan_context
from crdb_sso.preview.on_cluster.unfinished import unfinished_lines
from crdb_sso.registry.claims import Entry, Kind
from tests.unit.preview.on_cluster.test_notes import LINE, UP, context


def without(*gone: Entry) -> PlanContext:
    """The same stack, as a state sees it that never knew some of its entries."""
    known = context(UP).wanted
    entries = {entry: text for entry, text in known.entries.items() if entry not in gone}
    forgetful = replace(known, entries=entries, remembered=entries)
    return plan_context(UP.live_for(forgetful), forgetful)


def test_a_completed_change_leaves_nothing() -> None:
    assert not without().has_unfinished
    assert list(unfinished_lines(without())) == []


def test_what_no_state_knows_of_is_something_to_do_and_is_named() -> None:
    context = without(Entry(Kind.LINE, LINE))

    assert context.has_unfinished
    assert context.left_over == (Entry(Kind.LINE, LINE),)
    (line,) = unfinished_lines(context)
    assert line.endswith(f"{LINE}: left by a change that no state knows of")
