"""JSON as Go's `encoding/json` reads it, with its error texts.

The scanner is Python's own; this module adds what differs in ways that decide logins: the first
value of a text may be read alone, members keep their order and their duplicates, every number is a
float, broken text becomes U+FFFD, and `null` leaves a string empty.

Values nested deeper than 250 levels are refused (Go goes on to 10,000).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from dev.emulator.go.errors import GoError
from dev.emulator.go.quoting import escaped

BLANKS = " \t\r\n"
MAX_DEPTH = 250

_SURROGATE = re.compile("[\ud800-\udfff]")
_MEANINGS = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key "
    "string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Invalid control character at": "in string literal",
}


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object: its members in the order of the text, repeated names included."""

    pairs: tuple[tuple[str, Json], ...]


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A number that no float64 can hold; refused where its value is needed."""

    literal: str


Json: TypeAlias = "bool | float | TooLarge | str | list[Json] | Object | None"


def text_of(raw: bytes) -> str:
    """Return UTF-8 as text in which each broken byte stays recognisable, for `first_value`."""
    return raw.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes `text_of` was given."""
    return text.encode("utf-8", "surrogateescape")


def first_value(text: str) -> tuple[Json, str]:
    """Read the first JSON value of a text and ignore what follows, as `json.Decoder` does.

    Returns:
        The value, and its own source text without anything around it.

    Raises:
        GoError: The text does not begin with a JSON value.
    """
    start = len(text) - len(text.lstrip(BLANKS))
    if start == len(text):
        raise GoError("EOF")
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as exc:
        raise GoError(_in_go_words(exc)) from exc
    except RecursionError as exc:
        raise GoError("exceeded max depth") from exc
    return _mended(value, MAX_DEPTH), text[start:end]


def whole_value(text: str) -> Json:
    """Read a text that is one JSON value and nothing else, as `json.Unmarshal` does.

    Raises:
        GoError: The text is not valid JSON as a whole.
    """
    value, source = first_value(text)
    rest = text.strip(BLANKS)[len(source) :].lstrip(BLANKS)
    if rest:
        raise GoError(f"invalid character {_quoted(rest[0])} after top-level value")
    return value


def kind(value: Json) -> str:
    """Return the name Go's errors use for the kind of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (float, TooLarge)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def go_type(value: Json) -> str:
    """Return the name of the Go type that holds a decoded value (`%T`)."""
    names = {
        "null": "<nil>",
        "number": "float64",
        "array": "[]interface {}",
        "object": "map[string]interface {}",
    }
    return names.get(kind(value), kind(value))


def mismatch(value: Json, target: str) -> GoError:
    """Return the error for a value of the wrong kind; `target` is e.g. `Go value of type int`."""
    return GoError(f"json: cannot unmarshal {kind(value)} into {target}")


def as_string(value: Json, target: str = "Go value of type string") -> str:
    """Decode into a Go string: `null` leaves it empty.

    Raises:
        GoError: The value is neither a string nor null.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise mismatch(value, target)
    return value


def as_strings(value: Json) -> list[str]:
    """Decode into a Go list of strings: `null` is an empty list, a null element an empty string.

    Raises:
        GoError: The value is not a list, or holds something other than strings and nulls.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise mismatch(value, "Go value of type []string")
    return [as_string(element) for element in value]


def as_any(value: Json) -> Json:
    """Decode into a Go `interface{}`: anything goes except a number beyond float64.

    Raises:
        GoError: The value holds such a number.
    """
    if isinstance(value, TooLarge):
        target = "Go value of type float64"
        raise GoError(f"json: cannot unmarshal number {value.literal} into {target}")
    if isinstance(value, list):
        for element in value:
            as_any(element)
    if isinstance(value, Object):
        for _, member in value.pairs:
            as_any(member)
    return value


def names_field(name: str, field: str) -> bool:
    """Tell whether a member's name selects a struct field: case does not matter, in any script."""
    return len(name) == len(field) and all(
        a.casefold() == b.casefold() for a, b in zip(name, field, strict=True)
    )


def _number(literal: str) -> float | TooLarge:
    value = float(literal)
    return TooLarge(literal) if math.isinf(value) else value


def _object(pairs: list[tuple[str, Json]]) -> Object:
    return Object(tuple(pairs))


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError("Expecting value", name, 0)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_number,
    parse_float=_number,
    parse_constant=_no_constant,
)


def _mended(value: Json, room: int) -> Json:
    """Replace broken text by U+FFFD throughout a value, and bound its depth."""
    if room == 0:
        raise GoError("exceeded max depth")
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(element, room - 1) for element in value]
    if isinstance(value, Object):
        return Object(
            tuple(
                (_SURROGATE.sub("\ufffd", name), _mended(member, room - 1))
                for name, member in value.pairs
            )
        )
    return value


def _in_go_words(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated"):
        return "unexpected EOF"
    character = error.doc[error.pos]
    if "escape" in error.msg:
        return f"invalid character {_quoted(character)} in string escape code"
    meaning = _MEANINGS.get(error.msg, "looking for beginning of value")
    return f"invalid character {_quoted(character)} {meaning}"


def _quoted(character: str) -> str:
    """Return a character as Go's scanner names it: it sees the first of its bytes, as Latin-1."""
    if character == "'":
        return r"'\''"
    return f"'{escaped(chr(bytes_of(character)[0]))}'"
