"""The command `crdb-sso`: its groups of commands, and how errors become exit codes."""

import sys
from collections.abc import Sequence

import typer

from crdb_sso.cli import adopt, claims, cluster_options, init, rotate
from crdb_sso.cli.exit_codes import DONE, EXPLAINED, REFUSED, WRONG_USE
from crdb_sso.cli.screen import say
from crdb_sso.errors import CrdbSsoError, InvalidInput

app = typer.Typer(
    name="crdb-sso",
    help="Manage a CockroachDB cluster whose SSO settings several stacks share.",
    epilog=EXPLAINED,
    add_completion=False,
    rich_markup_mode=None,  # plain help and errors: nothing is boxed, wrapped or cut
    pretty_exceptions_enable=False,  # our errors are a line and the next step
)
app.callback()(cluster_options.remember)
app.command("init")(init.init)
app.add_typer(claims.app, name="claims")
app.command("adopt")(adopt.adopt)
app.command("rotate")(rotate.rotate)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        arguments: The command-line arguments; None for those of this process.

    Returns:
        The exit code, see `crdb_sso.cli.exit_codes`.
    """
    try:
        app(None if arguments is None else list(arguments), prog_name="crdb-sso")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE
    except InvalidInput as exc:
        say(f"crdb-sso: {exc}", file=sys.stderr)
        return WRONG_USE
    except CrdbSsoError as exc:
        say(f"crdb-sso: {exc}", file=sys.stderr)
        return REFUSED
    return DONE
