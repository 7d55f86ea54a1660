"""`crdb-sso init`: the claim tables, for operators who are not admins."""

from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.screen import say, say_json
from crdb_sso.clients.cluster import open_cluster
from crdb_sso.clients.statements import RegistryTables, registry_statements
from crdb_sso.crdb.user_names import check_role_name


def init(
    context: typer.Context,
    *,
    registry_role: Annotated[
        str, typer.Option("--registry-role", metavar="ROLE", help="the role that may use them")
    ],
    print_sql: Annotated[
        bool, typer.Option("--print-sql", help="print the statements, change nothing")
    ] = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Create the claim tables for operators who are not admins."""
    where = chosen_database(context, database)
    check_role_name(registry_role)
    if print_sql:
        statements = registry_statements(RegistryTables(where), registry_role)
        say_json({"statements": statements}) if as_json else say("\n".join(statements))
        return
    with open_cluster(chosen_url(context, cluster_url), database=where) as cluster:
        cluster.prepare(registry_role)
    if as_json:
        say_json({"database": where, "role": registry_role})
    else:
        say(f'{where} is ready. For each operator: GRANT "{registry_role}" TO ...;')
