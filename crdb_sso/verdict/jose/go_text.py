"""Values in Go's words: what fmt.Sprint and strconv.Quote make of them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_YEAR_ONE = -62_135_596_800
_CYCLE_YEARS, _CYCLE_S = 400, 146_097 * 86_400
"""After so many years the calendar repeats."""
_SHORT_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}
_LEAST_EXPONENT, _EXPONENT_LIMIT = -4, 6
_CONTROL_LIMIT, _PLANE = 0x80, 0x10000


@dataclass(frozen=True, slots=True)
class GoTime:
    """A time in UTC.

    Attributes:
        seconds: Since 1970, whole.
        nanoseconds: On top.
    """

    seconds: int
    nanoseconds: int = 0

    @property
    def is_none(self) -> bool:
        """Whether it counts as no time: 1970 began then, or Go's calendar."""
        return self.seconds == 0 or self == GoTime(_YEAR_ONE)

    def __str__(self) -> str:
        """Return what Go prints, e.g. 2026-11-26 10:00:00 +0000 UTC."""
        fraction = f".{self.nanoseconds:09d}".rstrip("0").rstrip(".")
        cycles, rest = divmod(self.seconds, _CYCLE_S)
        moment = _EPOCH + timedelta(seconds=rest)
        day = f"{moment.year + cycles * _CYCLE_YEARS:04d}-{moment:%m-%d %H:%M:%S}"
        return f"{day}{fraction} +0000 UTC"


def seconds_at(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:  # noqa: PLR0917 - as written in a date
    """Return a moment in UTC, of any year, in seconds since 1970.

    Raises:
        ValueError: There is no such moment.
    """
    cycles, year_of_cycle = divmod(year, _CYCLE_YEARS)
    moment = datetime(2000 + year_of_cycle, month, day, hour, minute, second, tzinfo=timezone.utc)
    since = moment - _EPOCH
    return since.days * 86_400 + since.seconds + (cycles - 5) * _CYCLE_S


def sprint(value: object) -> str:
    """Return a decoded JSON value, or a time, as fmt.Sprint prints it."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{sprint(value[key])}' for key in _in_order(value))}]"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sprint_list(map(sprint, value))
    return str(value)


def sprint_list(texts: Iterable[str]) -> str:
    """Return texts as fmt.Sprint prints a list of them: `[a b]`."""
    return f"[{' '.join(texts)}]"


def quoted(text: str) -> str:
    """Return a text as strconv.Quote does."""
    return '"' + "".join(map(_quoted_char, text)) + '"'


def _quoted_char(char: str) -> str:
    if short := _SHORT_ESCAPES.get(char):
        return short
    if char.isprintable():
        return char
    number = ord(char)
    if number < _CONTROL_LIMIT:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < _PLANE else f"\\U{number:08x}"


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=str.encode)


def _float(number: float) -> str:
    """Return a number as %v does: shortest digits; an exponent below 1e-04 and from 1e+06 on."""
    sign = "-" if math.copysign(1, number) < 0 else ""
    if number == 0:
        return f"{sign}0"
    _, digits, exponent_of_last = Decimal(repr(abs(number))).normalize().as_tuple()
    text = "".join(map(str, digits))
    exponent = len(digits) - 1 + int(exponent_of_last)
    if not _LEAST_EXPONENT <= exponent < _EXPONENT_LIMIT:
        fraction = f".{text[1:]}" if text[1:] else ""
        return f"{sign}{text[0]}{fraction}e{exponent:+03d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{text}"
    whole, rest = text[: exponent + 1].ljust(exponent + 1, "0"), text[exponent + 1 :]
    return f"{sign}{whole}{f'.{rest}' if rest else ''}"
