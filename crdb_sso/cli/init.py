"""`crdb-sso init`: the claim tables, closed to all but admins and the members of roles."""

from collections.abc import Collection
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import (
    DatabaseOption,
    JsonOption,
    UrlOption,
    chosen_database,
    chosen_url,
)
from crdb_sso.cli.exit_codes import NOT_CONFIRMED
from crdb_sso.cli.screen import Tell, is_confirmed, say, say_aside, say_json
from crdb_sso.clients.cluster import Cluster, open_cluster
from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.rights import registry_statements
from crdb_sso.crdb.user_names import check_registry_role
from crdb_sso.errors import InvalidInput
from crdb_sso.preview.commands.registry_rights import rights_lines, take_over_lines
from crdb_sso.registry.ownership import (
    TakeOver,
    check_owners,
    check_takeable,
    owned_by_strangers,
)


def init(
    context: typer.Context,
    *,
    registry_role: Annotated[
        str,
        typer.Option(
            "--registry-role", metavar="ROLE", help="its members may use them, like admins"
        ),
    ] = "",
    reader_role: Annotated[
        str,
        typer.Option("--reader-role", metavar="ROLE", help="its members may list them, no more"),
    ] = "",
    print_sql: Annotated[
        bool, typer.Option("--print-sql", help="print the statements, change nothing")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: JsonOption = False,
    cluster_url: UrlOption = None,
    database: DatabaseOption = None,
) -> None:
    """Create the claim tables, or bring them up to date, and close them.

    Only admins may use them then, and the members of the roles. What somebody else made before is
    taken over, after asking.
    """
    where = chosen_database(context, database)
    _check_roles(registry_role, reader_role)
    if print_sql:
        _print(where, registry_role, reader_role, as_json=as_json)
        return
    tell = say_aside if as_json else say
    url = chosen_url(context, cluster_url)
    with open_cluster(url, database=where, checks_owners=False) as cluster:
        kept = {registry_role, reader_role}
        what = _to_take_over(cluster, kept)
        if what:
            _take_over(cluster, what, tell, asks=not yes, as_json=as_json)
        is_open = cluster.prepare(writers=registry_role, readers=reader_role)
    for line in rights_lines(where, registry_role, reader_role, is_open=is_open):
        tell(line)
    if as_json:
        roles = {"role": registry_role, "reader_role": reader_role}
        say_json({"database": where, **roles, "taken_from": what.losers if what else []})


def _check_roles(writers: str, readers: str) -> None:
    for role in filter(None, (writers, readers)):
        check_registry_role(role)
    if writers and writers == readers:
        raise InvalidInput(
            f"{writers} can't be both the registry role and the reader role",
            hint="Readers may list claims and nothing else: name a role of their own.",
        )


def _print(database: str, writers: str, readers: str, *, as_json: bool) -> None:
    statements = registry_statements(RegistryTables(database), writers, readers)
    if as_json:
        say_json({"statements": statements})
        return
    say_aside(
        f"-- run these where SHOW DATABASES does not list {database}, or lists it with an owner"
        " whom you trust"
    )
    say("\n".join(statements))


def _to_take_over(cluster: Cluster, kept: Collection[str]) -> TakeOver | None:
    """Return what strangers own, None if it is nothing.

    Args:
        cluster: The cluster.
        kept: The roles that may go on using them.

    Raises:
        GuardRefused: There is something, and the operator is not an admin; or it is not a table.
    """
    strangers = owned_by_strangers(cluster.owned)
    if not strangers:
        return None
    if not cluster.operator_is_admin:
        check_owners(cluster.database, strangers)
    check_takeable(cluster.database, strangers)
    return cluster.survey(strangers, kept)


def _take_over(cluster: Cluster, what: TakeOver, tell: Tell, *, asks: bool, as_json: bool) -> None:
    """Take over what strangers own, once confirmed."""
    for line in take_over_lines(cluster.database, what):
        tell(line)
    if asks and not is_confirmed(f"Take over {cluster.database}?", aside=as_json):
        raise typer.Exit(NOT_CONFIRMED)
    cluster.take_over(what)
    check_owners(cluster.database, cluster.owned)
