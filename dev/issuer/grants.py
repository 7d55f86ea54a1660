"""Requests to the issuer: forms and credentials become checked values, or OAuth errors."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs, unquote_plus

from dev.issuer.faults import FAULTS
from dev.issuer.key_styles import PLAIN
from dev.issuer.keyring import MAX_KEYS

if TYPE_CHECKING:
    import re

ALGORITHMS = tuple(PLAIN.makers)
DEFAULT_LIFETIME_S = 300
MAX_LIFETIME_S = 86_400
OWN_CLAIMS = frozenset({"iss", "sub", "aud", "iat", "exp"})
"""Claims that have a parameter of their own, or that only the issuer may set."""

MAX_FIELDS = 50
NO_AUDIENCE = "aud is missing: whom is the token for?"
_REPEATABLE = frozenset({"aud", "audience", "roles", "fault"})
_COMMON = frozenset({"grant_type", "client_id", "client_secret", "as", "fault"})


class OAuthError(Exception):
    """A refused request, in the form of RFC 6749, section 5.2.

    Attributes:
        code: The OAuth error code.
        status: The HTTP status.
    """

    def __init__(
        self, code: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST
    ) -> None:
        super().__init__(description)
        self.code = code
        self.status = status

    def body(self) -> dict[str, str]:
        """Return the JSON object of the answer."""
        return {"error": self.code, "error_description": str(self)}


@dataclass(frozen=True, slots=True)
class Client:
    """The one client that may ask for tokens and rotate keys."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def make(cls) -> Client:
        """Return a client with a fresh secret."""
        return cls("workload", secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a token is to say.

    Attributes:
        subject: The `sub`.
        audiences: The `aud`: one is written as a text, several as a list.
        lifetime_s: Seconds from `iat` to `exp`.
        claims: More claims.
        alg: The algorithm to sign with; None for the newest key's.
    """

    subject: str
    audiences: tuple[str, ...]
    lifetime_s: int = DEFAULT_LIFETIME_S
    claims: dict[str, Any] = field(default_factory=dict)
    alg: str | None = None

    def payload(self, issuer: str, now_s: int) -> dict[str, Any]:
        """Return the claims of the token."""
        aud = self.audiences[0] if len(self.audiences) == 1 else list(self.audiences)
        own = {"iss": issuer, "sub": self.subject, "aud": aud}
        return self.claims | own | {"iat": now_s, "exp": now_s + self.lifetime_s}


class Form:
    """The parameters of a form; only audiences, roles and faults may be repeated."""

    def __init__(self, body: str) -> None:
        try:
            self._values = parse_qs(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as exc:
            raise OAuthError("invalid_request", f"more than {MAX_FIELDS} parameters") from exc
        for name, values in self._values.items():
            if len(values) > 1 and name not in _REPEATABLE:
                raise OAuthError("invalid_request", f"{name} is given more than once")

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter, or the default if it is absent or empty."""
        return self._values.get(name, [""])[0] or default

    def texts(self, *names: str) -> tuple[str, ...]:
        """Return all non-empty values of some parameters, each once, in order."""
        found = [value for name in names for value in self._values.get(name, []) if value]
        return tuple(dict.fromkeys(found))

    def only(self, names: frozenset[str]) -> None:
        """Refuse unknown parameters.

        Args:
            names: The known ones, besides those of every request.
        """
        if strange := sorted(self._values.keys() - names - _COMMON):
            raise OAuthError("invalid_request", f"such a token has no {', '.join(strange)}")

    def matching(
        self, name: str, pattern: re.Pattern[str], meaning: str, *, optional: bool = False
    ) -> str:
        """Return a parameter that has to match a pattern.

        Args:
            name: The parameter.
            pattern: Matches all of it.
            meaning: What it must be, for people.
            optional: Whether it may be absent or empty.
        """
        text = self.text(name)
        if not pattern.fullmatch(text) and not (optional and not text):
            raise OAuthError("invalid_request", f"{name} must be {meaning}")
        return text

    def audience(self) -> str:
        """Return the one audience of the token."""
        audiences = self.texts("aud", "audience")
        if not audiences:
            raise OAuthError("invalid_request", NO_AUDIENCE)
        if len(audiences) > 1:
            raise OAuthError("invalid_request", "aud must be one: such tokens have no list")
        return audiences[0]

    def lifetime(self, default_s: int) -> int:
        """Return how many seconds the token is to live."""
        return self.number("lifetime", default_s, range(1, MAX_LIFETIME_S + 1))

    def client_credentials(self) -> None:
        """Refuse every other grant."""
        grant = self.text("grant_type")
        if not grant:
            raise OAuthError("invalid_request", "grant_type is missing; send client_credentials")
        if grant != "client_credentials":
            raise OAuthError("unsupported_grant_type", "only client_credentials is served here")

    def number(self, name: str, default: int, allowed: range) -> int:
        """Return a whole number.

        Raises:
            OAuthError: It is not a number, or out of bounds.
        """
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit()) or int(text[:9]) not in allowed:
            bounds = f"from {allowed.start} to {allowed.stop - 1}"
            raise OAuthError("invalid_request", f"{name} must be a whole number {bounds}")
        return int(text)

    def algorithm(self) -> str | None:
        """Return the requested algorithm, None if it is left open.

        Raises:
            OAuthError: The issuer does not make such keys.
        """
        alg = self.text("alg")
        if alg and alg not in ALGORITHMS:
            raise OAuthError("invalid_request", f"alg must be one of {', '.join(ALGORITHMS)}")
        return alg or None

    def faults(self) -> tuple[str, ...]:
        """Return what is to be wrong with the token.

        Raises:
            OAuthError: No such fault is known.
        """
        faults = self.texts("fault")
        if strange := sorted(set(faults) - FAULTS.keys()):
            known = ", ".join(FAULTS)
            raise OAuthError("invalid_request", f"fault {strange[0]!r} is not one of {known}")
        return faults

    def older_keys(self, default: int) -> int:
        """Return how many older keys are to stay published."""
        return self.number("keep", default, range(MAX_KEYS + 1))


