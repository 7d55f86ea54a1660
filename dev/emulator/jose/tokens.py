"""Tokens: what they say before anything is verified, and whether a key set vouches for them.

The behaviour is that of lestrrat-go/jwx v2.1.6 with the calls CockroachDB makes: `ParseInsecure`,
and `Parse` with a key set, inferred algorithms and validation.

Claims count only inside a signed payload: JSON text with claims beside its signature is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError, wrapping
from dev.emulator.go.json import bytes_of, text_of
from dev.emulator.go.text import quoted, trimmed
from dev.emulator.jose.claims import read_claims
from dev.emulator.jose.jws import Shape, parse_message, shape_of
from dev.emulator.jose.signatures import ALGORITHMS_OF_TYPE, KNOWN_ALGORITHMS, holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dev.emulator.jose.claims import Claims
    from dev.emulator.jose.jws import Header
    from dev.emulator.jose.keys import Key

_LAYERS = (1, 2)
_UNVERIFIED = "could not verify message using any of the signatures or keys"


def read_unverified(token: str) -> Claims:
    """Return the claims of a token, without believing them.

    Args:
        token: Compact or JSON form, as `text_of` returns it; blanks around it do not matter.

    Raises:
        GoError: It does not parse.
    """
    text = trimmed(token)
    payload = bytes_of(text)
    for layer in _LAYERS:
        if not _is_signed(text_of(payload), layer):
            break
        with wrapping("invalid jws message"):
            payload = parse_message(text).payload
    return read_claims(payload)


def key_id(token: str) -> str:
    """Return the id of the key that a token names, for its first signature; empty if none."""
    try:
        signatures = parse_message(trimmed(token)).signatures
    except GoError:
        return ""
    return signatures[0].header.kid


def verify(token: str, keys: Sequence[Key], now: float, *, infer: bool = True) -> Claims:
    """Return the claims of a token that one of the keys signed and that hold now.

    Args:
        token: As for `read_unverified`.
        keys: The set, in its order: of keys with one kid only the first counts.
        now: Seconds since 1970.
        infer: As for `verify_signature`.

    Raises:
        GoError: It does not parse, the key it names is missing or unfit, the signature is wrong,
            or a time does not hold.
    """
    claims = verify_signature(token, keys, infer=infer)
    claims.check_times(now)
    return claims


def verify_signature(token: str, keys: Sequence[Key], *, infer: bool = True) -> Claims:
    """Return the claims of a token that one of the keys signed, whether or not they hold now.

    Args:
        token: As for `read_unverified`.
        keys: As for `verify`.
        infer: Whether a key that names no algorithm takes the one of the token's header; else it
            verifies nothing.

    Raises:
        GoError: It does not parse, the key it names is missing or unfit, or the signature is wrong.
    """
    text = trimmed(token)
    payload = verified_payload(text, keys, infer=infer)
    if shape_of(text) is not Shape.SIGNED:
        raise GoError(_UNVERIFIED)
    if _is_signed(text_of(payload), layer=2):
        payload = verified_payload(text_of(payload), keys, infer=infer)
    return read_claims(payload)


def verified_payload(text: str, keys: Sequence[Key], *, infer: bool = True) -> bytes:
    """Return the payload of a message with at least one good signature.

    Raises:
        GoError: It does not parse, or a signature before the first good one names no usable key.
    """
    with wrapping("failed to parse jws"):
        message = parse_message(text)
    for signature in message.signatures:
        with wrapping("key provider 0 failed"):
            key = _select(keys, signature.header)
            algorithms = _algorithms(key, signature.header, infer=infer)
        for alg in algorithms:
            if alg == "none":
                refusal = 'unsupported signature algorithm "none"'
                raise GoError(f'failed to create verifier for algorithm "none": {refusal}')
            if holds(alg, key, message.signed_bytes(signature), signature.value):
                return message.payload
    raise GoError(_UNVERIFIED)


def _is_signed(text: str, layer: int) -> bool:
    shape = shape_of(text)
    if shape is Shape.INVALID:
        raise GoError("invalid JWT")
    if shape is Shape.UNSUPPORTED:
        raise GoError(f"unsupported format (layer: #{layer})")
    return shape is Shape.SIGNED


def _select(keys: Sequence[Key], header: Header) -> Key:
    """Return the first key with the header's kid."""
    if not header.kid:
        raise GoError('failed to find matching key: no key ID ("kid") specified in token')
    for key in keys:
        if key.kid == header.kid:
            return key
    raise GoError(f"failed to find key with key ID {quoted(header.kid)} in key set")


def _algorithms(key: Key, header: Header, *, infer: bool) -> tuple[str, ...]:
    """Return the algorithms to try: the key's own, else the header's if it fits the key's type."""
    if key.use not in {"", "sig"}:
        return ()
    if key.alg:
        if key.alg not in KNOWN_ALGORITHMS:
            refusal = "invalid jwa.SignatureAlgorithm value"
            raise GoError(f"invalid signature algorithm {key.alg}: {refusal}")
        return (key.alg,)
    if not infer:
        return ()
    inferred = ALGORITHMS_OF_TYPE[key.kty]
    if not header.alg:
        return inferred
    if header.alg not in inferred:
        raise GoError("algorithm in the message does not match any of the inferred algorithms")
    return (header.alg,)
