"""Foreign text in messages: what reaches a terminal is escaped here, and nowhere else.

Errors escape what they say (`crdb_sso.errors`), as do the two places where people are spoken to:
`crdb_sso.provider.log` and `crdb_sso.cli.screen`. Long lists are cut here too.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

MOST_TOLD = 20
"""Further items of a list are only counted: whoever fills it may add thousands."""


def printable(text: str) -> str:
    """Return a foreign text as one line that does nothing to a terminal: the rest is escaped.

    Escaped is what Unicode calls control, format, surrogate, private or unassigned, and every blank
    but the space: also line ends, and what would reverse or hide the text next to it.
    """
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def printable_lines(text: str) -> str:
    r"""Return a text of ours with its line ends, and everything else as `printable` has it.

    Args:
        text: One line or several. Foreign text in it must not add lines: use `printable` or `repr`
            for what may contain a `\n`.
    """
    return "\n".join(map(printable, text.split("\n")))


def shown(value: object, longest: int = 80) -> str:
    """Return a foreign value short enough for one line; None reads "nothing".

    Args:
        value: Anything.
        longest: How many characters are shown; the rest is cut.
    """
    return cut("nothing" if value is None else repr(value), longest)


def cut(text: str, longest: int) -> str:
    """Return a text, cut off after some characters if it is longer."""
    return text if len(text) <= longest else f"{text[:longest]}..."


def first_told(
    items: Iterable[T], told: Callable[[T], str], rest: str, most: int = MOST_TOLD
) -> Iterator[str]:
    """Yield a text for each of the first items, and one for the rest if there are more.

    Args:
        items: All of them.
        told: Says what an item is.
        rest: The last text, in which `{count}` is how many items are left.
        most: How many are told.
    """
    every = list(items)
    yield from map(told, every[:most])
    if every[most:]:
        yield rest.format(count=len(every) - most)
