"""Key sets as the library that CockroachDB uses reads them, and which key a signature selects.

This is what a cluster does, not what it should be given: `crdb_sso.tokens.jwks` refuses much of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from crdb_sso.verdict.jose.go_json import GoObject, NotGoJsonError, decode_first
from crdb_sso.verdict.jose.jws import Signature, decode_base64

MATERIAL: Mapping[str, tuple[str, ...]] = {
    "RSA": ("n", "e"),
    "EC": ("x", "y"),
    "OKP": ("x",),
    "oct": ("k",),
}
"""The members that a key of a type can't be without."""

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
    "oct": ("HS256", "HS384", "HS512"),
}
"""The algorithms that fit a key of a type."""

_UNVERIFIABLE = "none"
"""An algorithm that the library knows, but has no verifier for."""

_KNOWN = {_UNVERIFIABLE, "ES256K", *(name for names in ALGORITHMS.values() for name in names)}
"""Algorithms that a key may insist on; ES256K is never inferred."""


class UnreadableKeysError(Exception):
    """The library would not read this key set; the message says why, without key material."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a set.

    Attributes:
        kid: Its id, "" if it has none.
        kty: RSA, EC, OKP or oct.
        alg: The algorithm that it insists on, "" if none.
        use: What it is for, "" if it does not say.
        curve: Of EC and OKP keys.
        material: Its octets by member.
    """

    kid: str
    kty: str
    alg: str
    use: str
    curve: str = ""
    material: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class Obstacle(Enum):
    """Why no key can verify a signature."""

    NO_KID = "the token names no key"
    UNKNOWN_KID = "no key of that id"
    NOT_FOR_SIGNATURES = "the key is not for signatures"
    BOGUS_ALGORITHM = "the key is for something that is not a signature algorithm"
    UNVERIFIABLE_ALGORITHM = "the key is for an algorithm that is not supported"
    OTHER_ALGORITHM = "the token's algorithm does not fit the type of the key"
    NO_INFERENCE = "the key names no algorithm, which this version needs"


@dataclass(frozen=True, slots=True)
class Selected:
    """What a signature is verified with: a key and algorithms to try, or what is in the way."""

    key: Key | None
    algorithms: tuple[str, ...] = ()
    obstacle: Obstacle | None = None


def read_keys(text: str) -> tuple[Key, ...]:
    """Read a key set, or a key that stands alone.

    Raises:
        UnreadableKeysError: The library would not: one key that it can't read spoils the set.
    """
    try:
        decoded = decode_first(text)
    except NotGoJsonError as exc:
        raise UnreadableKeysError(str(exc)) from None
    if not isinstance(decoded, GoObject):
        raise UnreadableKeysError("it is not a JSON object")
    if "keys" not in decoded:
        return (_key(decoded),)
    lists = [value for name, value in decoded.pairs if name == "keys"]
    if not all(isinstance(value, list | None) for value in lists):
        raise UnreadableKeysError("its `keys` are not a list")
    return tuple(_key(one) for value in lists if isinstance(value, list) for one in value)


def select(keys: tuple[Key, ...], signature: Signature, *, infer: bool) -> Selected:
    """Return the key that a signature names.

    Args:
        keys: The set; the first of several with the same id counts.
        signature: Whose header names it.
        infer: Whether a key may do without an algorithm.
    """
    if not signature.kid:
        return Selected(None, obstacle=Obstacle.NO_KID)
    key = next((one for one in keys if one.kid == signature.kid), None)
    if key is None:
        return Selected(None, obstacle=Obstacle.UNKNOWN_KID)
    algorithms, obstacle = _algorithms(key, signature.alg, infer=infer)
    return Selected(key, algorithms, obstacle)


def _algorithms(key: Key, named: str, *, infer: bool) -> tuple[tuple[str, ...], Obstacle | None]:
    """Return the algorithms to try, or what is in the way; `named` is the token's."""
    fitting = (key.alg,) if key.alg else ALGORITHMS[key.kty]
    obstacle = None
    if key.use not in ("", "sig"):
        obstacle = Obstacle.NOT_FOR_SIGNATURES
    elif key.alg == _UNVERIFIABLE:
        obstacle = Obstacle.UNVERIFIABLE_ALGORITHM
    elif key.alg and key.alg not in _KNOWN:
        obstacle = Obstacle.BOGUS_ALGORITHM
    elif not key.alg and not infer:
        obstacle = Obstacle.NO_INFERENCE
    elif not key.alg and named and named not in fitting:
        obstacle = Obstacle.OTHER_ALGORITHM
    elif not key.alg and named:
        fitting = (named,)
    return (() if obstacle else fitting), obstacle


def _key(jwk: object) -> Key:
    if not isinstance(jwk, GoObject):
        raise UnreadableKeysError("a key is not a JSON object")
    kty = jwk.get("kty")
    if not isinstance(kty, str) or kty not in MATERIAL:
        raise UnreadableKeysError("the `kty` of a key is not one of RSA, EC, OKP, oct")
    kid, alg, use = (_text(jwk, name) for name in ("kid", "alg", "use"))
    if kty in ("EC", "OKP") and "crv" not in jwk:
        raise UnreadableKeysError("a key has no `crv`")
    curve = _text(jwk, "crv") if kty in ("EC", "OKP") else ""
    for name in ("x5t", "x5t#S256", "x5u"):
        _text(jwk, name)
    if not _are_operations(jwk.get("key_ops", [])):
        raise UnreadableKeysError("the `key_ops` of a key are not a list of texts")
    names = (*MATERIAL[kty], "d") if "d" in jwk and kty != "oct" else MATERIAL[kty]
    return Key(kid, kty, alg, use, curve, {name: _octets(jwk, name) for name in names})


def _are_operations(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(one, str | None) for one in value)
    )


def _text(jwk: GoObject, name: str) -> str:
    value = jwk.get(name)
    if not isinstance(value, str | None):
        raise UnreadableKeysError(f"the `{name}` of a key is not a text")
    return value or ""


def _octets(jwk: GoObject, name: str) -> bytes:
    if name not in jwk:
        raise UnreadableKeysError(f"a key has no `{name}`")
    try:
        return decode_base64(_text(jwk, name).encode())
    except ValueError:
        raise UnreadableKeysError(f"the `{name}` of a key is not base64url") from None
