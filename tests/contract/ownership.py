"""Databases and who owns them, as anybody may ask; and what a grantee was given on a thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.expectations import holds

if TYPE_CHECKING:
    from tests.contract.cluster import Connection

ADMIN_OWNED_PUBLIC = {
    "23.2 and earlier": holds(before="23.2.7"),
    "24.1": holds(since="24.1", before="24.1.2"),
}
OWNER_OWNS_PUBLIC = holds(since="24.2")

OWNER_OF_DATABASE = """
    SELECT r.rolname FROM pg_catalog.pg_database AS d
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba WHERE d.datname = %s
"""
OWNER_OF_SCHEMA = """
    SELECT r.rolname FROM "{0}".pg_catalog.pg_namespace AS n
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner WHERE n.nspname = 'public'
"""
OWNERS_OF_TABLES = """
    SELECT c.relname, c.relkind::STRING, r.rolname FROM "{0}".pg_catalog.pg_class AS c
    JOIN "{0}".pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE n.nspname = 'public' AND c.relname = ANY(%s)
"""


def owner_of_database(db: Connection, name: str) -> list[str]:
    return [owner for (owner,) in db.execute(OWNER_OF_DATABASE, [name])]


def owner_of_schema(db: Connection, name: str) -> list[str]:
    return [owner for (owner,) in db.execute(OWNER_OF_SCHEMA.format(name).encode())]


def owners_of_tables(db: Connection, name: str, *tables: str) -> set[tuple[str, str, str]]:
    found = db.execute(OWNERS_OF_TABLES.format(name).encode(), [list(tables)])
    return {(table, kind, owner) for table, kind, owner in found}


def given_to(db: Connection, grantee: str, on: str) -> set[str]:
    rows = db.execute(
        f"SELECT privilege_type FROM [SHOW GRANTS ON {on}] WHERE grantee = %s",  # noqa: S608 - our own names
        [grantee],
    )
    return {privilege for (privilege,) in rows}
