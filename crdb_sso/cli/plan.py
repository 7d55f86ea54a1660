"""`crdb-sso plan`: what a stack's `pulumi destroy` will do, as the engine asks nobody for that."""

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
from crdb_sso.cli.leaving import leaving
from crdb_sso.cli.screen import say, say_json

_DISABLED = (
    "a SQL user whose login says `on_delete: disable` stays, shut out: only the stack's state knows"
)


def plan(
    context: typer.Context,
    *,
    destroy: Annotated[
        str, typer.Option("--destroy", metavar="OWNER", help="as `claims list` shows it")
    ],
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show what destroying a stack will remove; write nothing."""
    check_owner(destroy)
    found = leaving(chosen_url(context, cluster_url), chosen_database(context, database), destroy)
    if as_json:
        say_json({"owner": destroy, "removes": list(found.lines)})
        return
    for line in found.lines or ("nothing",):
        say(line)
    if found.drops_users:
        say(_DISABLED)
