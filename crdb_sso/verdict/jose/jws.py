"""Tokens as text: signed messages (JWS) as the library that CockroachDB uses reads them.

That is lestrrat-go/jwx v2 (checked by running v2.1.6). It is more tolerant than RFC 7515: blanks
around a token and padding are ignored, standard base64 is read too, and so is the JSON form.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from crdb_sso.crdb.identity_map import GO_BLANKS
from crdb_sso.verdict.jose.go_json import (
    GoObject,
    NotGoJsonError,
    decode_first_of_bytes,
    decode_whole,
)

_TEXT_MEMBERS = ("alg", "cty", "jku", "kid", "typ", "x5t", "x5t#S256", "x5u")
_BASE64_URL = re.compile(rb"[A-Za-z0-9_-]*")
_BASE64_STD = re.compile(rb"[A-Za-z0-9+/]*")
_COMPACT_DOTS, _ENCRYPTED_DOTS = 2, 4


class UnreadableTokenError(Exception):
    """The library would not read this token; the message says why, without quoting it."""


class Form(Enum):
    """What a text looks like to the library, before it is read."""

    SIGNED = "a signed token"
    CLAIMS = "claims without a signature"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a message.

    Attributes:
        header: The protected header.
        signed: What is signed.
        octets: The signature.
    """

    header: Mapping[str, object]
    signed: bytes = field(repr=False)
    octets: bytes = field(repr=False)

    @property
    def kid(self) -> str:
        """The key id, "" if there is none."""
        return str(self.header.get("kid") or "")

    @property
    def alg(self) -> str:
        """The algorithm that the header names, "" if it names none."""
        return str(self.header.get("alg") or "")


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message: its signatures and what it carries."""

    signatures: tuple[Signature, ...]
    payload: bytes = field(repr=False)


def trimmed(text: bytes) -> bytes:
    """Return a text without blanks at its ends, as Go's bytes.TrimSpace does."""
    return (
        text.decode("utf-8", "surrogateescape").strip(GO_BLANKS).encode("utf-8", "surrogateescape")
    )


def form_of(text: bytes) -> Form:
    """Tell what a text looks like.

    Raises:
        UnreadableTokenError: It is neither a signed token nor JSON.
    """
    text = trimmed(text)
    if not text.startswith(b"{"):
        return _form_without_braces(text)
    try:
        decoded = decode_whole(text.decode("utf-8", "surrogateescape"))
    except NotGoJsonError:
        return Form.OTHER
    names = {name.lower() for name in decoded} if isinstance(decoded, GoObject) else set()
    if "aud" in names:
        return Form.CLAIMS
    if names & {"kty", "keys", "ciphertext"}:
        raise UnreadableTokenError("it is a key, a key set or encrypted")
    return Form.SIGNED if {"signatures", "payload"} <= names else Form.OTHER


def _form_without_braces(text: bytes) -> Form:
    if not text:
        return Form.OTHER
    dots = text.count(b".")
    if dots == _COMPACT_DOTS:
        return Form.SIGNED
    if dots == _ENCRYPTED_DOTS:
        raise UnreadableTokenError("it is encrypted (JWE), not signed")
    raise UnreadableTokenError(
        f"it has {dots + 1} part{'s' if dots else ''} between dots; a signed token has three"
    )


def read_message(text: bytes) -> Message:
    """Read a signed message.

    Raises:
        UnreadableTokenError: It is not one.
    """
    if trimmed(text).startswith(b"{"):
        return _json_message(text)
    parts = text.split(b".")
    if len(parts) != _COMPACT_DOTS + 1:
        raise UnreadableTokenError("it does not have three parts between dots")
    header, raw = _header(_decoded(parts[0], "header"))
    is_encoded = _is_encoded(header)
    payload = _decoded(parts[1], "payload") if is_encoded else parts[1]
    signed = _signed(raw, payload, is_encoded=is_encoded)
    signature = Signature(header, signed, _decoded(parts[2], "signature"))
    return Message((signature,), payload)


def _json_message(text: bytes) -> Message:
    message, _ = _object(text, "the text")
    listed = message.get("signatures") or []
    if message.get("signature") is not None:
        if listed:
            raise UnreadableTokenError("it has both `signature` and `signatures`")
        listed = [message]
    if not isinstance(listed, list) or not listed:
        raise UnreadableTokenError("it has no signature")
    read = [_header(_protected(one)) for one in listed]
    encodings = {_is_encoded(header) for header, _ in read}
    if len(encodings) > 1:
        raise UnreadableTokenError("its signatures differ in `b64`")
    is_encoded = encodings.pop()
    given = _text_member(message, "payload").encode()
    payload = _decoded(given, "payload") if is_encoded else given
    return Message(
        tuple(
            Signature(
                header,
                _signed(raw, payload, is_encoded=is_encoded),
                _decoded(_text_member(one, "signature").encode(), "signature"),
            )
            for one, (header, raw) in zip(listed, read, strict=True)
        ),
        payload,
    )


def _protected(signature: object) -> bytes:
    text = _text_member(signature, "protected").encode()
    return text if text.startswith(b"{") else _decoded(text, "header") or b"{}"


def _text_member(value: object, name: str) -> str:
    member = value.get(name) if isinstance(value, GoObject) else None
    if not isinstance(value, GoObject) or not isinstance(member, str | None):
        raise UnreadableTokenError(f"its `{name}` is not a text")
    return member or ""


def _header(octets: bytes) -> tuple[Mapping[str, object], bytes]:
    """Return a header, and the bytes that are signed for it."""
    header, raw = _object(octets, "its header")
    for name, value in header.pairs:
        if name in _TEXT_MEMBERS and not isinstance(value, str | None):
            raise UnreadableTokenError(f"its header's `{name}` is not a text")
        if name == "crit" and not _is_text_list(value):
            raise UnreadableTokenError("its header's `crit` is not a list of texts")
    return header, raw


def _object(octets: bytes, what: str) -> tuple[GoObject, bytes]:
    """Return the JSON object that bytes begin with, and its own bytes."""
    try:
        value, raw = decode_first_of_bytes(octets)
    except NotGoJsonError as exc:
        raise UnreadableTokenError(f"{what}: {exc}") from None
    if not isinstance(value, GoObject):
        raise UnreadableTokenError(f"{what} is not a JSON object")
    return value, raw


def _is_text_list(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(one, str | None) for one in value)
    )


def _is_encoded(header: Mapping[str, object]) -> bool:
    return header.get("b64", True) is True


def _signed(header: bytes, payload: bytes, *, is_encoded: bool) -> bytes:
    body = base64.urlsafe_b64encode(payload).rstrip(b"=") if is_encoded else payload
    return base64.urlsafe_b64encode(header).rstrip(b"=") + b"." + body


def _decoded(text: bytes, what: str) -> bytes:
    try:
        return decode_base64(text)
    except ValueError:
        raise UnreadableTokenError(f"its {what} is not base64url") from None


def decode_base64(text: bytes) -> bytes:
    """Decode base64url or standard base64, line ends ignored; padding, if any, must be complete.

    Raises:
        ValueError: It is neither.
    """
    is_padded = text.endswith(b"=")
    digits = text.replace(b"\r", b"").replace(b"\n", b"")
    if is_padded:
        bare = digits.rstrip(b"=")
        if len(digits) - len(bare) != -len(bare) % 4:
            raise ValueError
        digits = bare
    alphabet = _BASE64_STD if b"+" in text or b"/" in text else _BASE64_URL
    if not alphabet.fullmatch(digits) or len(digits) % 4 == 1:
        raise ValueError
    return base64.b64decode(
        digits.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(digits) % 4)
    )
