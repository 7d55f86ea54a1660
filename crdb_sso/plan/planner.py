"""From what is live, claimed and wanted to the steps that a cluster needs, in a safe order.

The order, and why:

0. Automatic provisioning and group sync, if they are turned off: group sync would revoke again what
   the next step grants. The owner is announced before that, so that a crash is seen.
1. `Announce`: claims, users, memberships, in one transaction. Claims come before settings, so that
   after a crash our own half-written entries are ours and not "found".
2. The identity map with old and new lines: an issuer is never trusted before it has its line.
3. Keys, issuers and audiences as wanted; then `enabled`.
4. The identity map without the old lines: whoever needed them is no longer trusted. Host-based
   rules close doors after all of that, and open them before it. Group sync and automatic
   provisioning are turned on last.
5. `Retire`: memberships and users to remove, and the claims on everything that is gone. Trust has
   already ended, so a user that can't be dropped does not block a revocation.

A plan is data. Once it is applied to the cluster it was made for, the next plan is empty.
"""

from dataclasses import replace

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.fetched_keys import TIMEOUT
from crdb_sso.plan.announce import announcement, is_registered
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.guards import GUARDS
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.key_retirement import with_staying_keys
from crdb_sso.plan.resuming import resuming
from crdb_sso.plan.retire import retirement
from crdb_sso.plan.steps import Announce, Plan
from crdb_sso.plan.writes import is_switched_off


def plan_changes(live: ClusterState, wanted: OwnerRequest) -> Plan:
    """Return what has to be done to make a cluster what one owner wants.

    Raises:
        GuardRefused: A guard says no (see `crdb_sso.plan.guards`); nothing may be written.
        UnsupportedVersion: The cluster lacks a setting that is needed.
    """
    return plan_of(checked_context(live, wanted))


def checked_context(live: ClusterState, wanted: OwnerRequest) -> PlanContext:
    """Return what a plan is made from, once every guard has looked at it.

    Raises:
        GuardRefused: A guard says no.
        UnsupportedVersion: The cluster lacks a setting that is needed.
    """
    context = plan_context(live, wanted)
    for check in GUARDS:
        check(context)
    return context


def plan_of(context: PlanContext) -> Plan:
    """Return the steps of a plan."""
    off = [write for write in context.writes if is_switched_off(write, context.live.settings)]
    announce, retire = announcement(context), retirement(context)
    is_due = announce.has_changes or context.writes or retire or not is_registered(context)
    return Plan(
        off=tuple(reversed(off)),
        announce=announce if is_due else Announce(),
        writes=tuple(write for write in context.writes if write not in off),
        retire=retire,
        retiring={entry.name: due for entry, due in context.wanted.until.items()},
        closed=context.closed,
        is_leaving=not context.wanted.entries and not context.wanted.is_new,
    )


def plan_context(live: ClusterState, wanted: OwnerRequest) -> PlanContext:
    """Return what guards and steps look at: the request, adjusted to this cluster and its time."""
    if Setting.TIMEOUT not in live.settings:  # such a version has a fixed limit
        kept = {entry: text for entry, text in wanted.entries.items() if entry != TIMEOUT}
        wanted = replace(wanted, entries=kept)
    wanted = resuming(wanted, live.registry)
    return PlanContext(live, with_staying_keys(wanted, live.claims, live.now))
