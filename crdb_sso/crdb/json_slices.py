"""JSON containers as raw slices, so that what others wrote is kept byte for byte.

Decoding and encoding would keep the meaning but not the bytes (white space, escapes, number
formats, duplicate members). A shared setting is spliced instead: the slices of others are kept.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crdb_sso.crdb.unreadable import UnreadableTextError

_BLANKS = re.compile(r"[ \t\n\r]*")


class NotJsonError(UnreadableTextError):
    """The text is not a JSON value that Go's encoding/json would read."""


def _refuse_constant(name: str) -> object:
    raise NotJsonError(f"{name} is not JSON")


# integers as floats: Python refuses to read very long ones, JSON does not
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=float)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a JSON object.

    Attributes:
        name: Its name, decoded.
        value: The raw slice of its value.
        raw: The raw slice of the whole member, from the name to the end of the value.
    """

    name: str
    value: str
    raw: str


def value_end(text: str, start: int = 0) -> int:
    """Return the index after the JSON value that begins at `start`, white space skipped.

    Raises:
        NotJsonError: No JSON value begins there.
    """
    try:
        return _DECODER.raw_decode(text, _skip(text, start))[1]
    except (json.JSONDecodeError, RecursionError) as exc:
        raise NotJsonError(str(exc)) from exc


def is_json(text: str) -> bool:
    """Tell whether the whole text is one JSON value; white space around it is allowed."""
    try:
        return _skip(text, value_end(text)) == len(text)
    except NotJsonError:
        return False


def decoded(text: str) -> object:
    """Decode one JSON value; integers come as floats.

    Raises:
        NotJsonError: The text is not exactly one JSON value.
    """
    if not is_json(text):
        raise NotJsonError("one JSON value is expected")
    return _DECODER.decode(text)


def elements(text: str) -> tuple[str, ...]:
    """Return the raw slices of the elements of a JSON list.

    Raises:
        NotJsonError: The text is not exactly one JSON list.
    """
    return tuple(_slices(text, "[", "]", value_end))


def members(text: str) -> tuple[Member, ...]:
    """Return the members of a JSON object in order, duplicates included.

    Raises:
        NotJsonError: The text is not exactly one JSON object.
    """
    return tuple(
        Member(str(decoded(raw[: value_end(raw)])), raw[_value_start(raw) :], raw)
        for raw in _slices(text, "{", "}", lambda text, at: value_end(text, _value_start(text, at)))
    )


def joined_list(slices: tuple[str, ...]) -> str:
    """Return a JSON list of raw slices."""
    return "[" + ",".join(slices) + "]"


def joined_object(slices: tuple[str, ...]) -> str:
    """Return a JSON object of raw members."""
    return "{" + ",".join(slices) + "}"


def raw_member(name: str, value: str) -> str:
    """Return the raw slice of a new member with a raw value."""
    return f"{quoted(name)}:{value}"


def quoted(text: str) -> str:
    """Return a text as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def _skip(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _slices(
    text: str, opening: str, closing: str, end_of: Callable[[str, int], int]
) -> Iterator[str]:
    """Yield the raw slices between brackets; `end_of` returns where the one at an index ends."""
    at = _skip(text, 0)
    if not is_json(text) or text[at] != opening:
        raise NotJsonError(f"expected one JSON value that begins with {opening}")
    at = _skip(text, at + 1)
    while text[at] != closing:
        end = end_of(text, at)
        yield text[at:end]
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _value_start(text: str, at: int = 0) -> int:
    """Return where the value of the member that begins at `at` begins."""
    return _skip(text, _skip(text, value_end(text, at)) + 1)
