"""One operation on a cluster, from start to end: wait, read, plan, apply."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from crdb_sso.clients.cluster import Cluster, Names, open_cluster
from crdb_sso.clients.connecting.environment import seconds
from crdb_sso.clients.writing.lease import Say
from crdb_sso.clients.writing.write_turn import SPREAD_VARIABLE, WriteTurn
from crdb_sso.desired import forced_sso
from crdb_sso.errors import (
    ChangeNotCompleted,
    ClusterBusy,
    ClusterChanged,
    CrdbSsoError,
    GuardRefused,
    LeaseLost,
    UnsupportedVersion,
)
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.old_texts import check_texts
from crdb_sso.plan.planner import checked_context, plan_of
from crdb_sso.plan.resuming import resuming
from crdb_sso.plan.steps import Plan
from crdb_sso.registry.claims import Kind, memberships_among, owned
from crdb_sso.registry.stale_reads import SPREAD_S

TURNS = 3
"""How often an operation starts over because another one took over while this process slept."""


def _accept(_live: ClusterState) -> None:
    """Accept any cluster."""


def _ignore(_plan: Plan, _context: PlanContext) -> None:
    """Accept any plan."""


def _always() -> bool:
    """Tell that somebody waits."""
    return True


@dataclass(frozen=True, slots=True)
class Operation:
    """What to bring a cluster to, and who is called on the way.

    Attributes:
        url: A libpq URL; may contain a password.
        database: Where the claim tables are.
        wanted: What its owner wants.
        names: The users and roles that it concerns.
        say: Takes a line for people while it runs.
        check: Looks at what is live before anything is planned; may raise.
        planned: Takes the plan right before it is carried out.
        is_awaited: Whether somebody waits for the outcome, to remember it. If nobody does, a change
            that was carried out is not noted as completed: no state knows of it.
        is_first_part: Whether logins are tried before users are dropped and claims released. Then
            it is not noted as completed either.
    """

    url: str = field(repr=False)
    database: str
    wanted: OwnerRequest
    names: Names
    say: Say
    check: Callable[[ClusterState], None] = _accept
    planned: Callable[[Plan, PlanContext], None] = _ignore
    is_awaited: Callable[[], bool] = _always
    is_first_part: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was looked at, what was done about it, and the cluster's id."""

    cluster_id: str
    context: PlanContext
    plan: Plan


def carry_out(operation: Operation) -> Outcome:
    """Wait for our turn, then bring a cluster to what is wanted.

    Raises:
        ClusterUnreachable: No connection, or it was lost.
        GuardRefused: A guard said no; nothing was written but, if it says so, the claim tables.
        ClusterRefused: The cluster said no.
        ClusterChanged: Somebody else keeps writing the same setting, or `check` says so.
        ChangeNotCompleted: A guard says no, or others keep writing, now that it has begun.
        ClusterBusy: Others kept writing for too long.
        UnsupportedVersion: The cluster lacks a setting, or its claim tables have a newer version.
    """
    turns = Retrying(
        retry=retry_if_exception_type(LeaseLost),
        stop=stop_after_attempt(TURNS),
        before_sleep=lambda _: operation.say("another process took over: waiting for our turn"),
        reraise=True,
    )
    with (
        open_cluster(operation.url, database=operation.database) as cluster,
        cluster.turn(operation.wanted.owner, operation.say, operation.names) as turn,
    ):
        try:
            return turns(_one_turn, operation, cluster, turn)
        finally:
            turn.is_remembered = not operation.is_first_part and operation.is_awaited()


def _claimed_users(live: ClusterState, holders: Collection[str]) -> Names:
    """Return the users that some holders have claimed, and whom all keep if they force SSO."""
    mine = owned(live.claims, holders)
    users = {entry.name for entry in mine if entry.kind is Kind.USER}
    users |= {membership.user for membership in memberships_among(mine)}
    kept = forced_sso.kept_users(live.claims) if forced_sso.ENTRY in mine else frozenset[str]()
    return Names(frozenset(users), kept=kept)


def with_claimed_users(
    cluster: Cluster, live: ClusterState, names: Names, holders: Collection[str]
) -> ClusterState:
    """Return what was read about some names, and about what some holders have claimed."""
    more = _claimed_users(live, holders)
    if more.users <= names.users and more.kept <= names.users | names.kept:
        return live
    users, kept = names.users | more.users, names.kept | more.kept
    return cluster.read_users(live, replace(names, users=users, kept=kept))


def look_ahead(
    cluster: Cluster, live: ClusterState, names: Names, wanted: OwnerRequest
) -> PlanContext:
    """Return what a change would be made from, once every guard has looked at it.

    Raises:
        GuardRefused: A guard says no.
        UnsupportedVersion: The cluster lacks a setting that is needed.
    """
    holders = resuming(wanted, live.registry).holders
    return checked_context(with_claimed_users(cluster, live, names, holders), wanted)


def _one_turn(operation: Operation, cluster: Cluster, turn: WriteTurn) -> Outcome:
    try:
        outcome = _planned(operation, cluster, turn)
    except LeaseLost:
        raise
    except (GuardRefused, ClusterBusy, ClusterChanged, UnsupportedVersion) as exc:
        if turn.has_begun or operation.wanted.continues:  # their texts say that nothing was written
            raise ChangeNotCompleted(exc.what) from exc
        raise
    plan, live = outcome.plan, outcome.context.live
    if live.registry is not None:
        operation.planned(plan, outcome.context)
        turn.apply(plan.first_part if operation.is_first_part else plan, live)
    return outcome


def _planned(operation: Operation, cluster: Cluster, turn: WriteTurn) -> Outcome:
    """Take the turn, and return what to do with it; without claim tables, there is nothing."""
    live = turn.take(operation.names)
    if live is not None:
        return _prepared(operation, cluster, live)
    before = cluster.read(operation.names)
    context = _context(operation, cluster, before)  # guards, rights, before the first write
    plan = plan_of(context)
    cluster.rehearse(plan, before)
    if before.registry is None and not operation.wanted.entries:
        return Outcome("", context, plan)  # nothing was ever written, nothing is wanted
    live = turn.make_registry(operation.names)
    try:
        return _prepared(operation, cluster, live)
    except CrdbSsoError as exc:
        exc.add_claim_tables(cluster.database, is_new=before.registry is None)
        raise


def _prepared(operation: Operation, cluster: Cluster, live: ClusterState) -> Outcome:
    context = _context(operation, cluster, live)
    check_texts(context, seconds(SPREAD_VARIABLE, SPREAD_S))
    plan = plan_of(context)
    cluster.rehearse(plan, context.live)
    return Outcome(live.registry.cluster_id if live.registry else "", context, plan)


def _context(operation: Operation, cluster: Cluster, live: ClusterState) -> PlanContext:
    operation.check(live)
    return look_ahead(cluster, live, operation.names, operation.wanted)
