"""A user who logs in with a token, as clients of every kind need one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.emulator.embedded import Connection, Embedded
    from tests.support.servers import LocalIssuer

JWT = "--crdb:jwt_auth_enabled=true"
SETTINGS = {
    "jwks": "server.jwt_authentication.jwks",
    "issuer": "server.jwt_authentication.issuers.configuration",
    "audience": "server.jwt_authentication.audience",
    "identity_map": "server.identity_map.configuration",
}
ENABLED = "server.jwt_authentication.enabled"
SUBJECT = "113794436627259432046"


@dataclass(frozen=True)
class TokenLogin:
    """A SQL user, a token that logs it in, and one that does not."""

    cluster: Embedded
    user: str
    database: str
    token: str
    other_token: str

    @property
    def host(self) -> str:
        return str(self.cluster.ready["host"])

    @property
    def port(self) -> int:
        return int(self.cluster.ready["port"])

    def tls(self) -> ssl.SSLContext:
        """The TLS settings of a client that verifies the server."""
        return ssl.create_default_context(cafile=self.cluster.ready["ca_cert"])

    def libpq(self, **more: Any) -> dict[str, Any]:
        """The parameters of a client that is built on libpq."""
        given = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.token,
            "dbname": self.database,
            "options": JWT,
            "sslmode": "verify-full",
            "sslrootcert": self.cluster.ready["ca_cert"],
        }
        return given | more


def trust(operator: Connection, issuer: LocalIssuer, user: str) -> None:
    """Let one subject of an issuer log in as a user."""
    values = {
        "jwks": issuer.google_jwks(),
        "issuer": "https://accounts.google.com",
        "audience": "crdb",
        "identity_map": f"https://accounts.google.com {SUBJECT} {user}",
    }
    for name, value in values.items():
        operator.execute(f"SET CLUSTER SETTING {SETTINGS[name]} = %s".encode(), [value])
    operator.execute(f"SET CLUSTER SETTING {ENABLED} = true".encode())


def distrust(operator: Connection) -> None:
    """Reset these settings."""
    for name in (ENABLED, *SETTINGS.values()):
        operator.execute(f"RESET CLUSTER SETTING {name}".encode())
