"""The command `crdb-sso`: its groups of commands, and how errors become exit codes."""

from collections.abc import Sequence
from io import StringIO
from typing import cast

import typer

from crdb_sso.cli import (
    access,
    adopt,
    analyze,
    claims,
    cluster_options,
    connect,
    explain,
    init,
    mint,
    plan,
    rotate,
    token,
    token_file,
    users,
)
from crdb_sso.cli.exit_codes import DONE, EXPLAINED, REFUSED, WRONG_USE
from crdb_sso.cli.screen import complain, say_aside
from crdb_sso.clients.connecting.waiting import SHORT_WAIT_S, waiting
from crdb_sso.errors import CrdbSsoError, InvalidInput

_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""Click's error of wrong arguments; Typer gives it no name of its own."""

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
app.command("plan")(plan.plan)
app.command("disable")(users.disable)
app.command("enable")(users.enable)
app.command("access")(access.access)
app.command("analyze")(analyze.analyze)
app.command("adopt")(adopt.adopt)
app.command("rotate")(rotate.rotate)
app.command("explain")(explain.explain)
app.command("token")(token.token)
app.command("mint")(mint.mint)
app.command("connect")(connect.connect)
app.command("token-file")(token_file.token_file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        arguments: The command-line arguments; None for those of this process.

    Returns:
        The exit code, see `crdb_sso.cli.exit_codes`.
    """
    given = None if arguments is None else list(arguments)
    try:
        with waiting(SHORT_WAIT_S, say_aside):
            code = app(given, prog_name="crdb-sso", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except _UsageError as exc:
        told = StringIO()
        exc.show(told)
        complain(told.getvalue().rstrip())
        return WRONG_USE
    except InvalidInput as exc:
        complain(f"crdb-sso: {exc}")
        return WRONG_USE
    except CrdbSsoError as exc:
        complain(f"crdb-sso: {exc}")
        return REFUSED
    return code if isinstance(code, int) else DONE
