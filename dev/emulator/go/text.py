"""Texts the way the server's Go code prints them: `%q`, `fmt.Sprint`, times, and what it trims."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING

from dev.emulator.go.json import Object
from dev.emulator.go.quoting import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dev.emulator.go.json import Json

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
SPACES += "\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `strings.TrimSpace` removes. `str.strip` also takes the control characters 1C to 1F."""

_SMALLEST_PLAIN_EXPONENT = -4
_LARGEST_PLAIN_EXPONENT = 5
_SECONDS_IN_400_YEARS = 12_622_780_800
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time, as a token's `exp`, `iat` and `nbf` are kept.

    Attributes:
        unix_s: Whole seconds since 1970-01-01T00:00:00Z; may be negative.
        nanoseconds: On top. Only a date in text has any: of numbers the library drops them.
    """

    unix_s: int
    nanoseconds: int = 0

    def __str__(self) -> str:
        """Return what Go's `time.Time.String` prints, for years that `datetime` cannot hold too."""
        cycles, rest = divmod(self.unix_s, _SECONDS_IN_400_YEARS)
        moment = _EPOCH + timedelta(seconds=rest)
        fraction = f".{self.nanoseconds:09d}".rstrip("0").rstrip(".")
        return f"{moment.year + 400 * cycles:04d}-{moment:%m-%d %H:%M:%S}{fraction} +0000 UTC"


def trimmed(text: str) -> str:
    """Return the text without surrounding blanks, as `strings.TrimSpace` sees blanks."""
    return text.strip(SPACES)


def quoted(text: str) -> str:
    """Return the text as `%q` prints it."""
    return '"' + "".join(r"\"" if c == '"' else escaped(c) for c in text) + '"'


def sprint(value: Json | Instant) -> str:
    """Return what `fmt.Sprint` makes of a value that `encoding/json` decoded.

    It costs one frame for each level, as a value may be nested almost as deeply as Python calls.
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _sprint_float(value)
    if isinstance(value, list):
        return sprint_strings(list(map(sprint, value)))
    if isinstance(value, Object):
        members = sorted(dict(value.pairs).items(), key=itemgetter(0))
        shown = list(map(sprint, [member for _, member in members]))
        return "map" + sprint_strings(
            f"{name}:{text}" for (name, _), text in zip(members, shown, strict=True)
        )
    return str(value)


def sprint_strings(texts: Iterable[str]) -> str:
    """Return what `%s` and `%v` make of a list of strings: `[a b]`, without quotes."""
    return "[" + " ".join(texts) + "]"


def _sprint_float(value: float) -> str:
    """Return the shortest digits that give the number back, with an exponent from 1e+06 on."""
    sign, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    exponent = Decimal(repr(value)).adjusted() if value else 0
    minus = "-" if sign else ""
    plain = _SMALLEST_PLAIN_EXPONENT <= exponent <= _LARGEST_PLAIN_EXPONENT
    if plain:
        text = f"{Decimal(repr(abs(value))):f}"
        return minus + (text.rstrip("0").rstrip(".") if "." in text else text)
    shown = "".join(string.digits[digit] for digit in digits)
    fraction = f".{shown[1:]}" if len(shown) > 1 else ""
    return f"{minus}{shown[0]}{fraction}e{exponent:+03d}"
