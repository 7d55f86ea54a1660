"""One public key (JWK): what CockroachDB can use, its canonical text, and when two are the same.

What CockroachDB does with a key decides these rules (CockroachDB pkg/ccl/jwtauthccl and the jwx
library it uses; RFC 7517, RFC 7518):

* A private key verifies too, and with a symmetric one (`oct`) anyone who can read the setting can
  log in: both are refused wherever they come from.
* A key is chosen by its `kid`; one without is never used.
* A key with a `use` other than `sig` is skipped. Without `alg` any signature algorithm of the key's
  type is accepted.
* Numbers are read in base64url or standard base64, with line ends and padding.

A key is kept as canonical JSON of its public members alone. Others, such as `x5c` and `x5t`, which
CockroachDB does not look at, are dropped; a member that is null or empty is not there.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from joserfc.jwk import thumbprint as rfc7638_thumbprint

from crdb_sso.printing import shown
from crdb_sso.tokens.key_strength import ec_weakness, ed25519_weakness, rsa_weakness

SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
"""Members that only a private or symmetric key has."""

LONGEST_KID = 1000
"""Characters."""

_ALGORITHMS = {
    "RSA": frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    "EC": frozenset({"ES256", "ES384", "ES512"}),
    "OKP": frozenset({"EdDSA"}),
}
KNOWN_ALGORITHMS = frozenset[str]().union(*_ALGORITHMS.values())
"""The signature algorithms that CockroachDB knows, for keys of any type."""

_COORDINATES = {"EC": ("x", "y"), "OKP": ("x",)}
_COORDINATE_BYTES = {
    ("EC", "P-256"): 32,
    ("EC", "P-384"): 48,
    ("EC", "P-521"): 66,
    ("OKP", "Ed25519"): 32,
}
_BASE64 = re.compile(r"[A-Za-z0-9_-]+|[A-Za-z0-9+/]+")
_TO_URL = str.maketrans("+/", "-_")


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
    there = _given(jwk)
    if there.get("kty") == "oct":
        raise FlawedKeyError(
            Flaw.EXPOSED, "it is symmetric (oct): anyone who reads it can mint tokens"
        )
    if any(_is_secret(name) for name in there) or any(map(_hides_secret, there.values())):
        raise FlawedKeyError(Flaw.EXPOSED, "it holds a private key")
    _check_purpose(there)
    key = _canonical(there)
    if len(key.kid) > LONGEST_KID:
        raise FlawedKeyError(
            Flaw.UNUSABLE, f"its `kid` has {len(key.kid)} characters; at most {LONGEST_KID} will do"
        )
    _check_strength(json.loads(key.text))
    return key


def jwk_from_text(text: str) -> PublicKey | None:
    """Return the public part of a live JWK, None if it can't be compared.

    Unlike `public_key` it looks only at what the key means, not at whether it is a good one.
    """
    try:
        jwk = json.loads(text)
        return _canonical(_given(jwk)) if isinstance(jwk, dict) else None
    except (ValueError, RecursionError, FlawedKeyError):
        return None


def thumbprint(text: str) -> str | None:
    """Return the RFC 7638 SHA-256 thumbprint of a JWK text, None if it can't be parsed."""
    key = jwk_from_text(text)
    return None if key is None else _meaning(key)[1]


def same_key(a: PublicKey, b: PublicKey) -> bool:
    """Tell whether two texts are one key: same kid and thumbprint, and `alg` and `use` fit.

    An `alg` fits the same one, and none at all: a cluster keeps the text that it has.
    """
    (*who, alg), (*other, other_alg) = _meaning(a), _meaning(b)
    return who == other and (alg == other_alg or not alg or not other_alg)


def same_material(a: PublicKey, b: PublicKey) -> bool:
    """Tell whether two texts are one key, perhaps for different algorithms."""
    return _meaning(a)[:-1] == _meaning(b)[:-1]


def algorithm(key: PublicKey) -> str:
    """Return the algorithm that a key insists on, "" if it verifies with any of its type."""
    return _meaning(key)[-1]


def for_any_algorithm(key: PublicKey) -> PublicKey:
    """Return a key that verifies with every algorithm of its type."""
    members = {name: value for name, value in json.loads(key.text).items() if name != "alg"}
    return PublicKey(key.kid, _text(members))


