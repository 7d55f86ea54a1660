"""Tokens that the workload signs itself, with a key that the cluster trusts."""

import json
import os
import time
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from crdb_sso.errors import InvalidInput, TokenUnavailable
from crdb_sso.tokens.issuers import Issuer
from crdb_sso.tokens.jwk import FlawedKeyError, public_key
from crdb_sso.workload.tokens.cache import Clock
from crdb_sso.workload.tokens.given import Given
from crdb_sso.workload.tokens.source import CachedSource
from crdb_sso.workload.tokens.token import Token

LONGEST_LIFE_S = 86_400
BACKDATED_S = 30
"""How far, in seconds, `iat` lies back: the cluster gives no leeway to a clock that is ahead."""

_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class SelfSigned(CachedSource):
    """An issuer of one's own: the workload holds a private key, and signs its token with it.

    The key is read whenever a token is made, so that it can be rotated: PEM, or a JWK. Its `kid` is
    its thumbprint (RFC 7638), unless a JWK says another one.

    Args:
        issuer: The `iss` of the token.
        subject: Its `sub`.
        audience: Its `aud`.
        key_file: Path of the private key; or
        key_env: the name of the environment variable that holds it; or
        key_command: a command that prints it.
        lifetime_s: How long a token lives, in seconds.
        claims: More claims.
        clock: Tells the time.
    """

    kind = "self_signed"
    main = "key_file"

    def __init__(
        self,
        issuer: str,
        subject: str,
        audience: str,
        *,
        key_file: str | os.PathLike[str] | None = None,
        key_env: str | None = None,
        key_command: str | Sequence[str] | None = None,
        lifetime_s: int = 300,
        claims: Mapping[str, object] | None = None,
        clock: Clock = time.time,
    ) -> None:
        Issuer(issuer)
        if not 0 < int(lifetime_s) <= LONGEST_LIFE_S:
            raise InvalidInput(
                f"lifetime_s {lifetime_s} is not between 1 and {LONGEST_LIFE_S} seconds",
                hint="Five minutes will do: only the login is checked.",
            )
        self._claims = {**(claims or {}), "iss": issuer, "sub": subject, "aud": audience}
        self._key = Given("the private key", "key", None, key_env, key_file, key_command)
        self._lifetime_s, self._clock = int(lifetime_s), clock
        super().__init__(issuer=issuer, subject=subject, audience=audience, clock=clock)

    def _fetch(self) -> Token:
        now = int(self._clock())
        times = {"iat": now - BACKDATED_S, "exp": now + self._lifetime_s}
        return Token(signed({**self._claims, **times}, self._key.read()))


def signed(claims: Mapping[str, object], key_text: str) -> str:
    """Return a token.

    Args:
        claims: All of its claims.
        key_text: A private key, PEM or JWK.

    Raises:
        TokenUnavailable: It is not a private key that a cluster can verify with.
    """
    key = _imported(key_text)
    kid = str(key.kid or key.thumbprint())
    members = {**key.as_dict(private=False), "kid": kid}
    algorithm = str(members.get("alg") or _algorithm(members))
    try:
        public_key(members)
    except FlawedKeyError as error:
        raise TokenUnavailable(f"the private key can't be used: {error}", hint=_MAKE_ONE) from None
    header = {"typ": "JWT", "alg": algorithm, "kid": kid}
    return jwt.encode(header, dict(claims), key, algorithms=[algorithm])


def _imported(text: str) -> Key:
    try:
        if text.lstrip().startswith("{"):
            members = json.loads(text)
            if members["kty"] == "oct":
                raise TokenUnavailable("it is not a private key", hint=_MAKE_ONE)
            key = import_key(members)
        else:
            key = _from_pem(text.encode())
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TokenUnavailable(  # the error may repeat the key
            f"the private key can't be read: {type(error).__name__}", hint=_MAKE_ONE
        ) from None
    if not key.is_private:
        raise TokenUnavailable("it is not a private key", hint=_MAKE_ONE)
    return key


def _from_pem(pem: bytes) -> Key:
    key = load_pem_private_key(pem, password=None)
    if isinstance(key, rsa.RSAPrivateKey):
        return import_key(pem, "RSA")
    return import_key(pem, "EC" if isinstance(key, ec.EllipticCurvePrivateKey) else "OKP")


def _algorithm(members: Mapping[str, object]) -> str:
    if members["kty"] == "EC":
        return _CURVES.get(str(members["crv"]), "ES256")
    return "RS256" if members["kty"] == "RSA" else "EdDSA"


_MAKE_ONE = "Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
