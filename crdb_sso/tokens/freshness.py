"""How long an answer counts as fresh, by its own HTTP headers (RFC 9111).

CockroachDB 26.3 or 26.4 (inferred from its source, pkg/security/jwtauth/remote_jwks_cache.go) keeps
the keys that its nodes fetch for as long as their answer is fresh: so long does a key that its
issuer withdraws stay trusted. Older versions fetch them at each login.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

Headers = Sequence[tuple[str, str]]
"""Names and values as they came; a name may come several times."""

LONGEST_S = 2**31 - 1
"""What a larger number of seconds counts as (RFC 9111, section 1.2.2)."""

_NEVER_KEPT = {"no-cache", "no-store"}
_SECONDS = re.compile(r'"([0-9]+)"|([0-9]+)')
_DIRECTIVE = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*")*', re.DOTALL)
"""What stands between commas; one inside quotes ends nothing."""

_DAY, _MONTH = "(?:mon|tue|wed|thu|fri|sat|sun)", "[a-z]{3}"
_LONG_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_DATES = [
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        f"{_DAY}, +[0-9]{{2}} +{_MONTH} +[1-9][0-9]{{3}} +{_TIME} +(?-i:GMT)",
        f"{_LONG_DAY}, +[0-9]{{2}}-{_MONTH}-[0-9]{{2}} +{_TIME} +(?-i:GMT)",
        f"{_DAY} +{_MONTH} +[0-9]{{1,2}} +{_TIME} +[1-9][0-9]{{3}}",
    )
]
"""The forms of a date that HTTP knows (RFC 9110, section 5.6.7)."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """What an answer says about its own age.

    Attributes:
        cache_control: The header Cache-Control, "" without one.
        expires: The header Expires, "" without one.
        lasts_s: For how many seconds the answer is fresh after its server made it, at most
            `LONGEST_S`; 0 if it is fetched each time.
    """

    cache_control: str = ""
    expires: str = ""
    lasts_s: int = 0


def freshness(headers: Headers, came_at: datetime) -> Freshness:
    """Return what the headers of an answer say; what can't be read counts as not fresh.

    Args:
        headers: All of them.
        came_at: When they came: without a readable Date, the answer counts as made then.
    """
    cache_control = ", ".join(_values(headers, "cache-control"))
    expires = _values(headers, "expires")
    varies = any("*" in value for value in _values(headers, "vary"))
    directives = None if varies else _directives(cache_control)
    return Freshness(
        cache_control,
        ", ".join(expires),
        0 if directives is None else _lasts_s(directives, expires, _made_at(headers) or came_at),
    )


def _values(headers: Headers, name: str) -> list[str]:
    return [value.strip() for key, value in headers if key.lower() == name]


def _made_at(headers: Headers) -> datetime | None:
    return _time(next(iter(_values(headers, "date")), ""))


def _lasts_s(
    directives: Sequence[tuple[str, str]], expires: Sequence[str], made_at: datetime
) -> int:
    if _NEVER_KEPT & {name for name, _ in directives}:
        return 0
    ages = [value for name, value in directives if name == "max-age"]
    if ages:
        return _seconds(ages[0]) if len(ages) == 1 else 0
    until = _time(expires[0]) if len(expires) == 1 else None
    if until is None:
        return 0
    return min(LONGEST_S, max(0, math.ceil((until - made_at).total_seconds())))


def _directives(cache_control: str) -> list[tuple[str, str]] | None:
    """Return names in lower case, and values; None if a quoted text does not end."""
    parts = list(_parts(cache_control))
    if None in parts:
        return None
    pairs = [part.partition("=") for part in parts if part is not None]
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def _parts(cache_control: str) -> Iterator[str | None]:
    """Yield what stands between commas outside quotes, and None for what can't be read."""
    start = 0
    while start <= len(cache_control):
        found = _DIRECTIVE.match(cache_control, start)
        end = found.end() if found else start
        if end < len(cache_control) and cache_control[end] != ",":
            yield None
            return
        yield cache_control[start:end]
        start = end + 1


def _seconds(text: str) -> int:
    found = _SECONDS.fullmatch(text)
    digits = (found[1] or found[2]).lstrip("0") if found else ""
    # Python refuses to read thousands of digits.
    return LONGEST_S if len(digits) > len(str(LONGEST_S)) else min(int(digits or 0), LONGEST_S)


def _time(text: str) -> datetime | None:
    """Return a time in a form of HTTP, else None; `0` and the like mean a time that is over."""
    if not any(form.fullmatch(text) for form in _DATES):
        return None
    try:
        return parsedate_to_datetime(text).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
