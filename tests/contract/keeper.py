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
OLD_ISSUERS = f"{JWT}issuers"
"""What `ISSUERS` is called where it can not be a map; elsewhere an alias of it."""
AUDIENCE = f"{JWT}audience"
CLAIM = f"{JWT}claim"
AUTO_FETCH = f"{JWT}jwks_auto_fetch.enabled"
CUSTOM_CA = f"{JWT}issuers.custom_ca"
CLIENT_TIMEOUT = f"{JWT}client.timeout"
IDENTITY_MAP = "server.identity_map.configuration"
HBA = "server.host_based_authentication.configuration"
REDACT = "server.redact_sensitive_settings.enabled"
DISTSQL = "sql.defaults.distsql"
PROVISIONING = "security.provisioning.jwt.enabled"
GROUPS_ENABLED = f"{JWT}authorization.enabled"
GROUP_CLAIM = f"{JWT}group_claim"
USERINFO_GROUP_KEY = f"{JWT}userinfo_group_key"

Value = str | bool

FAMILIES = (JWT, PROVISIONING)
SINGLE = {IDENTITY_MAP, HBA, REDACT, DISTSQL}
UNTOLD = "untold"


def snapshot(db: Connection) -> dict[str, tuple[str, str]]:
    """Return value and origin of each setting that these tests may touch.

    Before 23.2 the origin is not told.
    """
    shown = db.execute("SHOW ALL CLUSTER SETTINGS")
    columns = [described.name for described in shown.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in shown]
    return {
        row["variable"]: (row["value"], row.get("origin", UNTOLD))
        for row in rows
        if row["variable"] in SINGLE or row["variable"].startswith(FAMILIES)
    }


@dataclass(slots=True)
class Settings:
    """Writes cluster settings, and puts back what was found."""

    db: Connection
    found: dict[str, tuple[str, str]]
    touched: list[str] = field(default_factory=list)

    def called(self, name: str) -> str:
        """Return the name a setting has on this cluster."""
        return OLD_ISSUERS if name == ISSUERS and ISSUERS not in self.found else name

    def put(self, name: str, value: Value) -> None:
        """Write one setting."""
        name = self.called(name)
        self.will_touch(name)
        self.db.execute(
            sql.SQL("SET CLUSTER SETTING {} = {}").format(sql.SQL(name), sql.Literal(value))
        )

    def reset(self, name: str) -> None:
        """Take one setting back to its default."""
        name = self.called(name)
        self.will_touch(name)
        self.db.execute(sql.SQL("RESET CLUSTER SETTING {}").format(sql.SQL(name)))

    def show(self, name: str) -> Any:
        """Return what `SHOW CLUSTER SETTING` answers."""
        name = self.called(name)
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
            if origin in ("default", UNTOLD):
                self.reset(name)
            if origin != "default" and (origin != UNTOLD or snapshot(self.db)[name][0] != value):
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
