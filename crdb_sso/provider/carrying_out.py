"""Changes carried out on a cluster, and what the log of a run says about them."""

from collections import defaultdict
from dataclasses import replace
from threading import Lock

from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.operation import Operation, Outcome, carry_out, with_claimed_users
from crdb_sso.desired.remembered import Remembered
from crdb_sso.errors import CrdbSsoError
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.restoring import continuing, restoring
from crdb_sso.plan.steps import Plan
from crdb_sso.preview.on_cluster.custom_ca import ca_lines
from crdb_sso.preview.on_cluster.existing_users import existing_lines
from crdb_sso.preview.on_cluster.flat_lists import joining_lines
from crdb_sso.preview.on_cluster.notes import notes, shut_out_lines, warnings
from crdb_sso.preview.on_cluster.revoked_roles import revoked_lines
from crdb_sso.provider import log
from crdb_sso.provider.engine_calls import is_awaited
from crdb_sso.provider.requests import Change, names_of
from crdb_sso.provider.target import Target

_turns_on: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)
"""The engine handles several resources of a program at once in one plugin process: those of one
cluster need not take turns by means of the cluster, and those of different clusters take none."""


def bring(change: Change) -> Outcome:
    """Bring a cluster from whatever it has to what is wanted."""
    return _carried_out(change, _operation(change))


def begin(change: Change) -> Outcome:
    """Carry out the first part of a change: nobody is dropped, and no claim is released."""
    operation = replace(_operation(change), is_first_part=True)
    return _created(change, operation) if change.is_new else _carried_out(change, operation)


def finish(change: Change, first: Outcome) -> Outcome:
    """Carry out the second part of a change, if the first had anything to do."""
    return _carried_on(change, first, continuing(change.request)) if first.plan else first


def complete(change: Change, first: Outcome) -> Outcome:
    """Carry out the second part of a change that was proven; if that fails, undo a creation."""
    try:
        return finish(change, first)
    except CrdbSsoError as exc:
        if change.is_new and not first.context.wanted.resumed:
            _take_back(change, exc)
        raise


def put_back(change: Change, first: Outcome) -> None:
    """Put back what the first part of a change has changed."""
    if change.is_new:
        bring(change.undone)
        return
    retiring = [kid for kids in change.remembered.retiring.values() for kid in kids]
    _carried_on(change, first, restoring(first.context, change.back, retiring))


def create(change: Change) -> Outcome:
    """Write a first wish; if that fails, undo what was written."""
    return _created(change, _operation(change))


def _carried_on(change: Change, first: Outcome, wanted: OwnerRequest) -> Outcome:
    with _turns_on[change.target.cluster_url, change.target.database]:
        outcome = carry_out(replace(_operation(change), wanted=wanted))
    said = set(notes(first.context, first.plan))
    for line in notes(outcome.context, outcome.plan):
        if line not in said:
            log.info(line)
    return outcome


def _created(change: Change, operation: Operation) -> Outcome:
    """Write a first wish; if that fails, undo what was written.

    The engine does not remember a failed creation, so `destroy` would not remove it. Claims of an
    earlier creation that was killed stay: the next `up` completes it.
    """
    takes_back = False

    def planned(_plan: Plan, context: PlanContext) -> None:
        nonlocal takes_back
        takes_back = not context.wanted.resumed

    try:
        return _carried_out(change, replace(operation, planned=planned))
    except CrdbSsoError as exc:
        if takes_back:
            _take_back(change, exc)
        raise


def _operation(change: Change) -> Operation:
    target = change.target
    return Operation(
        target.cluster_url,
        target.database,
        change.request,
        change.names,
        log.info,
        target.check,
        is_awaited=is_awaited,
    )


def _carried_out(change: Change, operation: Operation) -> Outcome:
    with _turns_on[operation.url, operation.database]:
        outcome = carry_out(operation)
    context, plan, owner = outcome.context, outcome.plan, operation.wanted.owner
    before, after, live = change.remembered.written, change.desired, context.live
    warned = (
        *warnings(context),
        *joining_lines(plan, live),
        *ca_lines(before, after, plan, live),
    )
    for line in log.news(owner, warned):
        log.warn(line)
    found = (*existing_lines(context), *revoked_lines(context))
    for line in log.news(owner, (*found, *notes(context, plan), *shut_out_lines(context))):
        log.info(line)
    log.note(owner, ())
    return outcome


def _take_back(creation: Change, exc: CrdbSsoError) -> None:
    try:
        bring(creation.undone)
    except CrdbSsoError as second:
        log.warn(
            f"what was written before the error could not be undone ({second.reason}): the next"
            " `pulumi up` completes it, and `destroy` after that removes it"
        )
    else:
        exc.add_undone()


def look(target: Target, remembered: Remembered) -> ClusterState:
    """Read what a cluster shows of what a state remembers.

    Raises:
        ClusterChanged: It is a different cluster.
    """
    names = names_of(remembered.written)
    with open_cluster(target.cluster_url, database=target.database) as cluster:
        holders = target.identity.holders
        live = with_claimed_users(cluster, cluster.read(names), names, holders)
    if live.registry is None and target.cluster_id:
        log.warn(
            f"the database {target.database} with the claims of all stacks is gone from this"
            " cluster. What is still there of this stack counts as found from now on: `pulumi"
            " destroy` leaves it, unless `take_over=True` is set and `pulumi up` is run before"
        )
        return live
    target.check(live)
    return live
