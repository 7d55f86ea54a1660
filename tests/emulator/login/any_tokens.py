"""Tokens that nobody would send who means well."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.emulator.token_forge import CLAIMS, oct_pair

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

CLAIM_NAMES = ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "groups", "email", "x")
HEADER_NAMES = ("alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "zip", "kty", "n", "e")
MESSAGE_NAMES = ("payload", "signatures", "signature", "protected", "header", "aud", "keys")

_HOSTILE = [
    b'"\\ud800"',
    b'"\\udc00\\ud83d"',
    b'"\\u0000"',
    b'"a\\u0000Mb"',
    b'"\xff\xfe"',
    b'"\xed\xa0\x80"',
    b'"\xf0\x9f"',
    b'"\\x"',
    b'"\\u12"',
    b'"',
    b"1e400",
    b"-1e400",
    b"1e308",
    b"9" * 4_500,
    b'"' + b"9" * 4_500 + b'"',
    b'"0000-01-01T00:00:00Z"',
    b'"9999-12-31T23:59:59-24:59"',
    b"-0",
    b"NaN",
    b"-Infinity",
    b"\xff",
    b"\x00",
    b"[" * 249 + b"]" * 249,
    b"[" * 300 + b"]" * 300,
    b"[" * 1_500,
    b'{"a":' * 245 + b"1" + b"}" * 245,
    b'{"a":' * 1_500,
    "é".encode(),
    "\U0010ffff".encode(),
]


def json_like(names: tuple[str, ...]) -> SearchStrategy[bytes]:
    """Return texts that are JSON, almost JSON, or begin like it."""
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    leaf = plain.map(lambda value: json.dumps(value).encode())
    leaf = st.sampled_from(_HOSTILE) | leaf | st.binary(max_size=6)
    name = st.sampled_from(names).map(lambda text: json.dumps(text).encode()) | st.sampled_from(
        _HOSTILE
    )
    value = st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda all_: b"[" + b",".join(all_) + b"]")
            | st.lists(st.tuples(name, inner), max_size=4).map(_object)
        ),
        max_leaves=6,
    )
    return st.lists(st.tuples(name, value), max_size=5).map(_object) | value


def _object(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"{" + b",".join(name + b":" + value for name, value in pairs) + b"}"


def _compact(parts: tuple[bytes, bytes, bytes]) -> bytes:
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def _signed(payload: bytes) -> bytes:
    """Return a token that the issuer signed, of usual claims with others after them."""
    usual = json.dumps(CLAIMS).encode()
    merged = usual[:-1] + b"," + payload[1:] if payload[:1] == b"{" and payload != b"{}" else usual
    return oct_pair().token(merged).encode()


COMPACT = st.tuples(json_like(HEADER_NAMES), json_like(CLAIM_NAMES), st.binary(max_size=9))
ANY_TOKENS: SearchStrategy[bytes] = st.one_of(
    st.binary(min_size=1, max_size=40),
    COMPACT.map(_compact),
    json_like(MESSAGE_NAMES),
    json_like(CLAIM_NAMES).map(_signed),
    st.sampled_from(_HOSTILE),
)
"""Bytes of every kind; some are tokens that a trusted issuer signed."""
