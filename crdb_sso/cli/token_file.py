"""`crdb-sso token-file`: a file with a fresh token, for workloads in other languages."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from crdb_sso.cli.screen import say_aside, say_json
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
from crdb_sso.workload.token_file import keep_fresh, write_token

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def token_file(
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="the file to keep fresh")],
    token_from: TokenFromOption = None,
    token_option: TokenOption = None,
    user: Annotated[
        str | None,
        typer.Option(show_default=False, help="SQL user whose login in the output says the rest"),
    ] = None,
    connect_file: ConnectOption = None,
    identity: IdentityOption = None,
    audience: AudienceOption = None,
    once: Annotated[bool, typer.Option("--once", help="write it once, and end")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="with --once: print JSON, see docs/cli.md")
    ] = False,
) -> None:
    """Keep a fresh token in a file, as a sidecar does.

    The file is replaced in one step and is readable by its owner alone. It ends with 1 if there is
    no token and no valid one in the file, and with 0 on SIGTERM.
    """
    login = None if user is None else read_login(connect_file, user, identity)
    known = audience or (login.audience if login else "")
    source = chosen_source(token_from, token_option, known, login)
    path = Path(out)
    if once:
        token = source.token()
        write_token(path, token)
        if as_json:
            say_json({"file": out, "expires_at": expiry_text(token)})
        return
    stop = threading.Event()
    for number in _STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    keep_fresh(path, source, stop.wait, say_aside)
