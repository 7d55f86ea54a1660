"""`crdb-sso claims`: what stacks have claimed, and what a dead one left behind."""

from itertools import groupby
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    YesOption,
    check_owner,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import NOT_CONFIRMED
from crdb_sso.cli.leaving import leaving
from crdb_sso.cli.screen import is_confirmed, say, say_aside, say_json, say_table
from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.operation import Operation, carry_out
from crdb_sso.preview.commands.claims import saying
from crdb_sso.printing import printable
from crdb_sso.registry.claims import Claim
from crdb_sso.registry.known_owners import check_owner_known

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
        registry = cluster.read_registry()
    claims = registry.claims if registry else ()
    holders = registry.holders_named(owner) if registry and owner else frozenset[str]()
    found = sorted(
        (claim for claim in claims if owner is None or claim.holder in holders),
        key=lambda claim: (claim.owner, claim.entry),
    )
    if as_json:
        say_json([_as_json(claim) for claim in found])
    for name, of_owner in groupby(() if as_json else found, key=lambda claim: claim.owner):
        say(printable(name))
        say_table(("kind", "entry", "says", "found", "since"), map(_row, of_owner))
    if not found and not as_json:
        say_aside(f"no claims{f' of {owner}' if owner else ''} in database {where}")
    for line in registry.unreadable if registry else ():
        say_aside(f"no stack writes this; it is left alone: {line}")


def _as_json(claim: Claim) -> dict[str, str | bool]:
    return {
        "owner": claim.owner,
        "kind": claim.entry.kind.value,
        "entry": claim.entry.name,
        "instance": claim.instance,
        "text": claim.text,
        "found": claim.found,
        "since": claim.since.isoformat() if claim.since else "",
        "until": claim.until.isoformat() if claim.until else "",
    }


def _row(claim: Claim) -> tuple[str, str, str, str, str]:
    since = f"{claim.since:%Y-%m-%d}" if claim.since else ""
    found = "yes" if claim.found else ""
    return claim.entry.kind.value, claim.entry.name, saying(claim), found, since


@app.command("release")
def release(
    context: typer.Context,
    *,
    owner: Annotated[
        str, typer.Argument(help="organization/project/stack/resource, as `list` shows it")
    ],
    yes: YesOption = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Remove what a dead stack left behind.

    This is what its own `pulumi destroy` would remove.
    """
    check_owner(owner)
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    found = leaving(url, where, owner)
    tell = say_aside if as_json else say
    for line in found.lines:
        tell(line)
    if not yes and not is_confirmed(f"Release all claims of {owner}?", aside=as_json):
        raise typer.Exit(NOT_CONFIRMED)
    carry_out(Operation(url, where, found.request, Names(), tell))
    if as_json:
        say_json({"owner": owner, "removed": list(found.lines)})
    else:
        say(f"released: {owner}")


@app.command("reclaim")
def reclaim(
    context: typer.Context,
    *,
    owner: Annotated[str, typer.Argument(help="the owner whose state was lost")],
    yes: YesOption = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let the next `pulumi up` take over what a stack had whose state was lost.

    If the stack is alive, its state and the new one would both own everything.
    """
    check_owner(owner)
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    with open_cluster(url, database=where) as cluster:
        check_owner_known(cluster.read_registry(), owner)
    question = f"Was the state of {owner} lost, so that a new stack of this name takes over?"
    if not yes and not is_confirmed(question, aside=as_json):
        raise typer.Exit(NOT_CONFIRMED)
    with (
        open_cluster(url, database=where) as cluster,
        cluster.turn(owner, say_aside, Names()) as turn,
    ):
        turn.reopen(owner)
    if as_json:
        say_json({"owner": owner})
    else:
        say(f"run `pulumi up` now: the stack that calls itself {owner} takes over")
