"""A name is taken: two owners must not be one, or the first change of one would undo the other."""

from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext


def check(context: PlanContext) -> None:
    """Refuse a name under which another owner, or a stack whose state was lost, has claims.

    Raises:
        GuardRefused: Says since when, and names the two ways out.
    """
    wanted = context.wanted
    registry = context.live.registry
    if registry is None or not (wanted.is_new or wanted.entries):
        return
    for instance, owner in registry.owners.items():
        if owner.name == wanted.owner and instance not in wanted.holders:
            raise _taken(wanted.owner, f"since {owner.begun:%Y-%m-%d %H:%M} UTC")
    older = [c for c in context.claims if not c.instance and c.owner == wanted.owner]
    if wanted.instance and older and wanted.owner not in wanted.holders:
        since = min((c.since for c in older if c.since), default=None)
        raise _taken(wanted.owner, f"since {since:%Y-%m-%d %H:%M} UTC" if since else "already")


def _taken(name: str, since: str) -> GuardRefused:
    return GuardRefused(
        f"another stack has claims on this cluster under the name {name}, {since}",
        hint="No setting, user or claim was changed. If it is another team's, give this"
        " project, stack or component another name. If it is this stack's and its state was lost,"
        f" run `crdb-sso claims reclaim '{name}'`, then `pulumi up`.",
    )
