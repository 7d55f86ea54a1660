"""`crdb-sso claims`: what stacks have claimed, and what a dead one left behind."""

from itertools import groupby
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    check_owner,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import NOT_CONFIRMED
from crdb_sso.cli.screen import is_confirmed, say, say_aside, say_json, say_table
from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import Operation, carry_out, with_claimed_users
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.plan.planner import plan_changes
from crdb_sso.preview.removals import removal_lines
from crdb_sso.registry.claims import Claim
from crdb_sso.tokens.printing import printable

app = typer.Typer(help="What stacks have claimed.", rich_markup_mode=None)


@app.command("list")
def list_claims(
    context: typer.Context,
    *,
    owner: Annotated[str | None, typer.Option("--owner", help="of this owner only")] = None,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show the claims of all stacks, or of one."""
    check_owner(owner)
    where = chosen_database(context, database)
    with open_cluster(chosen_url(context, cluster_url), database=where) as cluster:
        claims = cluster.read_claims()
    found = sorted(
        (claim for claim in claims if owner in (None, claim.owner)),
        key=lambda claim: (claim.owner, claim.entry),
    )
    if as_json:
        say_json([_as_json(claim) for claim in found])
        return
    for name, of_owner in groupby(found, key=lambda claim: claim.owner):
        say(printable(name))
        say_table(("kind", "entry", "found", "since"), map(_row, of_owner))


def _as_json(claim: Claim) -> dict[str, str | bool]:
    return {
        "owner": claim.owner,
        "kind": claim.entry.kind.value,
        "entry": claim.entry.name,
        "found": claim.found,
        "since": claim.since.isoformat() if claim.since else "",
    }


def _row(claim: Claim) -> tuple[str, str, str, str]:
    since = f"{claim.since:%Y-%m-%d}" if claim.since else ""
    return claim.entry.kind.value, claim.entry.name, "yes" if claim.found else "", since


@app.command("release")
def release(
    context: typer.Context,
    *,
    owner: Annotated[
        str, typer.Argument(help="organization/project/stack/resource, as `list` shows it")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Remove what a dead stack left behind.

    This is what its own `pulumi destroy` would remove.
    """
    check_owner(owner)
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    request = OwnerRequest(owner, {})
    lines = _removals(url, where, request)
    tell = say_aside if as_json else say
    for line in lines:
        tell(line)
    if not yes and not is_confirmed(f"Release all claims of {owner}?", aside=as_json):
        raise typer.Exit(NOT_CONFIRMED)
    carry_out(Operation(url, where, request, Names(), tell))
    if as_json:
        say_json({"owner": owner, "removed": lines})
    else:
        say(f"released: {owner}")


def _removals(url: str, database: str, request: OwnerRequest) -> list[str]:
    """Return lines for what a release would remove from the cluster as it is now.

    Raises:
        GuardRefused: The owner has no claims; names the owners that have.
    """
    with open_cluster(url, database=database) as cluster:
        live = cluster.read(Names())
        request = request.knowing(live.registry)
        owners = sorted({claim.owner for claim in live.claims})
        if not request.owners & set(owners):
            raise GuardRefused(
                f"{request.owner} has no claims on this cluster",
                hint=f"Owners that have: {', '.join(owners) or 'none'}.",
            )
        live = with_claimed_users(cluster, live, Names(), request.owners)
    return removal_lines(plan_changes(live, request))
