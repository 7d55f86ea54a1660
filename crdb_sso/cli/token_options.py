"""Which login a command is about, and where its token comes from."""

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from crdb_sso.errors import InvalidInput
from crdb_sso.workload import Login
from crdb_sso.workload.outputs import WRITE_IT
from crdb_sso.workload.tokens import KINDS, Source, Token, named
from crdb_sso.workload.tokens.by_name import named_or_masked

CONNECT_VARIABLE = "CRDB_SSO_CONNECT"
CONNECT_FILE = "connect.json"

ConnectOption = Annotated[
    str | None,
    typer.Option(
        "--connect",
        envvar=CONNECT_VARIABLE,
        show_envvar=False,
        show_default=False,
        metavar="FILE",
        help="what `pulumi stack output connect --json` wrote; by default"
        f" ${CONNECT_VARIABLE}, or {CONNECT_FILE} if it exists",
    ),
]
IdentityOption = Annotated[
    str | None,
    typer.Option("--identity", show_default=False, help="which identity of the login this is"),
]
TokenFromOption = Annotated[
    str | None,
    typer.Option(
        "--token-from",
        show_default=False,
        metavar="KIND[:VALUE]",
        help=f"where the token comes from: {', '.join(KINDS)}; by default what the output names",
    ),
]
TokenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--token-option",
        show_default=False,
        metavar="NAME=VALUE",
        help="a parameter of that source; may be repeated",
    ),
]
AudienceOption = Annotated[
    str | None,
    typer.Option("--audience", show_default=False, help="`aud` of the token, if no output says it"),
]


def read_login(connect: str | None, user: str, identity: str | None) -> Login:
    """Return a login of a stack's output.

    Raises:
        InvalidInput: There is no output, or no such login in it.
    """
    return Login.from_outputs(found_output(connect), user, identity=identity)


def found_output(connect: str | None) -> str:
    """Return the path of a stack's output.

    Raises:
        InvalidInput: None is given, and there is none in this folder.
    """
    if connect:
        return connect
    if not Path(CONNECT_FILE).is_file():
        raise InvalidInput(
            f"there is no {CONNECT_FILE} here, and no --connect is given", hint=WRITE_IT
        )
    return CONNECT_FILE


def chosen_source(
    token_from: str | None, more: Sequence[str] | None, audience: str, login: Login | None
) -> Source:
    """Return the source that a command was given, else the one that the stack's output names.

    Raises:
        InvalidInput: There is no such source, or none is named.
    """
    parameters = dict(map(_parameter, more or ()))
    if token_from is None:
        if login is None or parameters:
            raise InvalidInput(
                "no token source is given", hint=f"Give --token-from, one of {', '.join(KINDS)}."
            )
        if not login.token_from.get("kind"):  # an OIDC issuer can't know how its clients ask
            raise InvalidInput(
                f"it is not known where the token of {login.user} comes from",
                hint=f"Give --token-from KIND[:VALUE], one of {', '.join(KINDS)}.",
            )
        return login.source()
    kind, colon, value = token_from.partition(":")
    if colon:
        main = KINDS[kind].main if kind in KINDS else ""
        if kind in KINDS and not main:
            raise InvalidInput(f"{kind} does not take a value", hint=f"Write --token-from {kind}")
        parameters = {main: value, **parameters}
    return named(kind, audience, parameters)


def expiry_text(token: Token) -> str:
    """Return until when a token is valid, ISO 8601; "" if it does not say."""
    end = token.expires_at
    return "" if end is None else datetime.fromtimestamp(end, timezone.utc).isoformat()


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        given = named_or_masked(text.partition("=")[0])
        raise InvalidInput(
            f"--token-option {given!r} does not name a parameter and its value",
            hint="Write e.g. --token-option impersonate=orders@shop.iam.gserviceaccount.com",
        )
    return name, value
