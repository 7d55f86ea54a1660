"""JSON containers as raw slices, so that what others wrote is kept byte for byte.

Decoding and encoding would keep the meaning but not the bytes (white space, escapes, number
formats, duplicate members). A shared setting is spliced instead: the slices of others are kept.
"""

import json
import re
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
    _require(text, "[")
    found, at = [], _skip(text, _skip(text, 0) + 1)
    while text[at] != "]":
        end = value_end(text, at)
        found.append(text[at:end])
        at = _behind_comma(text, end)
    return tuple(found)


def members(text: str) -> tuple[Member, ...]:
    """Return the members of a JSON object, in order, doubles included.

    Raises:
        NotJsonError: The text is not exactly one JSON object.
    """
    _require(text, "{")
    found, at = [], _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        behind = value_end(text, at)
        name = str(decoded(text[at:behind]))
        start = _skip(text, _skip(text, behind) + 1)
        end = value_end(text, start)
        found.append(Member(name, text[start:end], text[at:end]))
        at = _behind_comma(text, end)
    return tuple(found)


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


def _behind_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _require(text: str, opening: str) -> None:
    if not is_json(text) or text[_skip(text, 0)] != opening:
        raise NotJsonError(f"expected one JSON value that begins with {opening}")
