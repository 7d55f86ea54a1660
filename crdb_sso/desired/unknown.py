"""Texts that a preview may not know yet."""

from enum import Enum
from typing import Final


class NotKnownYet(Enum):
    """The one value that stands for every text that only `up` will know."""

    UNKNOWN = "[unknown]"

    def __str__(self) -> str:
        """Read as a preview shows it."""
        return self.value


UNKNOWN: Final = NotKnownYet.UNKNOWN

Text = str | NotKnownYet
"""A text of the program, or UNKNOWN; "" is a text that nobody gave."""


def known(text: Text) -> str:
    """Return a text that has to be known by now.

    Raises:
        ValueError: It is not: somebody asked for entries of a cluster in a preview too early.
    """
    if isinstance(text, NotKnownYet):
        raise ValueError("a value that is not known yet can't be written to a cluster")  # noqa: TRY004 - not of a wrong type, but too early
    return text
