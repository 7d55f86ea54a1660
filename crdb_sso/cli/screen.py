"""Prints what commands have to say: as it is, as a table that cuts nothing, or as JSON."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_UNBOUNDED = 100_000
"""Columns where output is not a terminal: a pipe takes lines of any length."""


def say(text: str, *, file: TextIO | None = None) -> None:
    """Print a text as it is: no markup, no colours, no line breaks of our own.

    Args:
        text: One line or several.
        file: Where to; standard output by default.
    """
    Console(file=file or sys.stdout).out(text, highlight=False)


def say_aside(text: str) -> None:
    """Print a line about progress to standard error, apart from the result."""
    say(text, file=sys.stderr)


def say_json(value: object) -> None:
    """Print a value as JSON, for programs."""
    say(json.dumps(value, indent=2))


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below headings; long texts continue on the next line, nothing is cut."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNBOUNDED)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
