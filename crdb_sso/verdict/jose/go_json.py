"""JSON as Go's encoding/json reads it, which differs from Python's at the edges.

Every number is a 64-bit float; one that is out of range is an error, as is NaN. Half a surrogate
pair, or a byte that is not UTF-8, is read as U+FFFD. Of two members of one name the last counts.
What is nested more than 250 deep is refused here; Go takes 10,000.
"""

import json
import math
from collections.abc import Sequence
from typing import NoReturn

_BLANKS = " \t\r\n"
_DEEPEST = 250
"""No token or key set comes near it, and whoever walks through a value calls itself so often."""


class NotGoJsonError(Exception):
    """Go would not read this text; the message says why, without quoting it."""


class GoObject(dict[str, object]):
    """A JSON object; `pairs` are its members in order, those of the same name included."""

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        self.pairs = tuple((scrubbed(name), value) for name, value in pairs)
        super().__init__(self.pairs)


def scrubbed(text: str) -> str:
    """Return a text with U+FFFD for each half of a surrogate pair."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def decode_whole(text: str) -> object:
    """Decode a text that is one JSON value and nothing else.

    Raises:
        NotGoJsonError: It is not.
    """
    value, end = _decode(text)
    if text[end:].strip(_BLANKS):
        raise NotGoJsonError("text follows the JSON value")
    return value


def decode_first(text: str) -> object:
    """Decode the JSON value that a text begins with; whatever follows is ignored.

    Raises:
        NotGoJsonError: It begins with something else.
    """
    return _decode(text)[0]


def decode_first_of_bytes(octets: bytes) -> tuple[object, bytes]:
    """Decode the JSON value that bytes begin with; also return its own bytes.

    Raises:
        NotGoJsonError: They begin with something else.
    """
    text = octets.decode("utf-8", "surrogateescape")
    value, end = _decode(text)
    start = len(text) - len(text.lstrip(_BLANKS))
    return value, text[start:end].encode("utf-8", "surrogateescape")


def _decode(text: str) -> tuple[object, int]:
    start = len(text) - len(text.lstrip(_BLANKS))
    try:
        value, end = _DECODER.raw_decode(text, start)
        return _without_surrogates(value, _DEEPEST), end
    except json.JSONDecodeError as exc:
        raise NotGoJsonError(f"it is not JSON: {exc.msg}") from None
    except RecursionError:
        raise NotGoJsonError(_TOO_DEEP) from None


def _without_surrogates(value: object, deepest: int) -> object:
    if isinstance(value, str):
        return scrubbed(value)
    if not isinstance(value, list | GoObject):
        return value
    if not deepest:
        raise NotGoJsonError(_TOO_DEEP)
    if isinstance(value, list):
        return [_without_surrogates(one, deepest - 1) for one in value]
    return GoObject([(name, _without_surrogates(one, deepest - 1)) for name, one in value.pairs])


_TOO_DEEP = "it is nested too deeply"


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotGoJsonError("a number is out of range")
    return number


def _refuse(_name: str) -> NoReturn:
    raise NotGoJsonError("it is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=GoObject, parse_float=_number, parse_int=_number, parse_constant=_refuse
)
