"""Private keys of an issuer of your own: made, read as PEM or JWK, and what they sign.

A key that a cluster could not verify with, or that others could forge signatures for, is refused by
the rules for public keys (`crdb_sso.tokens.jwk`). No private key shows in a `repr` or an error.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from joserfc.jws import JWSAlgModel, JWSRegistry  # type: ignore[attr-defined] # not in __all__

from crdb_sso.errors import InvalidInput
from crdb_sso.tokens.jwk import KNOWN_ALGORITHMS, FlawedKeyError, PublicKey, public_key
from crdb_sso.tokens.key_strength import SHORTEST_RSA_BITS, too_short

DEFAULT_ALGORITHM = "ES256"
RSA_BITS = 3072
"""Bits of a new RSA key: about as strong as P-256."""

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

MAKERS: Mapping[str, Callable[[], _PrivateKey]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RS256": lambda: rsa.generate_private_key(65537, RSA_BITS),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
"""The algorithms that keys are made for here."""

_BLOCKS = {
    kind: re.compile(rf"-----BEGIN ([A-Z ]*{kind} KEY)-----.*?-----END \1-----", re.DOTALL)
    for kind in ("PRIVATE", "PUBLIC")
}
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_CURVES_IN_PEM = ("secp256r1", "secp384r1", "secp521r1")
_LONGEST_SHOWN = 10
"""A longer `alg` may be a secret in the wrong member."""

_MAKE_ONE = "Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that a cluster can verify the signatures of.

    Attributes:
        algorithm: What it signs with.
        public: Its public half, as a cluster gets it.
    """

    algorithm: str
    public: PublicKey
    _private: Key = field(repr=False)

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return a token whose `kid` is that of the key.

        Args:
            claims: All of its claims.
        """
        header = {"typ": "JWT", "alg": self.algorithm, "kid": self.public.kid}
        return jwt.encode(header, dict(claims), self._private, registry=_Algorithms())


class _Algorithms(JWSRegistry):
    """The algorithms, without a warning: EdDSA has newer names, which CockroachDB does not know."""

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return an algorithm."""
        return self.algorithms[name]


def check_algorithm(algorithm: object) -> None:
    """Check that keys are made for an algorithm.

    Raises:
        InvalidInput: They are not.
    """
    if algorithm not in MAKERS:
        raise InvalidInput(
            f"the algorithm {algorithm!r} is not one that keys are made for",
            hint=f"Write one of {', '.join(MAKERS)}.",
        )


def made_key(algorithm: str) -> str:
    """Return a new private key, PEM (PKCS #8).

    Args:
        algorithm: One of MAKERS.
    """
    key = MAKERS[algorithm]()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def signing_key(text: str) -> SigningKey:
    """Read a private key.

    Its `kid` is its thumbprint (RFC 7638), unless a JWK says another one.

    Args:
        text: PEM, or a JWK.

    Raises:
        InvalidInput: It is not a private key that a cluster can verify with.
    """
    key = _imported(text)
    if not key.is_private:
        raise InvalidInput("it is not a private key", hint=_MAKE_ONE)
    algorithm, public = _public_half(key, "sign")
    return SigningKey(algorithm, public, key)


def public_half(text: str) -> PublicKey:
    """Return the public half of a key, with `alg` and `use`; see `signing_key` for its `kid`.

    Args:
        text: A private or a public key, PEM or JWK.

    Raises:
        InvalidInput: It is not a key that a cluster can verify with.
    """
    key = _imported(text)
    return _public_half(key, "sign" if key.is_private else "verify")[1]


