"""What can be shown of a token: header, claims and length, but no signature and no token.

Whoever has the text of a token can log in with it, so no part of it is ever shown as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crdb_sso.verdict.jose.claims import read_token
from crdb_sso.verdict.jose.go_text import GoTime

MASK = "[not shown]"

_TOKEN = re.compile(r"eyJ[\w+/=-]{8,}(?:\.[\w+/=-]*){0,4}")
"""What looks like a token, whole or cut off: the base64 of a JSON object begins like this."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A token that can be read; nothing in it has been believed.

    Attributes:
        length: Of the text, in characters.
        headers: The header of each signature; nearly always one.
        claims: By name, as JSON; times as the token has them. What looks like another token is
            masked. Without a signature all values are, as it may be the answer that a token comes
            in.
        is_signed: Whether it has a signature, which nobody has checked.
        issued: Its `iat`.
        begins: Its `nbf`.
        expires: Its `exp`.
    """

    length: int
    headers: tuple[Mapping[str, object], ...]
    claims: Mapping[str, object]
    is_signed: bool
    issued: GoTime | None = None
    begins: GoTime | None = None
    expires: GoTime | None = None

    @property
    def kid(self) -> str:
        """The id of the key that signed it, "" if the header has none."""
        return str(self.headers[0].get("kid") or "") if self.headers else ""


def decode(text: str) -> Decoded:
    """Return what can be shown of a token.

    Raises:
        UnreadableTokenError: The cluster would not read it either; the message does not quote it.
    """
    token = read_token(text)
    is_signed = token.message is not None and token.is_inside
    headers = tuple(one.header for one in token.message.signatures) if token.message else ()
    return Decoded(
        len(text),
        tuple(_masked_members(header) for header in headers),
        _masked_members(token.claims) if is_signed else dict.fromkeys(token.claims, MASK),
        is_signed,
        *(token.time(name) if is_signed else None for name in ("iat", "nbf", "exp")),
    )


def _masked_members(members: Mapping[str, object]) -> dict[str, object]:
    return {_masked(name): _masked_value(value) for name, value in members.items()}


def _masked_value(value: object) -> object:
    if isinstance(value, str):
        return _masked(value)
    if isinstance(value, GoTime):
        return value.seconds
    if isinstance(value, Mapping):
        return _masked_members(value)
    if isinstance(value, list | tuple):
        return [_masked_value(one) for one in value]
    return value


def _masked(text: str) -> str:
    return _TOKEN.sub(MASK, text)
