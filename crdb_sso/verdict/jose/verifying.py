"""What becomes of a token's signatures: one that can be verified is enough."""

from dataclasses import dataclass

from crdb_sso.verdict.jose.claims import Token
from crdb_sso.verdict.jose.jws import Signature
from crdb_sso.verdict.jose.keys import Key, Obstacle, Selected, select
from crdb_sso.verdict.jose.signatures import is_signed_by

_NEXT_SIGNATURE_COUNTS = (Obstacle.NOT_FOR_SIGNATURES, Obstacle.NO_INFERENCE)
"""Obstacles after which a further signature of the same message is looked at."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of the signatures.

    Attributes:
        is_signed: Whether a key of the set signed it.
        obstacle: What kept a signature from being compared.
        kid: The key id of the signature that decided, "" if it has none.
        alg: The algorithm that its header names.
        key: The key that it selected.
    """

    is_signed: bool
    obstacle: Obstacle | None = None
    kid: str = ""
    alg: str = ""
    key: Key | None = None


def verify(token: Token, keys: tuple[Key, ...], *, infer: bool) -> Verification:
    """Verify the signatures of a token.

    Args:
        token: The token.
        keys: The set; the first of several with the same id counts.
        infer: Whether a key may do without an algorithm.
    """
    outcome = Verification(is_signed=False)
    for signature in token.message.signatures if token.message else ():
        selected = select(keys, signature, infer=infer)
        is_signed = selected.obstacle is None and _is_signed(signature, selected)
        outcome = Verification(
            is_signed, selected.obstacle, signature.kid, signature.alg, selected.key
        )
        stops = selected.obstacle is not None and selected.obstacle not in _NEXT_SIGNATURE_COUNTS
        if is_signed or stops:
            break
    return outcome


def signers(token: Token, keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """Return the keys that did sign a token, whatever its header and the keys' `use` say."""
    signatures = token.message.signatures if token.message else ()
    return tuple(
        key
        for signature in signatures[:1]
        for key in keys
        if any(_is_signed(signature, Selected(key, (alg,))) for alg in {signature.alg, key.alg})
    )


def _is_signed(signature: Signature, selected: Selected) -> bool:
    key = selected.key
    return key is not None and any(
        is_signed_by(key, algorithm, signature.signed, signature.octets)
        for algorithm in selected.algorithms
    )
