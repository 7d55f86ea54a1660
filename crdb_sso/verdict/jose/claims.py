"""What a token says, typed as the library types it, and how it is wrapped.

`iss`, `sub` and `jti` are texts, `aud` a text or a list of texts, `exp`, `iat` and `nbf` times;
everything else is any JSON. A token whose claims have other types can't be read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crdb_sso.verdict.jose.go_json import GoObject, NotGoJsonError, decode_first_of_bytes
from crdb_sso.verdict.jose.go_text import GoTime, seconds_at
from crdb_sso.verdict.jose.jws import (
    Form,
    Message,
    UnreadableTokenError,
    form_of,
    read_message,
    trimmed,
)

TIME_CLAIMS = ("iat", "exp", "nbf")
"""Claims that are times, in the order in which they are checked."""

_TEXT_CLAIMS = ("iss", "sub", "jti")
_DIGITS = re.compile(r"([0-9]+)(?:\.[0-9.]*)?")
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_MOST_HOURS, _MOST_MINUTES = 24, 60
"""Of a time zone, as Go takes it."""
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Token:
    """A token that can be read; nothing in it has been believed yet.

    Attributes:
        claims: What it says: texts, times, and JSON values.
        message: The signed message, None if there is no signature at all.
        is_inside: Whether the claims are inside of the message, not beside it.
    """

    claims: Mapping[str, object]
    message: Message | None = field(repr=False)
    is_inside: bool = True

    @property
    def issuer(self) -> str:
        """Its `iss`, "" if it has none."""
        return str(self.claims.get("iss", ""))

    @property
    def subject(self) -> str:
        """Its `sub`, "" if it has none."""
        return str(self.claims.get("sub", ""))

    @property
    def audience(self) -> tuple[str, ...]:
        """Its `aud`."""
        given = self.claims.get("aud", [])
        return tuple(map(str, given)) if isinstance(given, list) else ()

    def time(self, name: str) -> GoTime | None:
        """Return one of its times; None if it has none, or one that counts as none."""
        given = self.claims.get(name)
        return given if isinstance(given, GoTime) and not given.is_none else None


def read_token(text: str) -> Token:
    """Read a token without believing it.

    Raises:
        UnreadableTokenError: The library would not.
    """
    octets = trimmed(text.encode("utf-8", "surrogatepass"))
    if form_of(octets) is Form.SIGNED:
        message = read_message(octets)
        form_of(message.payload)
        return Token(_claims(message.payload), message)
    claims = _claims(octets)
    try:  # JSON with claims; a signature beside them says nothing about them
        return Token(claims, read_message(octets), is_inside=False)
    except UnreadableTokenError:
        return Token(claims, None, is_inside=False)


def _claims(payload: bytes) -> Mapping[str, object]:
    try:
        decoded, _ = decode_first_of_bytes(payload)
    except NotGoJsonError as exc:
        raise UnreadableTokenError(f"its claims: {exc}") from None
    if not isinstance(decoded, GoObject):
        raise UnreadableTokenError("its claims are not a JSON object")
    return {name: _typed(name, value) for name, value in decoded.pairs}


def _typed(name: str, value: object) -> object:
    if name in _TEXT_CLAIMS:
        if not isinstance(value, str | None):
            raise UnreadableTokenError(f"its `{name}` is not a text")
        return value or ""
    if name == "aud":
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise UnreadableTokenError("its `aud` is neither a text nor a list of texts")
        return listed
    return _time(name, value) if name in TIME_CLAIMS else value


def _time(name: str, value: object) -> GoTime:
    text = f"{value:.9f}" if isinstance(value, float) else value
    if isinstance(text, str):
        match = _DIGITS.fullmatch(text)
        if match and int(match[1][:20]) < _LARGEST:
            return GoTime(int(match[1]))
        moment = None if match else _rfc3339(text)
        if moment is not None:
            return moment
    raise UnreadableTokenError(f"its `{name}` is not a time in seconds since 1970")


def _rfc3339(text: str) -> GoTime | None:
    """Read a time as issuers that don't follow RFC 7519 write it."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    sign, hours, minutes = (match[8] or "+", int(match[9] or 0), int(match[10] or 0))
    if hours > _MOST_HOURS or minutes > _MOST_MINUTES:
        return None
    ahead = (hours * 60 + minutes) * (-60 if sign == "-" else 60)
    try:
        seconds = seconds_at(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return GoTime(seconds - ahead, int(((match[7] or "") + "0" * 9)[:9]))
