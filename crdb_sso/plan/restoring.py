"""Putting back what a change has changed, if a proof fails after it: that, and nothing else.

It is the change in the other direction, by the same rules: what others rely on stays, and so does
what somebody did by hand before, between or after. Two things differ from a program that goes back:

* What had been taken away by hand before the change is not put back: the change did not take it.
* A key that is new goes at once; one that was waiting for its end before goes on waiting for it.
"""

from collections.abc import Collection
from dataclasses import replace

from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Entry, Kind


def continuing(wanted: OwnerRequest) -> OwnerRequest:
    """Return the request for the second part of a change."""
    return replace(wanted, continues=True)


def restoring(done: PlanContext, back: OwnerRequest, retiring: Collection[str]) -> OwnerRequest:
    """Return the request that puts back what a change has changed.

    Args:
        done: What the first part of the change was made from.
        back: The change from what was written to what was wanted before.
        retiring: The kids that were waiting for their end before.
    """
    were_missing = {
        entry: text
        for entry, text in back.entries.items()
        if entry not in done.wanted.entries and not done.is_as_written(entry, text)
    }
    were_there = (kid for kid in retiring if done.is_there(Entry(Kind.KEY, kid)))
    return replace(
        continuing(back),
        remembered={**back.remembered, **were_missing},
        may_stay=frozenset(retiring),
        kids_put_back=frozenset(were_there),
        staying=frozenset(),
    )
