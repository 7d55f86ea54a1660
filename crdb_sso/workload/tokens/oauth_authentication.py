"""How a client shows an OAuth server that it is itself: a secret, or a key (`private_key_jwt`)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from crdb_sso.errors import InvalidInput
from crdb_sso.workload.tokens.given import Given
from crdb_sso.workload.tokens.self_signed import self_signed_token
from crdb_sso.workload.tokens.token import Secret

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE_S = 60


def basic_credentials(client_id: str, secret: str) -> tuple[str, str]:
    """Return user and password of HTTP Basic: form-encoded first (RFC 6749, section 2.3.1)."""
    user, password = (quote_plus(text, errors="surrogatepass") for text in (client_id, secret))
    return user, Secret(password)


@dataclass(frozen=True, slots=True)
class ClientAuthentication:
    """Where a client's secret or private key is; at most one of them.

    Attributes:
        secret: The secret.
        key: The private key, PEM or JWK; its `kid` is its thumbprint unless a JWK says another.
        optional: Whether the client may have neither: a public client.

    Raises:
        InvalidInput: Both are given, or none though one is needed.
    """

    secret: Given
    key: Given
    optional: bool = False

    def __post_init__(self) -> None:
        """Check that it is one of them."""
        if self.secret and self.key:
            raise InvalidInput(
                "the client has a secret and a private key", hint="Leave one of them."
            )
        if not self.secret and not self.key and not self.optional:
            raise InvalidInput(
                "the client has neither a secret nor a private key",
                hint="Give `client_secret_file`, `client_secret_env` or `private_key_file`.",
            )

    @classmethod
    def of(
        cls,
        *,
        secret: tuple[str | None, str | None, str | None],
        key: tuple[str | None, str | None, str | Sequence[str] | None],
        optional: bool = False,
    ) -> "ClientAuthentication":
        """Return it as arguments say it.

        Args:
            secret: Text, variable, and file.
            key: Variable, file, and command.
            optional: Whether the client may have neither.
        """
        variable, file, command = key
        return cls(
            Given("the client secret", "client_secret", *secret, optional=True),
            Given("the private key", "private_key", None, variable, file, command, optional=True),
            optional,
        )

    def read_secret(self) -> str:
        """Return the secret, "" if the client has none."""
        return self.secret.read() if self.secret else ""

    def assertion(self, client_id: str, endpoint: str, now_s: float) -> Mapping[str, str]:
        """Return what a request carries instead of a secret (RFC 7523, section 2.2).

        Args:
            client_id: Id of the client.
            endpoint: The token endpoint, for which alone it is.
            now_s: The time, in seconds since 1970.

        Raises:
            TokenUnavailable: The key can't be read, or is not one that signs.
        """
        if not self.key:
            return {}
        claims = {"iss": client_id, "sub": client_id, "aud": endpoint, "jti": secrets.token_hex(16)}
        made = self_signed_token(claims, self.key.read(), now_s, ASSERTION_LIFE_S)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": made.value}
