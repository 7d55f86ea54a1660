"""What this product could have changed on a cluster, at one moment."""

from dataclasses import dataclass
from typing import Any

import psycopg

ASKED = (
    "SELECT * FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable LIKE"
    " 'server.jwt_authentication.%' OR variable LIKE 'server.identity_map.%'"
    " OR variable LIKE 'security.provisioning.%' ORDER BY variable"
)


ISSUERS = "server.jwt_authentication.issuers"
"""Its name in every version; from 24.3 on an alias of `issuers.configuration`, which is listed."""

ORIGIN = 6
"""The index of that column; versions before 23.2 lack it."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that this product could have changed on a cluster.

    A claim is its kind, entry, the name of its owner, text, and whether it was found.
    """

    settings: tuple[tuple[str, str, str], ...]
    users: tuple[tuple[str, str, str], ...]
    claims: tuple[Any, ...]

    @classmethod
    def of(cls, conn: psycopg.Connection) -> "Snapshot":
        """Return what a session sees."""
        listed = conn.execute(ASKED).fetchall()
        settings = [(row[0], row[1], row[6] if len(row) > ORIGIN else "") for row in listed]
        listed = conn.execute(
            "SELECT username, options::STRING, member_of::STRING FROM [SHOW USERS]"
            " ORDER BY username"
        ).fetchall()
        # from 25.4 on options are an array, {NOLOGIN}; before, they are one text, NOLOGIN
        users = [(user, options.strip("{}"), roles) for user, options, roles in listed]
        return cls(tuple(settings), tuple(users), _claims(conn))

    def setting(self, suffix: str) -> str:
        """Return the value of a setting, given how its name ends, or ISSUERS."""
        ends = (suffix, f"{suffix}.configuration") if suffix == ISSUERS else suffix
        (value,) = [value for name, value, _ in self.settings if name.endswith(ends)]
        return value

    @property
    def issuers(self) -> str:
        """The value of ISSUERS."""
        return self.setting(ISSUERS)


def _claims(conn: psycopg.Connection) -> tuple[Any, ...]:
    """Return kind, entry, name of the owner, text and found of each claim."""
    rows = _rows(conn, "SELECT kind, entry, owner, text, found FROM crdb_sso.public.claims")
    names = dict(_rows(conn, "SELECT instance, owner FROM crdb_sso.public.owners"))
    return tuple(sorted((k, e, names.get(o, o), t, f) for k, e, o, t, f in rows))


def _rows(conn: psycopg.Connection, query: str) -> list[Any]:
    """Return the rows of a table that may be missing."""
    try:
        return conn.execute(query).fetchall()
    except psycopg.errors.UndefinedTable:
        return []
