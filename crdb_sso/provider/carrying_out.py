"""Changes carried out on a cluster, and what the log of a run says about them."""

from dataclasses import replace
from threading import Lock

import pulumi

from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.operation import Operation, Outcome, carry_out, with_claimed_users
from crdb_sso.desired.remembered import Remembered
from crdb_sso.errors import CrdbSsoError
from crdb_sso.plan.inputs import ClusterState
from crdb_sso.plan.steps import Plan
from crdb_sso.preview.existing_users import existing_lines
from crdb_sso.preview.flat_lists import joining_lines
from crdb_sso.preview.notes import kept_layouts, shut_out_lines
from crdb_sso.provider.requests import Change, names_of
from crdb_sso.provider.target import Target

_ONE_AT_A_TIME = Lock()
"""The engine handles several resources of a program at once in one plugin process; they need not
take turns by means of the cluster."""


def bring(change: Change) -> Outcome:
    """Bring a cluster from whatever it has to what is wanted."""
    return _carried_out(_operation(change))


def create(change: Change) -> Outcome:
    """Write a first wish; if that fails, undo what was written.

    The engine does not remember a failed creation, so `destroy` would not remove it. Claims of an
    earlier creation that was killed stay: the next `up` completes it.
    """
    takes_back = False

    def planned(_plan: Plan, live: ClusterState) -> None:
        nonlocal takes_back
        takes_back = not _has_claims(live, change.target.owner)

    try:
        return _carried_out(replace(_operation(change), planned=planned))
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
        pulumi.log.info,
        target.check,
    )


def _carried_out(operation: Operation) -> Outcome:
    with _ONE_AT_A_TIME:
        outcome = carry_out(operation)
    kept = kept_layouts(outcome.plan, outcome.live)
    found = existing_lines(operation.wanted, outcome.live)
    for line in (*found, *kept, *shut_out_lines(operation.wanted, outcome.live)):
        pulumi.log.info(line)
    for line in joining_lines(outcome.plan, outcome.live):
        pulumi.log.warn(line)
    return outcome


def _has_claims(live: ClusterState, owner: str) -> bool:
    return any(claim.owner == owner for claim in live.claims)


def _take_back(creation: Change, exc: CrdbSsoError) -> None:
    try:
        bring(creation.undone)
    except CrdbSsoError as second:
        pulumi.log.warn(
            f"what was written before the error could not be undone ({second.what}): the next"
            " `pulumi up` completes it, and `destroy` after that removes it"
        )
    else:
        exc.add_undone()


def look(target: Target, remembered: Remembered) -> ClusterState | None:
    """Read what a cluster shows of what a state remembers; None if no stack ever wrote there.

    Raises:
        ClusterChanged: It is a different cluster.
    """
    names = names_of(remembered.written)
    with open_cluster(target.cluster_url, database=target.database) as cluster:
        live = with_claimed_users(cluster, cluster.read(names), names, {target.owner})
    if live.registry is None:
        pulumi.log.warn(
            f"the database {target.database} with the claims of all stacks is gone from this"
            " cluster: its logins are treated as gone too, and the next `up` creates them again"
        )
        return None
    target.check(live)
    return live
