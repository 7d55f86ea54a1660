"""Where a command finds a token: a file, standard input, a variable, or a source of workloads.

Files, variables and what commands print are taken as they are, so that an expired token, or what is
not a token at all, can be explained. No message repeats what was found, and no argument is a token:
everybody on a machine can see those.
"""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from crdb_sso.cli.token_options import chosen_source
from crdb_sso.errors import InvalidInput
from crdb_sso.files import reason_of
from crdb_sso.workload.tokens import KINDS
from crdb_sso.workload.tokens.files import PROJECTED_PATH
from crdb_sso.workload.tokens.running import LARGEST_BYTES, TooLateError, TooMuchError, run

STANDARD_INPUT = "-"
KUBERNETES = "kubernetes"
HOW = "Give --token-file FILE, --token-from env:NAME, --token-from 'command:PROGRAM ...', or -"
SOURCES = f"env:NAME, or KIND[:VALUE] with one of {', '.join(KINDS)}"

_LONGEST_NAME = 60
_PATIENCE_S = 60.0


_AS_IT_IS = ("env", "environment", "command", "file")
"""Kinds whose value says where a token is that is taken as it is."""


def check_no_options(more: Sequence[str] | None, audience: str | None) -> None:
    """Check that nothing is asked of a token that is taken as it is.

    Args:
        more: Parameters of a source.
        audience: The audience to ask for.

    Raises:
        InvalidInput: Something is.
    """
    for option, given in (("--token-option", more), ("--audience", audience)):
        if given:
            raise InvalidInput(
                f"{option} is for a source that is asked for a token; this one is taken as it is",
                hint="Leave it out, or ask a source for a token, e.g. with --token-from gcp.",
            )


def token_from_file(path: str, how: str = HOW) -> str:
    """Return the token in a file, or on standard input for `-`; without the line end behind it.

    Args:
        path: The file.
        how: How the command can be told where a token is.

    Raises:
        InvalidInput: It can't be read, or is too large.
    """
    try:
        if path == STANDARD_INPUT:
            return _text(sys.stdin.read(LARGEST_BYTES + 1).encode(), "standard input", how)
        with Path(path).open("rb") as file:
            return _text(file.read(LARGEST_BYTES + 1), path, how)
    except (OSError, ValueError) as error:  # not text; a path that no file can have
        reason = reason_of(error)
        named = "standard input" if path == STANDARD_INPUT else "the token file"
        raise InvalidInput(f"can't read {named}: {reason}", hint=f"{how}.") from error


def token_from_source(
    source: str,
    more: Sequence[str] | None = None,
    audience: str | None = None,
    audience_of_login: str = "",
    how: str = HOW,
) -> str:
    """Return the token that `env:NAME` names, or `KIND[:VALUE]` for a source of workloads.

    Args:
        source: The text.
        more: Parameters of the source, each `NAME=VALUE`.
        audience: The audience to ask for, if one is given.
        audience_of_login: The one to ask for otherwise, "" if it is not known.
        how: How the command can be told where a token is.

    Raises:
        InvalidInput: There is no such source, it does not take these, or it gives nothing.
        TokenUnavailable: The source has no token, and why.
    """
    kind, _, value = source.partition(":")
    if kind in (*_AS_IT_IS, KUBERNETES):
        check_no_options(more if value and kind != KUBERNETES else None, audience)
    if kind == KUBERNETES and not more:
        return token_from_file(value or PROJECTED_PATH, how)
    if kind in ("env", "environment") and value:
        if value not in os.environ:
            raise InvalidInput(f"{_named(value)} is not set", hint="Export it first.")
        return _text(os.fsencode(os.environ[value]), _named(value), how)
    if kind == "command" and value:
        return _text(_printed(value), "the command", how)
    if kind == "file" and value:
        return token_from_file(value, how)
    if kind in KINDS:
        return chosen_source(source, more, audience or audience_of_login, None).token().value
    raise InvalidInput(
        "this does not name where the token is", hint=f"{how}. Or name one of {', '.join(KINDS)}."
    )


def _printed(command: str) -> bytes:
    try:
        ended = run(shlex.split(command), _PATIENCE_S)
    except TooLateError:
        raise _failed(f"did not end within {_PATIENCE_S:g} s") from None
    except TooMuchError:
        raise _failed(f"prints more than {LARGEST_BYTES} bytes") from None
    except (OSError, ValueError, IndexError) as error:
        reason = reason_of(error, "not words")
        raise _failed(f"can't be started: {reason}") from error
    if ended.code:
        raise _failed(f"ended with {ended.code}")
    return ended.printed


def _failed(what: str) -> InvalidInput:
    return InvalidInput(f"the command of the token {what}", hint="Run it by hand, and look.")


def _named(variable: str) -> str:
    """Return how an error calls a variable: not by what may be a token in the wrong place."""
    is_name = len(variable) <= _LONGEST_NAME and re.fullmatch("[A-Z_][A-Z0-9_]*", variable)
    return f"the variable {variable}" if is_name else "the variable of the token"


def _text(octets: bytes, where: str, how: str) -> str:
    if len(octets) > LARGEST_BYTES:
        raise InvalidInput(f"{where} holds far more than a token", hint=f"{how}.")
    return octets.decode("utf-8", "replace").rstrip("\r\n")
