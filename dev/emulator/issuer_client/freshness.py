"""How long an answer of an issuer may be used again, by its headers (RFC 9111).

Source: CockroachDB pkg/security/jwtauth/remote_jwks_cache.go. It is stricter than the RFC asks a
private cache to be: only what the issuer says counts, and whatever is unclear means not at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_S = 2**31 - 1
"""What a larger number of seconds counts as (RFC 9111, section 1.2.2)."""

_DATE_FORMATS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_SECONDS = re.compile(r'"([0-9]+)"|([0-9]+)')


@dataclass(frozen=True, slots=True)
class Freshness:
    """What the headers of one answer allow.

    Attributes:
        lifetime_s: Seconds from its birth for which it is fresh; None if it never is.
        age_s: How old it was when it came.
        answered_at: When it came, in seconds since 1970.
        may_be_kept: Whether it may be kept at all.
    """

    lifetime_s: float | None
    age_s: float
    answered_at: float
    may_be_kept: bool = True

    def is_fresh(self, now: float) -> bool:
        """Tell whether the answer may be used again; `now` is in seconds since 1970."""
        age_s = self.age_s + (now - self.answered_at)
        return self.lifetime_s is not None and self.lifetime_s > age_s


def read_freshness(
    headers: Iterable[tuple[str, str]], requested_at: float, answered_at: float
) -> Freshness:
    """Return what the headers of an answer allow.

    Args:
        headers: Names in lower case, and values; a name may come twice.
        requested_at: When the request was sent, in seconds since 1970.
        answered_at: When the headers had come.
    """
    listed = list(headers)
    born_at = _date(_first(listed, "date"))
    delayed_s = float(_seconds(_first(listed, "age")) or 0) + answered_at - requested_at
    age_s = delayed_s if born_at is None else max(delayed_s, answered_at - born_at)
    directives = _directives(", ".join(_all(listed, "cache-control")))
    if directives is None:
        return Freshness(None, age_s, answered_at, may_be_kept=False)
    named = [name for name, _ in directives]
    varies = any("*" in value for value in _all(listed, "vary"))
    if varies or "no-cache" in named or "no-store" in named:
        return Freshness(None, age_s, answered_at, may_be_kept="no-store" not in named)
    ages = [value for name, value in directives if name == "max-age"]
    if len(ages) == 1:
        return Freshness(_seconds(ages[0]), age_s, answered_at)
    lifetime_s = _until(_all(listed, "expires"), answered_at if born_at is None else born_at)
    return Freshness(None if ages else lifetime_s, age_s, answered_at)


def _until(expires: list[str], born_at: float) -> float | None:
    """Return the seconds between birth and the one time of `Expires`."""
    expires_at = _date(expires[0]) if len(expires) == 1 else None
    return None if expires_at is None else expires_at - born_at


def _directives(value: str) -> list[tuple[str, str]] | None:
    """Return names in lower case and values; None if a quoted text does not end."""
    parts = list(_split(value))
    if parts and parts[-1] is None:
        return None
    pairs = [part.partition("=") for part in parts if part is not None]
    return [(name.strip().lower(), argument) for name, _, argument in pairs]


def _split(value: str) -> Iterator[str | None]:
    """Yield what stands between commas outside quotes, and None at the end of an open quote."""
    part, is_quoted, is_escaped = "", False, False
    for character in value:
        if character == "," and not is_quoted:
            yield part
            part = ""
            continue
        part += character
        if is_escaped:
            is_escaped = False
        elif character == '"':
            is_quoted = not is_quoted
        else:
            is_escaped = is_quoted and character == "\\"
    yield None if is_quoted else part


def _seconds(text: str) -> int | None:
    """Return a number of seconds, with or without quotes; None if it is something else."""
    found = _SECONDS.fullmatch(text.strip())
    if found is None:
        return None
    digits = (found[1] or found[2]).lstrip("0") or "0"
    return LONGEST_S if len(digits) > len(str(LONGEST_S)) else min(int(digits), LONGEST_S)


def _date(text: str) -> float | None:
    """Return a time in one of the three forms of HTTP as seconds since 1970."""
    for form in _DATE_FORMATS:
        if form[-3:] == "GMT" != text[-3:]:
            continue  # strptime would take it in any case
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
        return moment.timestamp()
    return None


def _all(headers: list[tuple[str, str]], name: str) -> list[str]:
    return [value for listed, value in headers if listed == name]


def _first(headers: list[tuple[str, str]], name: str) -> str:
    return next(iter(_all(headers, name)), "")
