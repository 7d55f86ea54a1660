"""One public key (JWK): what CockroachDB can use, its canonical text, and when two are the same.

What CockroachDB does with a key decides these rules (CockroachDB pkg/ccl/jwtauthccl and the jwx
library it uses; RFC 7517, RFC 7518):

* A private key verifies too, and with a symmetric one (`oct`) anyone who can read the setting can
  log in: both are refused wherever they come from.
* A key is chosen by its `kid`; one without is never used.
* A key with a `use` other than `sig` is skipped. Without `alg` any signature algorithm of the key's
  type is accepted.

A key is kept as canonical JSON of its public members alone; `x5c`, `x5t` and the like, which
CockroachDB does not look at, are dropped, so that the setting stays small and readable.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from joserfc.jwk import thumbprint as rfc7638_thumbprint

from crdb_sso.printing import shown

SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
"""Members that only a private or symmetric key has."""

SHORTEST_RSA_BITS = 2048
"""RFC 7518, section 3.3; a shorter key can be computed from its public half."""

LARGEST_RSA_EXPONENT = 2**31 - 1
"""Go's crypto/rsa does not accept a larger one."""

_ALGORITHMS = {
    "RSA": frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    "EC": frozenset({"ES256", "ES384", "ES512"}),
    "OKP": frozenset({"EdDSA"}),
}
_COORDINATES = {"EC": ("x", "y"), "OKP": ("x",)}
_COORDINATE_BYTES = {
    ("EC", "P-256"): 32,
    ("EC", "P-384"): 48,
    ("EC", "P-521"): 66,
    ("OKP", "Ed25519"): 32,
}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, order=True)
class PublicKey:
    """A public signature key.

    Attributes:
        kid: Its key id, never empty.
        text: Canonical JSON of its public members: sorted, no white space, numbers without padding
            or leading zeros.
    """

    kid: str
    text: str


class Flaw(Enum):
    """Why a key can't be handed to a cluster; the value is the next step for the operator."""

    EXPOSED = "Publish and configure public keys only; replace the key pair, this one is exposed."
    NOT_FOR_SIGNATURES = "Leave out what is not for signatures: the cluster would skip it."
    UNUSABLE = "Copy the issuer's key set as published, e.g. with curl."


class FlawedKeyError(Exception):
    """This key can't be handed to a cluster; the text says why, without key material."""

    def __init__(self, flaw: Flaw, reason: str) -> None:
        super().__init__(reason)
        self.flaw = flaw


def public_key(jwk: object) -> PublicKey:
    """Return a key of a decoded set in the form a cluster gets.

    Raises:
        FlawedKeyError: It can't be handed to a cluster.
    """
    if not isinstance(jwk, dict):
        raise FlawedKeyError(Flaw.UNUSABLE, "it is not a JSON object")
    if jwk.get("kty") == "oct":
        raise FlawedKeyError(
            Flaw.EXPOSED, "it is symmetric (oct): anyone who reads it can mint tokens"
        )
    if SECRET_MEMBERS & jwk.keys():
        raise FlawedKeyError(Flaw.EXPOSED, "it holds a private key")
    _check_purpose(jwk)
    key = _canonical(jwk)
    _check_strength(json.loads(key.text))
    return key


def jwk_from_text(text: str) -> PublicKey | None:
    """Return the public part of a live JWK, None if it can't be compared.

    Unlike `public_key` it looks only at what the key means, not at whether it is a good one.
    """
    try:
        jwk = json.loads(text)
        return _canonical(jwk) if isinstance(jwk, dict) else None
    except (ValueError, RecursionError, FlawedKeyError):
        return None


def thumbprint(text: str) -> str | None:
    """Return the RFC 7638 SHA-256 thumbprint of a JWK text, None if it can't be parsed."""
    key = jwk_from_text(text)
    return None if key is None else _meaning(key)[1]


def same_key(a: PublicKey, b: PublicKey) -> bool:
    """Tell whether two keys verify the same tokens: same kid, thumbprint, `alg` and `use`."""
    return _meaning(a) == _meaning(b)


def same_meaning(live: str, text: str) -> bool:
    """Tell whether two JWK texts are the same key; one that can't be parsed never is."""
    a, b = jwk_from_text(live), jwk_from_text(text)
    return a is not None and b is not None and same_key(a, b)


def _meaning(key: PublicKey) -> tuple[str, str, str, str]:
    jwk = json.loads(key.text)
    material = {name: value for name, value in jwk.items() if name not in ("kid", "alg", "use")}
    return key.kid, rfc7638_thumbprint(material), jwk.get("alg", ""), jwk.get("use", "sig")


