"""Tokens that a command prints, or that a function of the program returns."""

import asyncio
import inspect
import shlex
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias, cast

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.files import reason_of
from crdb_sso.printing import cut
from crdb_sso.workload.tokens.cache import PATIENCE_S, Clock
from crdb_sso.workload.tokens.running import LARGEST_BYTES, TooLateError, TooMuchError, run
from crdb_sso.workload.tokens.source import CachedSource, Source
from crdb_sso.workload.tokens.token import Token, without_secrets

Given: TypeAlias = "Token | str"
Function: TypeAlias = "Callable[[], Given] | Callable[[], Awaitable[Given]]"
"""A function of the program that returns a token, as it is or as text; may be `async`."""

_LONGEST_COMPLAINT = 500


class TokenCommand(CachedSource):
    """A command that prints a token, and nothing else, to its standard output.

    It is run again when the token's own `exp` is near; at each connection if it can't be read.

    Args:
        command: Program and arguments; as one text it is split as a shell would, but no shell runs.
        clock: Tells the time.
    """

    kind = "command"
    main = "command"

    def __init__(self, command: str | Sequence[str], *, clock: Clock = time.time) -> None:
        self._argv = split_command(command)
        super().__init__(program=self._argv[0], clock=clock)  # arguments may hold a secret

    def _fetch(self) -> Token:
        return Token(output_of(self._argv))


class TokenFunction(CachedSource):
    """A function of the program that returns a token.

    It is called on a thread of its own; an `async` function on the event loop of its caller.

    Args:
        function: Returns the token, as `Token` or as text.
        clock: Tells the time.
    """

    kind = "call"

    def __init__(self, function: Function, *, clock: Clock = time.time) -> None:
        if not callable(function):
            raise InvalidInput(
                f"{type(function).__name__} is not a token source",
                hint="Give one of crdb_sso.workload.tokens, or a function that returns a token.",
            )
        self._function = function
        super().__init__(
            function=getattr(function, "__qualname__", type(function).__qualname__), clock=clock
        )

    def _fetch(self) -> Token:
        given = self._function()
        if inspect.iscoroutine(given):
            given = asyncio.run(given)
        return _as_token(given)

    def _fetch_async(self) -> Callable[[], Awaitable[Token]] | None:
        if not _is_async(self._function):
            return None
        function = cast("Callable[[], Awaitable[Given]]", self._function)

        async def fetch() -> Token:
            return _as_token(await function())

        return fetch


def as_source(given: "Source | Function") -> Source:
    """Return a token source: itself, or one around a function.

    Raises:
        InvalidInput: It is neither.
    """
    if isinstance(given, str):
        raise InvalidInput(
            "a token as text would soon be an old one",
            hint="Give a source, e.g. tokens.file(path), or a function that returns a token.",
        )
    return given if isinstance(given, Source) else TokenFunction(given)


def split_command(command: str | Sequence[str]) -> tuple[str, ...]:
    """Return program and arguments.

    Raises:
        InvalidInput: There is no program in it.
    """
    try:
        argv = tuple(shlex.split(command) if isinstance(command, str) else command)
    except ValueError as error:
        raise InvalidInput(
            f"the command can't be split into words: {error}", hint="Give a list of words."
        ) from None
    if not argv or not argv[0]:
        raise InvalidInput("the command is empty", hint="Name a program that prints a token.")
    return argv


def output_of(argv: Sequence[str], secret: str = "") -> str:
    """Return what a command prints.

    Args:
        argv: Program and arguments.
        secret: What it prints, if that can't be told from other text, e.g. "the private key".

    Raises:
        TokenUnavailable: It can't be started, takes too long, or fails; its own complaint is
            repeated without what looks like a token or a key, and not at all if it gives a secret.
    """
    hint = f"Run {Path(argv[0]).name} by hand, where the workload runs."
    try:
        ended = run(argv, PATIENCE_S)
    except TooLateError:
        raise TokenUnavailable(f"did not end within {PATIENCE_S:g} s", hint=hint) from None
    except TooMuchError:
        raise TokenUnavailable(f"prints more than {LARGEST_BYTES} bytes", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = reason_of(error, str(error))
        raise TokenUnavailable(f"can't be started: {reason}", hint=hint) from error
    if ended.code:
        said = ended.complaint.decode("utf-8", "replace").strip()
        raise TokenUnavailable(
            f"ended with {ended.code}{_complaint(said, secret)}",
            hint=hint,
        )
    return ended.printed.decode("ascii", "replace")


def _complaint(said: str, secret: str) -> str:
    if not said:
        return ""
    if secret:
        return f"; what it says is not shown, as {secret} may be in it"
    return f": {cut(without_secrets(said), _LONGEST_COMPLAINT)}"


def _is_async(function: object) -> bool:
    call = getattr(function, "__call__", None)  # noqa: B004 - an object with an async `__call__`
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _as_token(given: object) -> Token:
    if isinstance(given, Token):
        return given
    if isinstance(given, str):
        return Token(given)
    raise TokenUnavailable(
        f"the function returned {type(given).__name__}, not a token",
        hint="Return the token's text, or Token(value, expires_at).",
    )
