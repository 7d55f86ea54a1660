"""Texts that may not be known yet in a preview."""

from enum import Enum
from typing import Final


class NotKnownYet(Enum):
    """The value that stands for every text that only `up` will know."""

    UNKNOWN = "[unknown]"

    def __str__(self) -> str:
        """Return what a preview shows."""
        return self.value


UNKNOWN: Final = NotKnownYet.UNKNOWN

Text = str | NotKnownYet
"""A text of the program, or UNKNOWN; "" stands for one that is not given."""


def known(text: Text) -> str:
    """Return a text that has to be known.

    Raises:
        ValueError: It is not: a preview asked for entries too early.
    """
    if isinstance(text, NotKnownYet):
        raise ValueError("a value that is not known yet can't be written to a cluster")  # noqa: TRY004 - not of a wrong type, but too early
    return text
