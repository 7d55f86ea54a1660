"""Prints what commands have to say: as it is, as a table that cuts nothing, or as JSON.

Texts from a cluster or an argument may hold anything: what would command a terminal is escaped.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crdb_sso.cli.exit_codes import READER_GONE
from crdb_sso.printing import printable, printable_lines
from crdb_sso.workload.tokens.token import without_secrets

_UNBOUNDED = 100_000
"""Columns where output is not a terminal: a pipe takes lines of any length."""

_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):\S*@|\b(password=)[^\s&]*", re.IGNORECASE)


Tell = Callable[[str], None]
"""Prints a line for people."""


class _Screen(Console):
    """A console that lets the caller handle a closed pipe."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise, as versions of Rich do that don't know this method."""
        raise BrokenPipeError


@contextmanager
def _ends_with_reader() -> Iterator[None]:
    """End without a word when nobody reads any more, also when Python flushes at its end."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(READER_GONE) from None


def say(text: str, *, file: TextIO | None = None, end: str = "\n") -> None:
    """Print a text: no markup, no colours, no line breaks of our own.

    Args:
        text: One line or several.
        file: Where to; standard output by default.
        end: What stands behind the text.
    """
    screen = _Screen(file=file or sys.stdout)
    with _ends_with_reader():
        screen.out(_encodable(printable_lines(text), screen.encoding), highlight=False, end=end)


def say_aside(text: str) -> None:
    """Print a line about progress to standard error, apart from the result."""
    say(text, file=sys.stderr)


def complain(text: str) -> None:
    """Print what is wrong to standard error; tokens, keys and the password of a URL are left out.

    An argument in the wrong place is quoted, and may be one.
    """
    say_aside(_PASSWORD.sub(_without_password, without_secrets(text)))


def say_json(value: object) -> None:
    """Print a value as JSON, for programs."""
    say(json.dumps(value, indent=2))


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below headings; long texts continue on the next line, nothing is cut."""
    screen = _Screen()
    if not screen.is_terminal:
        screen = _Screen(width=_UNBOUNDED)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_encodable(printable(cell), screen.encoding)) for cell in row))
    with _ends_with_reader():
        screen.print(table)


def is_confirmed(question: str, *, aside: bool) -> bool:
    """Ask a question; who can't answer, as there is no more input, says no.

    Args:
        question: Without the choices.
        aside: Whether it goes to standard error, as the result alone goes to standard output.
    """
    file = sys.stderr if aside else sys.stdout
    say(f"{question} [y/N]: ", file=file, end="")
    file.flush()
    answer = sys.stdin.readline()
    if not answer:
        say("", file=file)
    return answer.strip().lower() in ("y", "yes")


def _encodable(text: str, encoding: str) -> str:
    """Return a text with what an encoding can't say escaped."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _without_password(found: re.Match[str]) -> str:
    return f"{found[2]}..." if found[2] else f"{found[1]}:...@"
