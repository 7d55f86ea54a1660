"""Which cluster a command is about: options that stand before or after a command."""

from dataclasses import dataclass
from typing import Annotated

import typer

from crdb_sso import __version__
from crdb_sso.cli.screen import say
from crdb_sso.crdb.storable import check_storable
from crdb_sso.crdb.user_names import check_database_name
from crdb_sso.errors import InvalidInput

DEFAULT_DATABASE = "crdb_sso"
URL_VARIABLE = "CRDB_SSO_CLUSTER_URL"

_URL_HELP = (
    f"libpq URL of the operator, by default ${URL_VARIABLE}; leave the password to PGPASSWORD"
)
UrlOption = Annotated[
    str | None,
    typer.Option("--cluster-url", show_default=False, metavar="URL", help=_URL_HELP),
]
_UrlBefore = Annotated[  # only this one reads the variable: an option anywhere wins
    str | None,
    typer.Option(
        "--cluster-url",
        envvar=URL_VARIABLE,
        show_envvar=False,
        show_default=False,
        metavar="URL",
        help=_URL_HELP,
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        show_default=False,
        metavar="NAME",
        help=f"where the claim tables are; by default {DEFAULT_DATABASE}",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="do not ask")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON, see docs/cli.md")]


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """The options given for the cluster; None is not given.

    Attributes:
        url: A libpq URL; may contain a password.
        database: Where the claim tables are.
    """

    url: str | None = None
    database: str | None = None

    def __repr__(self) -> str:
        """Show everything but the URL."""
        return f"ClusterOptions(database={self.database!r})"


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if wanted:
        say(f"crdb-sso {__version__}")
        raise typer.Exit


def remember(
    context: typer.Context,
    *,
    cluster_url: _UrlBefore = None,
    database: DatabaseOption = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="print the version, and exit"
        ),
    ] = False,
) -> None:
    """Remember the options before the command."""
    context.obj = ClusterOptions(cluster_url, database)


def chosen_url(context: typer.Context, url: str | None) -> str:
    """Return the URL given after the command, else before it.

    Raises:
        InvalidInput: Neither was given.
    """
    found = url if url is not None else _before(context).url
    if not found:
        raise InvalidInput(
            "no cluster is given", hint=f"Give --cluster-url, or set {URL_VARIABLE}."
        )
    return found


def chosen_database(context: typer.Context, database: str | None) -> str:
    """Return the database given after the command, else before it.

    Raises:
        InvalidInput: It is not a valid database name.
    """
    said = database if database is not None else _before(context).database
    found = DEFAULT_DATABASE if said is None else said
    check_database_name(found)
    return found


def check_owner(owner: str | None) -> None:
    """Check the owner that a command is about: an empty one is a variable that is not set.

    Raises:
        InvalidInput: It is empty, or no owner has such a name.
    """
    check_storable(owner or "")
    if owner == "":
        raise InvalidInput(
            "the owner is empty",
            hint="Write organization/project/stack/resource, as `crdb-sso claims list` shows it.",
        )


def _before(context: typer.Context) -> ClusterOptions:
    given = context.find_object(ClusterOptions)
    return given or ClusterOptions()
