"""Which diff belongs to a refresh: the one that the engine asks for right after a read.

In that diff the engine takes what was read for the old inputs and those of the state for the new
ones, so its lines would say that what was lost is added. A program's diff comes after a check.
"""

_READ: set[str] = set()
"""Owners whose state was read, and neither checked nor compared since."""


def note_read(owner: str) -> None:
    """Remember that a state was read."""
    _READ.add(owner)


def note_check(owner: str) -> None:
    """Remember that the inputs of a program were checked: the next diff is about them."""
    _READ.discard(owner)


def is_of_refresh(owner: str) -> bool:
    """Tell whether a diff belongs to a refresh; the one after it does not."""
    was_read = owner in _READ
    _READ.discard(owner)
    return was_read
