"""Writes cluster settings, and restores them at the end of a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tests.contract.setting_names import (
    DISTSQL,
    HBA,
    IDENTITY_MAP,
    ISSUERS,
    JWT,
    OLD_ISSUERS,
    OWN_PASSWORD,
    PROVISIONING,
    REDACT,
    UNSAFE_OVERRIDE,
)

if TYPE_CHECKING:
    from tests.contract.cluster import Connection

Value = str | bool

FAMILIES = (JWT, PROVISIONING)
SINGLE = {IDENTITY_MAP, HBA, REDACT, DISTSQL, OWN_PASSWORD, UNSAFE_OVERRIDE}
UNTOLD = "untold"


def snapshot(db: Connection) -> dict[str, tuple[str, str]]:
    """Return value and origin of each setting that these tests may touch.

    Before 23.2 the origin is not shown.
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
    """Writes cluster settings, and restores what was found."""

    db: Connection
    found: dict[str, tuple[str, str]]
    touched: list[str] = field(default_factory=list)

    def called(self, name: str) -> str:
        """Return the name a setting has on this cluster."""
        return OLD_ISSUERS if name == ISSUERS and ISSUERS not in self.found else name

    def put(self, name: str, value: Value) -> None:
        """Write a setting."""
        name = self.called(name)
        self.will_touch(name)
        self.db.execute(
            sql.SQL("SET CLUSTER SETTING {} = {}").format(sql.SQL(name), sql.Literal(value))
        )

    def reset(self, name: str) -> None:
        """Reset a setting to its default."""
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
        """Note that the test is about to write a setting with a statement of its own."""
        if name not in self.touched:
            self.touched.append(name)

    def restore(self) -> None:
        """Restore everything that was touched, the last first."""
        for name in reversed(self.touched):
            value, origin = self.found[name]
            if origin in ("default", UNTOLD):
                self.reset(name)
            if origin != "default" and (origin != UNTOLD or snapshot(self.db)[name][0] != value):
                self.put(name, {"true": True, "false": False}.get(value, value))
