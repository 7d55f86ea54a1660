"""What goes when an owner goes: the same for `plan --destroy` and `claims release`."""

from dataclasses import dataclass

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import look_ahead
from crdb_sso.clients.plan_statements import plan_statements
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.planner import plan_of
from crdb_sso.preview.notes import notes
from crdb_sso.preview.removals import removal_lines
from crdb_sso.registry.claims import Registry


@dataclass(frozen=True, slots=True)
class Leaving:
    """An owner that goes.

    Attributes:
        request: What releases everything it has.
        lines: What that removes from the cluster as it is now, for people.
        drops_users: Whether users are among it.
        statements: The SQL that does it.
    """

    request: OwnerRequest
    lines: tuple[str, ...]
    drops_users: bool
    statements: tuple[str, ...] = ()


def leaving(url: str, database: str, owner: str) -> Leaving:
    """Return what would go together with an owner; nothing is written.

    Raises:
        GuardRefused: The owner has no claims; names the owners that have.
    """
    with open_cluster(url, database=database) as cluster:
        live = cluster.read(Names())
        check_known(live, owner)
        request = _request(live, owner)
        context = look_ahead(cluster, live, Names(), request)
    plan = plan_of(context)
    lines = (*removal_lines(plan), *notes(context, plan))
    return Leaving(
        request,
        lines,
        drops_users=bool(plan.retire.drop_users),
        statements=tuple(plan_statements(plan, context.live, database)),
    )


def check_known(live: ClusterState, owner: str) -> None:
    """Check that the claim tables know an owner.

    Raises:
        GuardRefused: They do not; names the owners that they know.
    """
    check_owner_known(live.registry, owner)


def check_owner_known(registry: Registry | None, owner: str) -> None:
    """Check that the claim tables know an owner.

    Raises:
        GuardRefused: They do not; names the owners that they know.
    """
    known: set[str] = set()
    if registry is not None:
        known |= {claim.owner for claim in registry.claims}
        known |= {one.name for one in registry.owners.values()}
    if owner not in known:
        raise GuardRefused(
            f"{owner} has no claims on this cluster",
            hint=f"Owners that have: {', '.join(sorted(known)) or 'none'}.",
        )


def _request(live: ClusterState, owner: str) -> OwnerRequest:
    holders = live.registry.holders_named(owner) if live.registry else frozenset[str]()
    instance = next(iter(sorted(holders - {owner})), "")
    return OwnerRequest(
        owner, {}, instance=instance, older_names=holders - {instance}, is_destroyed=True
    )
