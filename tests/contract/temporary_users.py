"""Users that a test makes, and that are dropped at its end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Connection

    Clerk = Callable[..., Connection]
    """Logs in a new user who has these options, and then these roles."""


@dataclass(slots=True)
class Users:
    """Makes users whose names begin with a prefix of this run, and drops them."""

    db: Connection
    prefix: str = field(default_factory=lambda: f"ct{secrets.token_hex(3)}")
    count: int = 0
    made: list[str] = field(default_factory=list)
    granted: list[tuple[str, str]] = field(default_factory=list)

    def name(self, suffix: str = "") -> str:
        """Return an unused name; a user of that name is dropped at the end."""
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
