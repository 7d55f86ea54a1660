"""`crdb-sso plan`: what `pulumi destroy` of a stack will do, or what stacks would put back.

The engine asks nobody what a destroy does, and a lost entry shows only in a stack's own refresh.
"""

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
from crdb_sso.cli.putting_back import putting_back
from crdb_sso.cli.screen import say, say_json
from crdb_sso.printing import printable

_DISABLED = (
    "a SQL user whose login says `on_delete: disable` stays, shut out: only the stack's state knows"
)
_NOTHING = "nothing"


def plan(
    context: typer.Context,
    *,
    destroy: Annotated[
        str | None,
        typer.Option(
            "--destroy",
            show_default=False,
            metavar="OWNER",
            help="what destroying this stack removes; as `claims list` shows it",
        ),
    ] = None,
    print_sql: Annotated[
        bool, typer.Option("--print-sql", help="print the statements instead")
    ] = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show what would happen, in lines or as SQL; write nothing.

    With --destroy: what destroying a stack removes. Without: what stacks have claimed and the
    cluster has lost, which `pulumi refresh` and `pulumi up` of each put back.
    """
    check_owner(destroy)
    url, where = chosen_url(context, cluster_url), chosen_database(context, database)
    if destroy is None:
        _put_back(url, where, print_sql=print_sql, as_json=as_json)
        return
    found = leaving(url, where, destroy)
    unseen = (_DISABLED,) if found.drops_users else ()
    if as_json:
        said = {"removes": list(found.lines), "statements": list(found.statements)}
        say_json({"owner": destroy, **said, "unseen": list(unseen)})
        return
    for line in (found.statements if print_sql else found.lines) or (_NOTHING,):
        say(line)
    for line in unseen:
        say(f"-- {line}" if print_sql else line)


def _put_back(url: str, database: str, *, print_sql: bool, as_json: bool) -> None:
    stacks = putting_back(url, database)
    if as_json:
        say_json(
            {
                "stacks": [
                    {
                        "owner": one.owner,
                        "puts_back": list(one.lines),
                        "statements": list(one.statements),
                        "refused": one.refused,
                    }
                    for one in stacks
                ]
            }
        )
        return
    start = "-- " if print_sql else ""
    for one in stacks:
        say(f"{start}{printable(one.owner)} would put back:")
        if one.refused:
            say(f"{start or '  '}refused: {printable(one.refused)}")
            continue
        lines = one.statements if print_sql else tuple(f"  {line}" for line in one.lines)
        for line in lines or (f"{start or '  '}{_NOTHING}",):
            say(line)
    if not stacks:
        say(f"{start}no stack has claimed anything")
