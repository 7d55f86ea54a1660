"""What a test changes on a cluster, and how it is put back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from tests.contract.cluster import Connection

JWT = "server.jwt_authentication."
ENABLED = f"{JWT}enabled"
JWKS = f"{JWT}jwks"
ISSUERS = f"{JWT}issuers.configuration"
AUDIENCE = f"{JWT}audience"
CLAIM = f"{JWT}claim"
AUTO_FETCH = f"{JWT}jwks_auto_fetch.enabled"
CUSTOM_CA = f"{JWT}issuers.custom_ca"
CLIENT_TIMEOUT = f"{JWT}client.timeout"
IDENTITY_MAP = "server.identity_map.configuration"
HBA = "server.host_based_authentication.configuration"
REDACT = "server.redact_sensitive_settings.enabled"
DISTSQL = "sql.defaults.distsql"

Value = str | bool

SNAPSHOT = """
    SELECT variable, value, origin FROM [SHOW ALL CLUSTER SETTINGS]
    WHERE variable LIKE 'server.jwt_authentication.%'
       OR variable LIKE 'security.provisioning.jwt.%'
       OR variable IN ('server.identity_map.configuration',
                       'server.host_based_authentication.configuration',
                       'server.redact_sensitive_settings.enabled',
                       'sql.defaults.distsql')
"""


def snapshot(db: Connection) -> dict[str, tuple[str, str]]:
    """Return value and origin of each setting that these tests may touch."""
    return {name: (value, origin) for name, value, origin in db.execute(SNAPSHOT)}


@dataclass(slots=True)
class Settings:
    """Writes cluster settings and remembers what they were."""

    db: Connection
    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    touched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.found = snapshot(self.db)

    def put(self, name: str, value: Value) -> None:
        """Write one setting."""
        self.will_touch(name)
        self.db.execute(
            sql.SQL("SET CLUSTER SETTING {} = {}").format(sql.SQL(name), sql.Literal(value))
        )

    def reset(self, name: str) -> None:
        """Take one setting back to its default."""
        self.will_touch(name)
        self.db.execute(sql.SQL("RESET CLUSTER SETTING {}").format(sql.SQL(name)))

    def show(self, name: str) -> Any:
        """Return what `SHOW CLUSTER SETTING` answers."""
        row = self.db.execute(sql.SQL("SHOW CLUSTER SETTING {}").format(sql.SQL(name))).fetchone()
        assert row is not None
        return row[0]

    def origin(self, name: str) -> str:
        """Return `default`, `override` or `external-override`."""
        return snapshot(self.db)[name][1]

    def will_touch(self, name: str) -> None:
        """Remember a setting that a statement of the test's own is about to write."""
        if name not in self.touched:
            self.touched.append(name)

    def restore(self) -> None:
        """Put back everything that was touched, the last first."""
        for name in reversed(self.touched):
            value, origin = self.found[name]
            if origin == "default":
                self.reset(name)
            else:
                self.put(name, {"true": True, "false": False}.get(value, value))


@dataclass(slots=True)
class Users:
    """Makes users under a prefix of this run and drops them."""

    db: Connection
    prefix: str = field(default_factory=lambda: f"ct{secrets.token_hex(3)}")
    count: int = 0
    made: list[str] = field(default_factory=list)
    granted: list[tuple[str, str]] = field(default_factory=list)

    def name(self, suffix: str = "") -> str:
        """Return a name nobody has; it is dropped at the end if somebody makes it."""
        self.count += 1
        return self.own(f"{self.prefix}_{self.count}{suffix}")

    def own(self, name: str) -> str:
        """Drop this name at the end, if it exists then."""
        self.made.append(name)
        return name

    def create(self, options: str = "", name: str | None = None, kind: str = "USER") -> str:
        """Create a user (or, with `kind="ROLE"`, a role) and return its name."""
        name = self.own(name) if name else self.name()
        statement = sql.SQL(f"CREATE {kind} {{}} {options}")
        self.db.execute(statement.format(sql.Identifier(name)))
        return name

    def grant(self, role: str, user: str, tail: str = "") -> None:
        """Make `user` a member of `role`."""
        statement = sql.SQL(f"GRANT {{}} TO {{}} {tail}")
        self.db.execute(statement.format(sql.Identifier(role), sql.Identifier(user)))

    def grant_system(self, privilege: str, user: str) -> None:
        """Grant a system privilege; it is revoked at the end, since it would block DROP USER."""
        self.granted.append((privilege, user))
        statement = sql.SQL(f"GRANT SYSTEM {privilege} TO {{}}")
        self.db.execute(statement.format(sql.Identifier(user)))

    def revoke_system(self) -> None:
        """Revoke every system privilege granted here."""
        while self.granted:
            privilege, user = self.granted.pop()
            statement = sql.SQL(f"REVOKE SYSTEM {privilege} FROM {{}}")
            self.db.execute(statement.format(sql.Identifier(user)))

    def drop_all(self) -> None:
        """Drop every user of this run that is still there."""
        self.revoke_system()
        names = sorted(set(self.made))
        if names:
            listed = sql.SQL(", ").join(sql.Identifier(name) for name in names)
            self.db.execute(sql.SQL("DROP USER IF EXISTS {}").format(listed))
        self.made.clear()
