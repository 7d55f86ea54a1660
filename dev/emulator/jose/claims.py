"""The claims of a token: what each is read as, when they hold, whom they name (jwx v2)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeAlias

from dev.emulator.go.errors import GoError, wrapping
from dev.emulator.go.json import as_any, first_value, go_type, text_of
from dev.emulator.go.text import Instant, quoted, sprint
from dev.emulator.jose.members import members, text_member
from dev.emulator.jose.pointers import Absent, pointed_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.emulator.go.json import Json

ClaimValue: TypeAlias = "Json | Instant"

_LARGEST = 2**63 - 1
_YEAR_ONE_UNIX_S = -62_135_596_800
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:Z|([+-])([01][0-9]|2[0-4]):([0-5][0-9]))"
)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one token by name; the last one of a repeated claim."""

    values: Mapping[str, ClaimValue]

    @property
    def issuer(self) -> str:
        """The `iss`; empty if absent."""
        return str(self.values.get("iss", ""))

    @property
    def audience(self) -> list[str]:
        """The `aud` as a list; empty if absent."""
        audience = self.values.get("aud")
        return [str(one) for one in audience] if isinstance(audience, list) else []

    def principals(self, claim: str) -> list[str] | None:
        """Return whom a claim names: one text, or one for each element of a list.

        Args:
            claim: Name of a claim, case and all; empty for the subject.

        Returns:
            The texts as Go prints the values; None if the token has no such claim. A token without
            a subject names the empty principal.
        """
        if claim in {"", "sub"}:
            return [str(self.values.get("sub", ""))]
        return self._listed(self.values[claim]) if claim in self.values else None

    def principals_at(self, pointer: str) -> list[str] | None:
        """Return whom the value at a JSON Pointer names; see `principals`.

        Raises:
            GoError: The pointer does not fit what the token holds.
        """
        try:
            return self._listed(pointed_at(self.values, pointer))
        except Absent:
            return None

    def _listed(self, value: ClaimValue) -> list[str]:
        if isinstance(value, list):
            return [sprint(element) for element in value]
        return [sprint(value)]

    def check_times(self, now: float) -> None:
        """Check `iat`, `exp` and `nbf`, in this order, to the second and without any leeway.

        Args:
            now: Seconds since 1970; the fraction is dropped.

        Raises:
            GoError: The token was issued later, has expired, or is not valid yet.
        """
        second = _wrapped(math.floor(now))
        if (issued := self._time("iat")) is not None and second < issued:
            raise GoError('"iat" not satisfied')
        if (expires := self._time("exp")) is not None and second >= expires:
            raise GoError('"exp" not satisfied')
        if (begins := self._time("nbf")) is not None and second < begins:
            raise GoError('"nbf" not satisfied')

    def _time(self, claim: str) -> int | None:
        """Return a time for comparison; None if absent, zero, or Go's zero time."""
        value = self.values.get(claim)
        is_none = value == Instant(_YEAR_ONE_UNIX_S)
        if not isinstance(value, Instant) or value.unix_s == 0 or is_none:
            return None
        return _wrapped(value.unix_s)


def read_claims(payload: bytes) -> Claims:
    """Read a token's payload.

    Raises:
        GoError: It is not a JSON object, or a registered claim is of the wrong kind.
    """
    with wrapping("failed to parse token"):
        value, _ = first_value(text_of(payload))
        return Claims({name: _claim(name, member) for name, member in members(value)})


def _claim(name: str, value: Json) -> ClaimValue:
    registered = f"failed to decode value for key {name}"
    if name == "aud":
        with wrapping(registered):
            return _audience(value)
    if name in {"exp", "iat", "nbf"}:
        with wrapping(registered):
            return _instant(value)
    if name in {"iss", "jti", "sub"}:
        with wrapping(registered):
            return text_member(value)
    with wrapping(f"could not decode field {name}: failed to decode field {name}"):
        return as_any(value)


def _audience(value: Json) -> Json:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise GoError(f"invalid type: {go_type(value)}")
    for element in value:
        if not isinstance(element, str):
            raise GoError(f"invalid list element type {go_type(element)}")
    return value


def _instant(value: Json) -> Instant:
    """Read a time: a number, its digits as text, or an RFC 3339 text; only that has a fraction."""
    value = as_any(value)
    with wrapping("invalid value for NumericDate"):
        if isinstance(value, float):
            with wrapping(f"failed to accept float32 {value:.9f}"):
                return _instant_from_text(f"{value:.9f}")
        if isinstance(value, str):
            with wrapping(f"failed to accept string {quoted(value)}"):
                return _instant_from_text(value)
        raise GoError(f"invalid type {go_type(value)}")


def _instant_from_text(text: str) -> Instant:
    if re.search(r"[^0-9.]", text):
        return _instant_from_rfc3339(text)
    whole = text.partition(".")[0] if text.find(".") > 0 else text
    with wrapping(f"failed to parse whole value {quoted(whole)}: strconv.ParseInt"):
        if not whole.isdigit():
            raise GoError(f"parsing {quoted(whole)}: invalid syntax")
        digits = whole.lstrip("0") or "0"
        if len(digits) > len(str(_LARGEST)) or int(digits) > _LARGEST:
            raise GoError(f"parsing {quoted(whole)}: value out of range")
        return Instant(int(digits))


def _instant_from_rfc3339(text: str) -> Instant:
    refusal = (
        "value is not number of seconds since the epoch, and attempt to parse it as RFC3339 "
        f"timestamp failed: parsing time {quoted(text)}"
    )
    match = _RFC3339.fullmatch(text)
    if match is None:
        layout = f'as "2006-01-02T15:04:05Z07:00": cannot parse {quoted(text)} as "2006"'
        raise GoError(f"{refusal} {layout}")
    date, time, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{time}+00:00")
    except ValueError as exc:
        part = str(exc).split()[0]  # the first word names it: month, day, hour...
        raise GoError(f"{refusal}: {part} out of range") from exc
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    since_epoch = moment - _EPOCH + (offset if sign == "-" else -offset)
    nanoseconds = int(f"{fraction or ''}000000000"[:9])
    return Instant(since_epoch // timedelta(seconds=1), nanoseconds)


def _wrapped(unix_s: int) -> int:
    """Return seconds since the year 1 as Go's 64 bits hold them: a far future becomes a past."""
    return (unix_s - _YEAR_ONE_UNIX_S + 2**63) % 2**64 - 2**63
