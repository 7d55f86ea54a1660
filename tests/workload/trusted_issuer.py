"""An issuer and a cluster that trusts it: tokens of one subject open app_orders."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

from crdb_sso.workload import Login
from tests.support.servers import EmbeddedCluster, LocalIssuer
from tests.support.snapshots import ISSUERS

USER, SUBJECT, AUDIENCE = "app_orders", "orders-service", "crdb"
_JWT = "--crdb:jwt_auth_enabled=true"


@dataclass
class Trusted:
    """The two of them, and the tokens that were handed out."""

    cluster: EmbeddedCluster
    issuer: LocalIssuer
    given: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    @property
    def login(self) -> Login:
        """How the workload logs in."""
        return Login(
            host=self.cluster.host,
            port=self.cluster.port,
            user=USER,
            audience=AUDIENCE,
            issuer=self.issuer.issuer,
            subject=SUBJECT,
            ca_file=self.cluster.ca_cert,
        )

    @property
    def connect(self) -> dict[str, Any]:
        """What a stack's `connect` output says of the login; the source is not known to it."""
        login = self.login
        query = f"options={quote(_JWT, safe='')}&sslmode=verify-full"
        ca_file = quote(login.ca_file, safe="")
        said = {
            "url": f"postgresql://{USER}@{login.host}:{login.port}/defaultdb?{query}"
            f"&sslrootcert={ca_file}",
            "token": "ask the issuer",
            "host": login.host,
            "port": str(login.port),
            "database": "defaultdb",
            "user": USER,
            "options": _JWT,
            "ca_file": login.ca_file,
            "identity": "orders",
            "issuer": self.issuer.issuer,
            "audience": AUDIENCE,
            "subject": SUBJECT,
            "source": {},
        }
        return {USER: said}

    def expired(self) -> str:
        """Return a token whose time is over."""
        made = self.token(lifetime="1")
        time.sleep(2)  # `exp` is in whole seconds
        return made

    def end_sessions(self) -> None:
        """End the sessions of the login."""
        of_user = f"SELECT session_id FROM [SHOW CLUSTER SESSIONS] WHERE user_name = '{USER}'"  # noqa: S608 - a constant
        self.cluster.execute(f"CANCEL SESSIONS IF EXISTS ({of_user})")

    def token(self, sub: str = SUBJECT, **more: str) -> str:
        """Return a token, another one each time."""
        mark = f'{{"jti": "{next(self._numbers)}"}}'
        made = self.issuer.token({"sub": sub, "aud": AUDIENCE, "claims": mark, **more})
        self.given.append(made)
        return made

    def foreign(self) -> str:
        """Return a token that does not open the login."""
        return self.token("night-shift")

    def is_silent(self, text: str) -> bool:
        """Tell whether a text has no token in it, and no end of one."""
        return not any(token.rpartition(".")[2] in text for token in self.given)


def trust(cluster: EmbeddedCluster, issuer: LocalIssuer) -> Trusted:
    """Let the issuer's tokens open the login."""
    cluster.execute(f"CREATE USER {USER}")
    cluster.set("server.jwt_authentication.jwks", issuer.jwks())
    cluster.set(ISSUERS, issuer.issuer)
    cluster.set("server.jwt_authentication.audience", AUDIENCE)
    cluster.set("server.identity_map.configuration", f"{issuer.issuer} {SUBJECT} {USER}")
    cluster.set("server.jwt_authentication.enabled", "true")
    return Trusted(cluster, issuer)
