"""`crdb-sso token`: what is in a token, offline; its text and its signature are never shown."""

import time
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import JsonOption
from crdb_sso.cli.given_token import (
    SOURCES,
    check_no_options,
    token_from_file,
    token_from_source,
)
from crdb_sso.cli.screen import say, say_json
from crdb_sso.cli.token_options import AudienceOption, TokenOption
from crdb_sso.cli.verdict_json import token_json
from crdb_sso.errors import InvalidInput
from crdb_sso.preview.logins.verdicts import token_lines
from crdb_sso.verdict.jose.decoding import Decoded, decode
from crdb_sso.verdict.jose.jws import UnreadableTokenError

_HOW = "Give crdb-sso token FILE, --token-from env:NAME, --token-from 'command:PROGRAM ...', or -"


def token(
    *,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE | -]", show_default=False, help="where the token is"),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--token-from",
            "--from",
            show_default=False,
            metavar="SOURCE",
            help=SOURCES,
        ),
    ] = None,
    token_option: TokenOption = None,
    audience: AudienceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show header and claims of a token, whether it has a kid, and until when it is valid.

    Nothing is asked and nothing is checked: `crdb-sso explain` does that.
    """
    if (file is None) == (source is None):
        raise InvalidInput(
            "give one place where the token is",
            hint=f"{_HOW}.",
        )
    if source is None:
        check_no_options(token_option, audience)
        found = decoded(token_from_file(file or "", _HOW))
    else:
        found = decoded(token_from_source(source, token_option, audience, how=_HOW))
    if as_json:
        say_json(token_json(found))
        return
    for line in token_lines(found, int(time.time())):
        say(line)


def decoded(text: str) -> Decoded:
    """Return what is in a token.

    Raises:
        InvalidInput: A cluster could not read it either.
    """
    try:
        return decode(text)
    except UnreadableTokenError as error:
        raise InvalidInput(
            f"{len(text)} characters that are not a token: {error}",
            hint="A token has three parts with dots between them, and nothing around them."
            f" {_HOW}.",
        ) from error