def same_meaning(live: str, text: str) -> bool:
    """Tell whether two JWK texts are the same key; one that can't be parsed never is."""
    a, b = jwk_from_text(live), jwk_from_text(text)
    return a is not None and b is not None and same_key(a, b)


def _meaning(key: PublicKey) -> tuple[str, str, str, str]:
    """Return kid, thumbprint, `use` and `alg`."""
    jwk = json.loads(key.text)
    material = {name: value for name, value in jwk.items() if name not in ("kid", "alg", "use")}
    return key.kid, rfc7638_thumbprint(material), jwk.get("use", "sig"), jwk.get("alg", "")


def _given(jwk: Mapping[str, object]) -> dict[str, object]:
    """Return the members that say something."""
    return {name: value for name, value in jwk.items() if value not in (None, "", [], {})}


def _is_secret(name: str) -> bool:
    return name.lower() in SECRET_MEMBERS


def _hides_secret(value: object) -> bool:
    """Tell whether an object somewhere inside of a member holds a text as private keys do."""
    inside = [value]
    while inside:
        one = inside.pop()
        if isinstance(one, list):
            inside += one
        elif isinstance(one, dict):
            if any(_is_secret(name) and isinstance(v, str) and v for name, v in one.items()):
                return True
            inside += one.values()
    return False


def _check_purpose(jwk: Mapping[str, object]) -> None:
    operations = jwk.get("key_ops")
    verifies = not isinstance(operations, list) or "verify" in operations
    if jwk.get("use") == "enc" or not verifies:
        raise FlawedKeyError(Flaw.NOT_FOR_SIGNATURES, "it is not for signatures")
    if jwk.get("use") not in (None, "sig"):
        raise FlawedKeyError(Flaw.UNUSABLE, "CockroachDB does not know its `use`")


def _canonical(jwk: Mapping[str, object]) -> PublicKey:
    """Return the public members of a key in canonical form; does not check their strength.

    Args:
        jwk: Its members, none of them null or empty.
    """
    kid, kty = jwk.get("kid"), jwk.get("kty")
    if kid is None:
        raise FlawedKeyError(Flaw.UNUSABLE, "it has no `kid`, so no token can select it")
    if not isinstance(kid, str) or not kid.isprintable():
        raise FlawedKeyError(Flaw.UNUSABLE, "its `kid` is not printable text")
    if not isinstance(kty, str) or kty not in _ALGORITHMS:
        raise FlawedKeyError(
            Flaw.UNUSABLE, f"its `kty` is {shown(kty)}; CockroachDB knows RSA, EC and OKP"
        )
    members = {"kid": kid, "kty": kty, **_material(kty, jwk)}
    for name in jwk.keys() & {"alg", "use"}:
        value = jwk[name]
        if not isinstance(value, str):
            raise FlawedKeyError(Flaw.UNUSABLE, f"its `{name}` is not a string")
        members[name] = value
    return PublicKey(kid, _text(members))


def _text(members: Mapping[str, str]) -> str:
    return json.dumps(members, sort_keys=True, separators=(",", ":"))


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
    """Return the bytes of a member in base64url or base64; line ends and padding do not matter."""
    value = jwk.get(name)
    digits = value.replace("\r", "").replace("\n", "").rstrip("=") if isinstance(value, str) else ""
    if not _BASE64.fullmatch(digits) or len(digits) % 4 == 1:
        reason = "is missing" if value is None else "is not base64url"
        raise FlawedKeyError(Flaw.UNUSABLE, f"its member `{name}` {reason}")
    return base64.urlsafe_b64decode(digits.translate(_TO_URL) + "=" * (-len(digits) % 4))


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
    if weakness := _weakness(jwk):
        raise FlawedKeyError(Flaw.UNUSABLE, weakness)


def _weakness(jwk: dict[str, str]) -> str:
    if jwk["kty"] == "RSA":
        return rsa_weakness(_number(jwk, "n"), _number(jwk, "e"))
    if jwk["kty"] == "EC":
        return ec_weakness(jwk["crv"], _number(jwk, "x"), _number(jwk, "y"))
    return ed25519_weakness(_octets(jwk, "x"))


def _number(jwk: Mapping[str, object], name: str) -> int:
    return int.from_bytes(_octets(jwk, name), "big")
