"""Durations as Go prints them, which is how cluster settings are listed."""

from __future__ import annotations

import re

_PART = re.compile("([0-9.]+)(h|ms|m|µs|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6}
_MICROSECOND, _MILLISECOND, _SECOND = 1, 1_000, 1_000_000
_MINUTE, _HOUR = 60 * _SECOND, 3600 * _SECOND


def go_duration(microseconds: int) -> str:
    """Return the text of Go's `time.Duration.String`, e.g. `15s`, `1.5ms` or `168h0m0s`."""
    if microseconds == 0:
        return "0s"
    sign, left = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    if left < _MILLISECOND:
        return f"{sign}{left}µs"
    if left < _SECOND:
        return f"{sign}{_decimal(left, _MILLISECOND)}ms"
    hours, left = divmod(left, _HOUR)
    minutes, left = divmod(left, _MINUTE)
    seconds = f"{_decimal(left, _SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def duration_seconds(text: str) -> float:
    """Return the seconds of a duration that is not negative, as `go_duration` wrote it."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def _decimal(value: int, unit: int) -> str:
    """Return `value / unit` without trailing zeros."""
    whole, fraction = divmod(value, unit)
    digits = str(unit + fraction)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
