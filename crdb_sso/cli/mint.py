"""`crdb-sso mint`: a token of an issuer of your own, signed by a key that the cluster trusts."""

import json
import re
import sys
import time
from collections.abc import Iterable
from typing import Annotated

import typer

from crdb_sso.cli.cluster_options import JsonOption
from crdb_sso.cli.screen import say, say_aside, say_json
from crdb_sso.cli.token_options import expiry_text
from crdb_sso.errors import InvalidInput
from crdb_sso.printing import shown
from crdb_sso.workload.tokens.given import Given
from crdb_sso.workload.tokens.self_signed import (
    DEFAULT_LIFE_S,
    check_lifetime,
    claims_of,
    self_signed_token,
)

_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}
_HOW = "Give --key-file FILE, --key-from env:NAME, or --key-from 'command:PROGRAM ...'."


def mint(
    *,
    issuer: Annotated[str, typer.Option("--issuer", help="`iss` of the token")],
    subject: Annotated[str, typer.Option("--subject", help="its `sub`")],
    audience: Annotated[str, typer.Option("--audience", help="its `aud`")],
    key_file: Annotated[
        str | None,
        typer.Option("--key-file", show_default=False, metavar="FILE", help="the private key"),
    ] = None,
    key_from: Annotated[
        str | None,
        typer.Option(
            "--key-from",
            show_default=False,
            metavar="SOURCE",
            help="env:NAME, or command:PROGRAM and its arguments",
        ),
    ] = None,
    lifetime: Annotated[
        str, typer.Option("--lifetime", metavar="TIME", help="seconds, or e.g. 5m or 1h")
    ] = f"{DEFAULT_LIFE_S // 60}m",
    claim: Annotated[
        list[str] | None,
        typer.Option(
            "--claim",
            show_default=False,
            metavar="NAME=TEXT",
            help="a further claim, or NAME:=JSON; may be repeated",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a token that a private key of yours signs, PEM or JWK.

    It is a secret, valid until it expires. Its `kid` is the key's thumbprint, or what a JWK says.
    """
    claims = claims_of(issuer, subject, audience, dict(_claims(claim or ())))
    life_s = _seconds(lifetime)
    check_lifetime(life_s, f"--lifetime {shown(lifetime)}")
    key = _key(key_file, key_from)
    token = self_signed_token(claims, key.read(), time.time(), life_s)
    if sys.stdout.isatty():
        until = expiry_text(token)
        say_aside(f"crdb-sso: this is a secret: anybody who has it can log in until {until}")
    if as_json:
        say_json({"token": str(token.value), "expires_at": expiry_text(token)})
    else:
        say(token.value)


def _key(file: str | None, source: str | None) -> Given:
    if (file is None) == (source is None):
        raise InvalidInput("give one place where the private key is", hint=_HOW)
    if source is None:
        return Given("the private key", "key", file=file)
    kind, _, value = source.partition(":")
    if kind == "env" and value:
        return Given("the private key", "key", env=value)
    if kind == "command" and value:
        return Given("the private key", "key", command=value)
    raise InvalidInput("--key-from does not name where the private key is", hint=_HOW)


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9})([smh]?)", text)
    if not found:
        raise InvalidInput(
            f"--lifetime {shown(text)} is not a time", hint="Write e.g. 300, 5m or 1h."
        )
    return int(found[1]) * _UNITS_S[found[2]]


def _claims(given: Iterable[str]) -> Iterable[tuple[str, object]]:
    """Yield claims; one that is given twice is an error."""
    names = set()
    for text in given:
        name, equals, value = text.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not equals or not name:
            raise InvalidInput(
                f"--claim {shown(text.partition('=')[0])} does not name a claim and its value",
                hint="Write e.g. --claim team=orders, or --claim 'groups:=[\"ops\"]'.",
            )
        if name in names:
            raise InvalidInput(f"the claim {shown(name)} is given twice", hint="Leave one.")
        names.add(name)
        yield name, _json(name, value) if is_json else value


def _json(name: str, text: str) -> object:
    try:
        value: object = json.loads(text)
        json.dumps(value, allow_nan=False)  # as it will be signed
    except (ValueError, RecursionError):
        raise InvalidInput(
            f"the value of the claim {shown(name)} is not JSON",
            hint=f"Quote it for the shell: --claim '{name}:=[\"ops\"]'; or write {name}=TEXT.",
        ) from None
    return value
