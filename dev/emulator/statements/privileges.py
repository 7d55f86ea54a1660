"""Which privileges there are, on what, and to whom a statement gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.sqlerror import SqlError
from dev.emulator.statements.plan import unsupported

if TYPE_CHECKING:
    from dev.emulator.statements.syntax import Role
    from dev.emulator.versions import Version

SYSTEM_PRIVILEGES = {
    "ALL",
    "BACKUP",
    "BYPASSRLS",
    "CANCELQUERY",
    "CONTROLJOB",
    "CREATEDB",
    "CREATELOGIN",
    "CREATEROLE",
    "EXTERNALCONNECTION",
    "EXTERNALIOIMPLICITACCESS",
    "INSPECT",
    "MODIFYCLUSTERSETTING",
    "MODIFYSQLCLUSTERSETTING",
    "NOSQLLOGIN",
    "REPAIRCLUSTER",
    "REPLICATION",
    "RESTORE",
    "VIEWACTIVITY",
    "VIEWACTIVITYREDACTED",
    "VIEWCLUSTERMETADATA",
    "VIEWCLUSTERSETTING",
    "VIEWDEBUG",
    "VIEWJOB",
    "VIEWSYSTEMTABLE",
}
_DATABASE_PRIVILEGES = {"ALL", "CONNECT", "CREATE", "DROP"}
_LATER_DATABASE_PRIVILEGES = {"TEMPORARY": (26, 2)}
SCHEMA_PRIVILEGES = {"ALL", "CREATE", "USAGE"}
TABLE_PRIVILEGES = {"ALL", "SELECT", "INSERT", "UPDATE", "DELETE"}


def database_privileges(version: Version) -> set[str]:
    """Return the privileges on databases that a version has."""
    later = _LATER_DATABASE_PRIVILEGES.items()
    return _DATABASE_PRIVILEGES | {name for name, since in later if version.series >= since}


def public_privileges(version: Version) -> list[str]:
    """Return what everybody gets on a new database."""
    return [name for name in ("CONNECT", "TEMPORARY") if name in database_privileges(version)]


def known_privileges(names: list[str], known: set[str]) -> list[str]:
    """Return privileges in capitals; none at all means ALL.

    Raises:
        SqlError: One is not a privilege, or is not imitated for this kind of object.
    """
    wanted = [name.upper() for name in names] or ["ALL"]
    everything = SYSTEM_PRIVILEGES | _DATABASE_PRIVILEGES | SCHEMA_PRIVILEGES | TABLE_PRIVILEGES
    for name in wanted:
        if name not in everything | known:
            raise SqlError(f'not a valid privilege: "{name.lower()}"', sqlstate="42601")
        if name not in known:
            raise unsupported(f"the privilege {name} on this kind of object")
    return wanted


def role_array(roles: list[Role]) -> str:
    """Return roles as a SQL array of text."""
    return "ARRAY[" + ", ".join(role.sql for role in roles) + "]::text[]"
