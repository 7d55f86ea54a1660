"""What goes when an owner goes: the same for `plan --destroy` and `claims release`."""

from dataclasses import dataclass

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import look_ahead
from crdb_sso.clients.sql.plan_statements import plan_statements
from crdb_sso.plan.inputs import ClusterState, OwnerRequest
from crdb_sso.plan.planner import plan_of
from crdb_sso.preview.commands.removals import removal_lines
from crdb_sso.preview.on_cluster.notes import notes
from crdb_sso.registry.known_owners import check_owner_known


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
        check_owner_known(live.registry, owner)
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


def _request(live: ClusterState, owner: str) -> OwnerRequest:
    holders = live.registry.holders_named(owner) if live.registry else frozenset[str]()
    instance = next(iter(sorted(holders - {owner})), "")
    return OwnerRequest(
        owner, {}, instance=instance, older_names=holders - {instance}, is_destroyed=True
    )
