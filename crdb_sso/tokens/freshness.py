"""How long an answer counts as fresh, by its own HTTP headers (RFC 9111).

CockroachDB 26.3 or 26.4 (inferred from its source, pkg/security/jwtauth/remote_jwks_cache.go) keeps
the keys that its nodes fetch for as long as their answer is fresh: so long does a key that its
issuer withdraws stay trusted. Older versions fetch them at each login.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

Headers = Sequence[tuple[str, str]]
"""Names and values as they came; a name may come several times."""

_NEVER_KEPT = {"no-cache", "no-store"}


@dataclass(frozen=True, slots=True)
class Freshness:
    """What an answer says about its own age.

    Attributes:
        cache_control: The header Cache-Control, "" without one.
        expires: The header Expires, "" without one.
        lasts_s: For how many seconds the answer is fresh after its server made it; 0 if it is
            fetched each time.
    """

    cache_control: str = ""
    expires: str = ""
    lasts_s: int = 0


def freshness(headers: Headers) -> Freshness:
    """Return what the headers of an answer say; what can't be read counts as not fresh."""
    cache_control = _values(headers, "cache-control")
    expires = _values(headers, "expires")
    lasts_s = 0 if "*" in _values(headers, "vary") else _lasts_s(headers, cache_control, expires)
    return Freshness(", ".join(cache_control), ", ".join(expires), lasts_s)


def _values(headers: Headers, name: str) -> list[str]:
    return [value.strip() for key, value in headers if key.lower() == name]


def _lasts_s(headers: Headers, cache_control: Iterable[str], expires: Sequence[str]) -> int:
    directives = [
        directive.strip().lower().partition("=")
        for value in cache_control
        for directive in value.split(",")
    ]
    names = [name.strip() for name, _, _ in directives]
    if _NEVER_KEPT & {*names}:
        return 0
    ages = [
        value.strip().strip('"')
        for name, (_, _, value) in zip(names, directives, strict=True)
        if name == "max-age"
    ]
    if ages:
        (age, *more) = ages
        return int(age) if not more and age.isascii() and age.isdigit() else 0
    made = _values(headers, "date")
    if len(expires) != 1 or len(made) != 1:
        return 0
    until, since = _time(expires[0]), _time(made[0])
    return max(0, int((until - since).total_seconds())) if until and since else 0


def _time(text: str) -> datetime | None:
    """Return a time, None if it can't be read; `0` and the like mean a time that is over."""
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return None
    return time if time.tzinfo else None
