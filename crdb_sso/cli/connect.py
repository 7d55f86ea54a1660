"""`crdb-sso connect`: a client that is logged in with a fresh token."""

import os
import sys
from dataclasses import replace
from typing import Annotated

import typer

from crdb_sso.cli.screen import say, say_aside, say_json
from crdb_sso.cli.token_options import (
    AudienceOption,
    ConnectOption,
    IdentityOption,
    TokenFromOption,
    TokenOption,
    chosen_source,
    expiry_text,
    read_login,
)
from crdb_sso.errors import InvalidInput
from crdb_sso.files import reason_of
from crdb_sso.workload import Login, Token
from crdb_sso.workload.clients import environment_for, url_with_token, without_other_ways
from crdb_sso.workload.explaining import explanation, judged
from crdb_sso.workload.parameters import DEFAULT_DATABASE, DEFAULT_PORT

_PSQL = "psql"

_Host = Annotated[
    str | None, typer.Option(show_default=False, help="the cluster, if no output says it")
]
_Port = Annotated[
    int | None,
    typer.Option(show_default=False, help=f"its port, with --host; by default {DEFAULT_PORT}"),
]
_SqlDatabase = Annotated[
    str | None,
    typer.Option(
        "--sql-database",
        show_default=False,
        help=f"the database to connect to, with --host; by default {DEFAULT_DATABASE}",
    ),
]
_CaFile = Annotated[
    str | None,
    typer.Option(show_default=False, help='CA of the cluster here; "system" for the system\'s'),
]
_Dsn = Annotated[
    bool, typer.Option("--dsn", help="print a URL with the token instead: it is a secret")
]
_Json = Annotated[bool, typer.Option("--json", help="with --dsn: print JSON, see docs/cli.md")]


def connect(
    *,
    user: Annotated[str, typer.Argument(metavar="USER", help="the SQL user")],
    client: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- CLIENT ...]",
            show_default=False,
            help="the client and its arguments; by default psql",
        ),
    ] = None,
    token_from: TokenFromOption = None,
    token_option: TokenOption = None,
    connect_file: ConnectOption = None,
    identity: IdentityOption = None,
    host: _Host = None,
    port: _Port = None,
    sql_database: _SqlDatabase = None,
    ca_file: _CaFile = None,
    audience: AudienceOption = None,
    dsn: _Dsn = False,
    as_json: _Json = False,
) -> None:
    """Open psql, or another client, logged in with a fresh token.

    The client finds address and token in its environment, not among its arguments, which everybody
    on a machine can see. Variables that would lead it elsewhere, such as PGSERVICE, are left out.
    """
    _check_together(
        (as_json and not dsn, "--json goes with --dsn only"),
        (bool(client) and dsn, "--dsn prints a URL, and starts no client"),
        (port is not None and host is None, "--port goes with --host only"),
        (sql_database is not None and host is None, "--sql-database goes with --host only"),
        (identity is not None and host is not None, "--identity goes with an output only"),
    )
    if host is not None:
        login = Login(
            host=host,
            port=DEFAULT_PORT if port is None else port,
            user=user,
            database=DEFAULT_DATABASE if sql_database is None else sql_database,
            ca_file=ca_file or "",
            audience=audience or "",
        )
    else:
        login = read_login(connect_file, user, identity)
        if ca_file is not None:
            login = replace(login, ca_file=ca_file)
    source = chosen_source(token_from, token_option, audience or login.audience, login)
    token = source.token()
    if said := explanation(judged(login.trust, token.value)):
        say_aside(f"crdb-sso: the cluster will refuse this token: {said}")
    if dsn:
        _print(login, token, as_json=as_json)
        return
    _run(client or [_PSQL], login, token)


def _check_together(*rules: tuple[bool, str]) -> None:
    """Check that no option is without effect.

    Args:
        rules: Whether one is, and what to say then.

    Raises:
        InvalidInput: One is.
    """
    for is_broken, said in rules:
        if is_broken:
            raise InvalidInput(said, hint="Leave one out: crdb-sso connect --help")


def _print(login: Login, token: Token, *, as_json: bool) -> None:
    url = url_with_token(login.address, token)
    if not as_json:
        say(url)
        return
    say_json({"url": url, "expires_at": expiry_text(token)})


def _run(client: list[str], login: Login, token: Token) -> None:
    """Become the client: signals, terminal and exit code are its own."""
    ours = environment_for(client[0], login.address, token)
    environment = {**without_other_ways(os.environ), **ours}
    sys.stdout.flush()
    try:
        os.execvpe(client[0], client, environment)  # noqa: S606 - what the user asked for
    except OSError as error:
        raise InvalidInput(
            f"{client[0]} can't be started: {reason_of(error)}",
            hint="Install it, or name another client: crdb-sso connect USER -- CLIENT",
        ) from error
