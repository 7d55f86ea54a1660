"""From what is live, claimed and wanted to the steps a cluster needs, in an order that is safe.

The order, and why:

0. Automatic provisioning and group sync are switched off, if they go: group sync would revoke
   again what comes next.
1. `Announce`: claims, users, memberships, in one transaction. Claims come before settings, so that
   after a crash our own half-written entries are ours and not "found".
2. The identity map with old and new lines: an issuer is never trusted before it has its line.
3. Keys, issuers and audiences as they are wanted; then `enabled`.
4. The identity map without the lines that go: nobody who needs them is trusted any more. Host-based
   rules close doors after all that, and open them before it. Group sync and automatic provisioning
   are switched on last.
5. `Retire`: memberships and users that go, and the claims on all that went. Trust is gone by then,
   so a user that can't be dropped blocks no revocation.

A plan is data. Applied to the cluster it was made for, the plan of the result is empty.
"""

from dataclasses import replace

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.fetched_keys import TIMEOUT
from crdb_sso.plan.announce import announcement
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.guards import GUARDS
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.key_retirement import with_staying_keys
from crdb_sso.plan.retire import retirement
from crdb_sso.plan.steps import Plan
from crdb_sso.plan.writes import is_switched_off


def plan_changes(live: ClusterState, wanted: OwnerRequest) -> Plan:
    """Return what has to be done so that the cluster is as one owner wants it.

    Raises:
        GuardRefused: A guard says no (see `crdb_sso.plan.guards`); nothing may be written.
        UnsupportedVersion: The cluster lacks what is asked for.
    """
    context = plan_context(live, wanted)
    for check in GUARDS:
        check(context)
    off = [write for write in context.writes if is_switched_off(write, live.settings)]
    return Plan(
        off=tuple(reversed(off)),
        announce=announcement(context),
        writes=tuple(write for write in context.writes if write not in off),
        retire=retirement(context),
        retiring={entry.name: due for entry, due in context.wanted.until.items()},
    )


def plan_context(live: ClusterState, wanted: OwnerRequest) -> PlanContext:
    """Return what guards and steps look at: a request as this cluster can have it, at this time."""
    if Setting.TIMEOUT not in live.settings:  # it fetches with a time limit of its own
        kept = {entry: text for entry, text in wanted.entries.items() if entry != TIMEOUT}
        wanted = replace(wanted, entries=kept)
    return PlanContext(live, with_staying_keys(wanted, live.claims, live.now))
