"""Signed messages as jwx v2 takes them apart: compact or JSON, and what their headers must be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from dev.emulator.go import base64 as go_base64
from dev.emulator.go.errors import GoError, wrapping
from dev.emulator.go.json import (
    Json,
    Object,
    as_any,
    as_string,
    as_strings,
    bytes_of,
    first_value,
    mismatch,
    names_field,
    text_of,
    whole_value,
)
from dev.emulator.go.text import trimmed
from dev.emulator.jose.keys import parse_key
from dev.emulator.jose.members import SHARED_TEXTS, check_chain, members, text_member

_TEXT_HEADERS = frozenset({"cty", "jku", "typ"})
_NO_HEADER = "{}"
_COMPACT_DOTS = 2
_ENCRYPTED_DOTS = 4


class Shape(Enum):
    """What a text looks like before anything in it is believed."""

    SIGNED = auto()
    PLAIN = auto()
    UNSUPPORTED = auto()
    INVALID = auto()


@dataclass(frozen=True, slots=True)
class Header:
    """A protected header.

    Attributes:
        alg: The algorithm it names; empty if none.
        kid: The key id it names; empty if none.
        is_base64: Whether the payload is base64url (RFC 7797's `b64`).
        source: Its JSON text, which is what was signed.
    """

    alg: str
    kid: str
    is_base64: bool
    source: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a message."""

    header: Header
    value: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message; only the JSON form can carry more than one signature."""

    payload: bytes
    signatures: tuple[Signature, ...]

    def signed_bytes(self, signature: Signature) -> bytes:
        """Return what a signature is made over: both parts in canonical base64url."""
        header = go_base64.encode(bytes_of(signature.header.source)).encode()
        if signature.header.is_base64:
            return header + b"." + go_base64.encode(self.payload).encode()
        return header + b"." + self.payload


def shape_of(text: str) -> Shape:
    """Guess what a text is from its dots or from the names of its members."""
    text = trimmed(text)
    if not text:
        return Shape.PLAIN
    if not text.startswith("{"):
        dots = {_COMPACT_DOTS: Shape.SIGNED, _ENCRYPTED_DOTS: Shape.UNSUPPORTED}
        return dots.get(text.count("."), Shape.INVALID)
    try:
        value = whole_value(text)
    except GoError:
        return Shape.PLAIN

    def has(field: str) -> bool:
        return any(names_field(name, field) for name, _ in members(value))

    if has("aud"):
        return Shape.PLAIN
    if has("kty") or has("keys") or has("ciphertext"):
        return Shape.UNSUPPORTED
    return Shape.SIGNED if has("signatures") and has("payload") else Shape.PLAIN


def parse_message(text: str) -> Message:
    """Take a message apart.

    Raises:
        GoError: A part is missing or malformed.
    """
    if trimmed(text).startswith("{"):
        with wrapping("failed to unmarshal jws message"):
            return _from_json(first_value(text)[0])
    parts = text.split(".")
    if len(parts) != _COMPACT_DOTS + 1:
        raise GoError("invalid compact serialization format: invalid number of segments")
    encoded_header, payload, signature = parts
    source = text_of(_decoded(encoded_header, "failed to decode protected headers"))
    with wrapping("failed to parse JOSE headers"):
        header = _header(source)
    return Message(
        payload=_payload(payload, header, "failed to decode payload"),
        signatures=(Signature(header, _decoded(signature, "failed to decode signature")),),
    )


def _from_json(value: Json) -> Message:
    """Read the general form; a `signature` beside an empty `signatures` is the flattened form."""
    fields = _fields(value, ("payload", "signatures", "header", "protected", "signature"))
    listed = fields["signatures"]
    if listed is not None and not isinstance(listed, list):
        target = "Go struct field messageUnmarshalProbe.signatures of type []json.RawMessage"
        with wrapping("failed to unmarshal into temporary structure"):
            raise mismatch(listed, target)
    entries = listed or []
    if fields["signature"] is not None:
        if entries:
            raise GoError(
                'invalid format ("signatures" and "signature" keys cannot both be present)'
            )
        entries = [value]
    if not entries:
        raise GoError('required field "signatures" not present')
    signatures = tuple(_signature(entry, number) for number, entry in enumerate(entries, start=1))
    first = signatures[0].header
    if any(one.header.is_base64 != first.is_base64 for one in signatures):
        raise GoError("b64 value must be the same for all signatures")
    payload = as_string(fields["payload"])
    return Message(_payload(payload, first, "failed to base64 decode payload"), signatures)


def _signature(entry: Json, number: int) -> Signature:
    with wrapping(f"failed to unmarshal signature #{number}"):
        with wrapping("failed to unmarshal signature into temporary struct"):
            fields = _fields(entry, ("header", "protected", "signature"))
            if fields["header"] is not None:
                _check_header(fields["header"])
        source = as_string(fields["protected"]) if fields["protected"] is not None else _NO_HEADER
        if not source.startswith("{"):
            source = text_of(_decoded(source, "failed to base64 decode protected headers"))
        value = _decoded(as_string(fields["signature"]), "failed to base decode signature")
        return Signature(_header(source), value)


def _fields(value: Json, names: tuple[str, ...]) -> dict[str, Json]:
    """Return the members that fill a Go struct's fields, whatever their case; None if absent."""
    found: dict[str, Json] = dict.fromkeys(names)
    if value is None:
        return found
    if not isinstance(value, Object):
        raise mismatch(value, "Go value of type jws.signatureUnmarshalProbe")
    for name, member in value.pairs:
        for field in names:
            if names_field(name, field):
                found[field] = member
    return found


def _header(text: str) -> Header:
    """Read a header from text; what follows its JSON value is neither read nor signed."""
    value, source = first_value(text)
    _check_header(value)
    named = dict(members(value))
    return Header(
        alg=as_string(named.get("alg")),
        kid=as_string(named.get("kid")),
        is_base64=named.get("b64", True) is True,
        source=source,
    )


def _check_header(value: Json) -> None:
    """Check the kinds of all members, repeated ones too, but not what they mean."""
    for name, member in members(value):
        if name == "jwk":
            with wrapping("failed to parse JWK for key jwk"):
                parse_key(member)
            continue
        with wrapping(f"failed to decode value for key {name}"):
            if name == "alg":
                as_string(member, "Go value of type jwa.SignatureAlgorithm")
            elif name in SHARED_TEXTS or name in _TEXT_HEADERS:
                text_member(member)
            elif name == "x5c":
                check_chain(member)
            elif name == "crit":
                as_strings(member)
            else:
                as_any(member)


def _payload(text: str, header: Header, failed: str) -> bytes:
    return _decoded(text, failed) if header.is_base64 else bytes_of(text)


def _decoded(text: str, failed: str) -> bytes:
    with wrapping(failed):
        return go_base64.decode(text)
