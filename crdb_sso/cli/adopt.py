"""`crdb-sso adopt`: a program that declares what is on a cluster."""

from typing import Annotated

import typer

from crdb_sso.adopt.adoption import adoption_of, named_users
from crdb_sso.adopt.program import config_text, program_text
from crdb_sso.cli.cluster_options import (
    DEFAULT_DATABASE,
    DatabaseOption,
    JsonOption,
    UrlOption,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.screen import say, say_json
from crdb_sso.clients.cluster import Names, open_cluster


def adopt(
    context: typer.Context,
    *,
    project: Annotated[str, typer.Option(help="name of the new Pulumi project")] = "sso",
    stack: Annotated[str, typer.Option(help="name of its stack")] = "prod",
    take_over: Annotated[
        bool, typer.Option("--take-over", help="destroying the stack removes what is adopted")
    ] = False,
    config: Annotated[
        bool, typer.Option("--config", help="print the stack's configuration instead")
    ] = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Print a program that declares what is on a cluster."""
    if config:
        text = config_text(project=project, stack=stack)
        say_json({"configuration": text}) if as_json else say(text)
        return
    where = chosen_database(context, database)
    with open_cluster(chosen_url(context, cluster_url), database=where) as cluster:
        live = cluster.read(Names())
        live = cluster.read_users(live, Names(named_users(live)))
    adoption = adoption_of(live)
    text = program_text(
        adoption,
        take_over=take_over,
        registry_database="" if where == DEFAULT_DATABASE else where,
    )
    if as_json:
        foreign = [{"what": left.what, "reason": left.reason} for left in adoption.foreign]
        say_json({"program": text, "logins": sorted(adoption.logins), "foreign": foreign})
    else:
        say(text)