def _public_half(key: Key, operation: str) -> tuple[str, PublicKey]:
    """Return the algorithm of a key, and its public half.

    Args:
        key: The key.
        operation: What its `key_ops`, if there are any, have to allow; a private key is rarely said
            to verify.
    """
    members = dict(key.as_dict(private=False))
    algorithm = str(members.get("alg") or _algorithm(members))
    if algorithm not in KNOWN_ALGORITHMS:
        said = f" {algorithm!r}" if len(algorithm) <= _LONGEST_SHOWN else ""
        raise InvalidInput(
            f"the key can't be used: its `alg`{said} is not a signature algorithm that CockroachDB"
            " supports",
            hint="Leave `alg` out of the JWK.",
        )
    operations = members.pop("key_ops", None) or [operation]
    told = {"use": "sig", **members, "kid": str(key.kid or key.thumbprint()), "alg": algorithm}
    try:
        if operation not in operations:
            raise InvalidInput(f"the key is not meant to {operation}", hint=_MAKE_ONE)
        if members["kty"] == "EC" and _CURVES.get(str(members["crv"]), algorithm) != algorithm:
            raise InvalidInput(
                f"the key can't be used: {algorithm} does not go with {members['crv']}",
                hint="Leave `alg` out of the JWK.",
            )
        return algorithm, public_key(told)
    except FlawedKeyError as error:
        raise InvalidInput(f"the key can't be used: {error}", hint=_MAKE_ONE) from None


def _imported(text: str) -> Key:
    try:
        if text.lstrip().startswith("{"):
            return _from_jwk(json.loads(text))
        return _from_pem(text)
    except UnsupportedAlgorithm:
        raise InvalidInput(
            "the key can't be used: its curve or algorithm is not known here", hint=_MAKE_ONE
        ) from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidInput(  # the error may repeat the key
            f"the key can't be read: {type(error).__name__}", hint=_how_to_read(text)
        ) from None


def _from_jwk(members: Mapping[str, object]) -> Key:
    if members["kty"] == "oct":
        raise InvalidInput("it is not a private key: it is symmetric", hint=_MAKE_ONE)
    if members["kty"] == "RSA":
        digits = str(members["n"])
        octets = base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
        _check_length(int.from_bytes(octets, "big").bit_length())
    return import_key(dict(members))  # type: ignore[arg-type] # its values are checked there


def _from_pem(text: str) -> Key:
    """Return the private key in a text, else the public one; what stands beside it is skipped."""
    blocks = {kind: found[0] for kind in _BLOCKS if (found := _BLOCKS[kind].search(text))}
    private = blocks.get("PRIVATE", "")
    if "ENCRYPTED" in private:
        raise InvalidInput("the key is encrypted", hint="Decrypt it with: openssl pkey -in FILE")
    if private or "PUBLIC" not in blocks:
        key = load_pem_private_key((private or text).encode(), password=None)
        octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        from_private: Key = _class(key).import_key(octets)
        return from_private
    public = load_pem_public_key(blocks["PUBLIC"].encode())
    octets = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    from_public: Key = _class(public).import_key(octets)
    return from_public


def _check_length(bits: int) -> None:
    """Refuse a short RSA key before it is imported, as joserfc only warns of it."""
    if bits < SHORTEST_RSA_BITS:
        raise InvalidInput(f"the key can't be used: {too_short(bits)}", hint=_MAKE_ONE)


def _how_to_read(text: str) -> str:
    """Return what to do about a text that can't be read: where variables are set, PEM suffers."""
    if text.startswith(_BASE64_OF_PEM):
        return "It looks like base64 of PEM: decode it first, with: base64 -d"
    if "-----BEGIN" in text and "\\n" in text:
        return (
            "Its line ends are written as \\n: make them real ones, e.g. with: printf '%b' \"$KEY\""
        )
    return _MAKE_ONE


_BASE64_OF_PEM = "LS0tLS1CRUdJTi"  # of -----BEGIN


def _class(key: object) -> type[RSAKey | ECKey | OKPKey]:
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        _check_length(key.key_size)
        return RSAKey
    if not isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return OKPKey
    if key.curve.name not in _CURVES_IN_PEM:  # most others have no name in a JWK
        raise InvalidInput(f"the key can't be used: its curve is {key.curve.name}", hint=_MAKE_ONE)
    return ECKey


def _algorithm(members: Mapping[str, object]) -> str:
    if members["kty"] == "EC":
        return _CURVES.get(str(members["crv"]), "ES256")
    return "RS256" if members["kty"] == "RSA" else "EdDSA"
