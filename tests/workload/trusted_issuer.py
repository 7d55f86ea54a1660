"""An issuer and a cluster that trusts it: tokens of one subject open app_orders."""

from dataclasses import dataclass, field
from itertools import count

from crdb_sso.workload import Login
from tests.support.servers import ISSUERS, EmbeddedCluster, LocalIssuer

USER, SUBJECT, AUDIENCE = "app_orders", "orders-service", "crdb"


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

    def token(self, sub: str = SUBJECT) -> str:
        """Return a token, another one each time."""
        mark = f'{{"jti": "{next(self._numbers)}"}}'
        made = self.issuer.token({"sub": sub, "aud": AUDIENCE, "claims": mark})
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
