"""How jwx walks a JSON object, and how it reads the members that keys and headers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError, wrapping
from dev.emulator.go.json import Object, as_string, as_strings, go_type

if TYPE_CHECKING:
    from dev.emulator.go.json import Json

SHARED_TEXTS = frozenset({"kid", "x5t", "x5t#S256", "x5u"})
"""Members that hold a text, in a key and in a header."""


def members(value: Json) -> tuple[tuple[str, Json], ...]:
    """Return an object's members by their exact names, in order, repeated or not.

    Raises:
        GoError: The value is not an object.
    """
    if isinstance(value, Object):
        return value.pairs
    if isinstance(value, list):
        raise GoError("expected '{', but got '['")
    raise GoError(f"invalid token {go_type(value)}")


def text_member(value: Json) -> str:
    """Return a member that holds a text; null is empty.

    Raises:
        GoError: It holds something else.
    """
    with wrapping("error reading next value"):
        return as_string(value)


def check_chain(value: Json) -> None:
    """Check the kind of an `x5c`; what the certificates say does not matter.

    Raises:
        GoError: It is not a list of texts.
    """
    with wrapping("failed to unmarshal certificate chain"):
        as_strings(value)
