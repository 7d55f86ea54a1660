"""A look at the cluster in a preview, where a change concerns others on it; nothing is written."""

from collections.abc import Iterator

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import with_claimed_users
from crdb_sso.desired.logins import Logins
from crdb_sso.errors import ClusterUnreachable, CrdbSsoError
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.plan.planner import plan_changes
from crdb_sso.preview.effects_on_others import bystander_lines
from crdb_sso.provider.props import Target


def preview_on_cluster(
    target: Target, before: Logins, after: Logins, wanted: OwnerRequest, names: Names
) -> Iterator[tuple[bool, str]]:
    """Yield what `up` will do to others, or that it will be refused.

    Args:
        target: The cluster.
        before: What the stack has.
        after: What it wants.
        wanted: The same as entries.
        names: The users and roles that it is about.

    Yields:
        Whether it is a warning, and the line.
    """
    try:
        with open_cluster(target.cluster_url, database=target.database, wait_s=0) as cluster:
            live = cluster.read(names)
            wanted = wanted.knowing(live.registry)
            live = with_claimed_users(cluster, live, names, wanted.owners)
            plan_changes(live, wanted)
    except ClusterUnreachable as exc:
        yield False, f"what this means for others on the cluster can't be said now: {exc.what}"
    except CrdbSsoError as exc:
        yield True, f"`pulumi up` will refuse this, as the cluster stands now: {exc}"
    else:
        for line in bystander_lines(before, after, live, wanted):
            yield False, line