def authenticate(client: Client, authorization: str, form: Form) -> None:
    """Check the caller's credentials: HTTP Basic, or `client_id` and `client_secret` in the form.

    Raises:
        OAuthError: They are missing, given twice, or wrong.
    """
    given = (form.text("client_id"), form.text("client_secret"))
    if authorization:
        if form.text("client_secret"):
            raise OAuthError("invalid_request", "send credentials in the header or in the form")
        given = _basic(authorization)
    known = (client.id, client.secret)
    right = [
        hmac.compare_digest(mine.encode(), theirs.encode())
        for mine, theirs in zip(known, given, strict=True)
    ]
    if not all(right):
        raise _unauthorized()


def token_request(form: Form, client: Client) -> TokenRequest:
    """Read a client-credentials request.

    Raises:
        OAuthError: It is a different grant, or a parameter is missing or out of bounds.
    """
    form.client_credentials()
    audiences = form.texts("aud", "audience")
    if not audiences:
        raise OAuthError("invalid_request", NO_AUDIENCE)
    return TokenRequest(
        subject=form.text("sub", client.id),
        audiences=audiences,
        lifetime_s=form.lifetime(DEFAULT_LIFETIME_S),
        claims=further_claims(form.text("claims", "{}")),
        alg=form.algorithm(),
    )


def further_claims(text: str) -> dict[str, Any]:
    """Read claims beyond the issuer's own.

    Args:
        text: A JSON object.

    Raises:
        OAuthError: It is not an object, or names a claim that has its own parameter.
    """
    try:
        claims = json.loads(text, parse_constant=_no_constant)
        json.dumps(claims, allow_nan=False, ensure_ascii=False).encode()  # as it will be signed
    except (ValueError, RecursionError) as exc:
        raise OAuthError("invalid_request", "claims must be a JSON object") from exc
    if not isinstance(claims, dict):
        raise OAuthError("invalid_request", "claims must be a JSON object")
    if taken := sorted(OWN_CLAIMS & claims.keys()):
        raise OAuthError("invalid_request", f"claims must not hold {', '.join(taken)}")
    return claims


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as exc:
        raise _unauthorized() from exc
    if scheme.lower() != "basic":
        raise _unauthorized()
    return unquote_plus(user), unquote_plus(password)


def _unauthorized() -> OAuthError:
    return OAuthError("invalid_client", "unknown client or wrong secret", HTTPStatus.UNAUTHORIZED)