def _check_purpose(jwk: Mapping[str, object]) -> None:
    operations = jwk.get("key_ops")
    verifies = not isinstance(operations, list) or not operations or "verify" in operations
    if jwk.get("use") == "enc" or not verifies:
        raise FlawedKeyError(Flaw.NOT_FOR_SIGNATURES, "it is not for signatures")
    if jwk.get("use") not in (None, "", "sig"):
        raise FlawedKeyError(Flaw.UNUSABLE, "CockroachDB does not know its `use`")


def _canonical(jwk: Mapping[str, object]) -> PublicKey:
    """Return the public members of a key in canonical form; does not check their strength."""
    kid, kty = jwk.get("kid"), jwk.get("kty")
    if kid is None or kid == "":
        raise FlawedKeyError(Flaw.UNUSABLE, "it has no `kid`, so no token can select it")
    if not isinstance(kid, str) or not kid.isprintable():
        raise FlawedKeyError(Flaw.UNUSABLE, "its `kid` is not printable text")
    if not isinstance(kty, str) or kty not in _ALGORITHMS:
        raise FlawedKeyError(
            Flaw.UNUSABLE, f"its `kty` is {shown(kty)}; CockroachDB knows RSA, EC and OKP"
        )
    members = {"kid": kid, "kty": kty, **_material(kty, jwk)}
    for name in ("alg", "use"):
        value = jwk.get(name) or ""
        if not isinstance(value, str):
            raise FlawedKeyError(Flaw.UNUSABLE, f"its `{name}` is not a string")
        if value:
            members[name] = value
    return PublicKey(kid, json.dumps(members, sort_keys=True, separators=(",", ":")))


def _material(kty: str, jwk: Mapping[str, object]) -> dict[str, str]:
    if kty == "RSA":
        return {name: _encoded(_octets(jwk, name).lstrip(b"\0")) for name in ("n", "e")}
    curve = jwk.get("crv")
    length = _COORDINATE_BYTES.get((kty, str(curve)))
    if length is None:
        raise FlawedKeyError(
            Flaw.UNUSABLE, f"CockroachDB does not support the curve {shown(curve)}"
        )
    points = {name: _octets(jwk, name) for name in _COORDINATES[kty]}
    if kty == "EC":  # big-endian numbers; some issuers strip or add leading zeros
        points = {name: o.lstrip(b"\0").rjust(length, b"\0") for name, o in points.items()}
    if any(len(octets) != length for octets in points.values()):
        raise FlawedKeyError(Flaw.UNUSABLE, f"it has the wrong length for a key on {curve}")
    return {"crv": str(curve), **{name: _encoded(octets) for name, octets in points.items()}}


def _octets(jwk: Mapping[str, object], name: str) -> bytes:
    """Return the bytes of a base64url member; padding is tolerated, as in CockroachDB."""
    value = jwk.get(name)
    digits = value.rstrip("=") if isinstance(value, str) else ""
    if not _BASE64URL.fullmatch(digits) or len(digits) % 4 == 1:
        reason = "is missing" if value is None else "is not base64url"
        raise FlawedKeyError(Flaw.UNUSABLE, f"its member `{name}` {reason}")
    return base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _check_strength(jwk: dict[str, str]) -> None:
    """Check that signatures by this key can be verified, and that nobody else can forge them."""
    kty, algorithm = jwk["kty"], jwk.get("alg")
    if algorithm is not None and algorithm not in _ALGORITHMS[kty]:
        raise FlawedKeyError(
            Flaw.UNUSABLE,
            f"its `alg` {shown(algorithm)} is not a signature algorithm for {kty} keys",
        )
    if kty == "RSA":
        bits = int.from_bytes(_octets(jwk, "n"), "big").bit_length()
        if bits < SHORTEST_RSA_BITS:
            raise FlawedKeyError(
                Flaw.UNUSABLE, f"it has {bits} bits; fewer than {SHORTEST_RSA_BITS} are unsafe"
            )
        if int.from_bytes(_octets(jwk, "e"), "big") > LARGEST_RSA_EXPONENT:
            raise FlawedKeyError(Flaw.UNUSABLE, "its exponent is too large for CockroachDB")
    try:
        JWKRegistry.import_key(dict(jwk))
    except (JoseError, ValueError):
        raise FlawedKeyError(Flaw.UNUSABLE, f"its numbers are not a valid {kty} key") from None
