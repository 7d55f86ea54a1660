"""Claim tables and states as versions before the one with uuids left them."""

from typing import Any

from tests.support.servers import EmbeddedCluster

VERSION = "SELECT value FROM crdb_sso.public.meta WHERE key = 'schema_version'"

_TO_VERSION_2 = (
    (
        "UPDATE crdb_sso.public.claims SET owner = o.owner FROM crdb_sso.public.owners AS o"
        " WHERE o.instance = claims.owner"
    ),
    (
        "UPDATE crdb_sso.public.retiring SET owner = o.owner FROM crdb_sso.public.owners AS o"
        " WHERE o.instance = retiring.owner"
    ),
    "DROP TABLE crdb_sso.public.owners",
    (
        "CREATE TABLE IF NOT EXISTS crdb_sso.public.renames"
        " (former STRING PRIMARY KEY, owner STRING NOT NULL)"
    ),
    "DELETE FROM crdb_sso.public.meta WHERE key LIKE 'written %'",
    "UPDATE crdb_sso.public.meta SET value = '2' WHERE key = 'schema_version'",
)
_TO_VERSION_1 = (
    "DROP TABLE crdb_sso.public.renames",
    "DROP TABLE crdb_sso.public.retiring",
    "DROP TABLE crdb_sso.public.lease",
    "UPDATE crdb_sso.public.meta SET value = '1' WHERE key = 'schema_version'",
)

OLDER_READING = (
    "SELECT key, value FROM crdb_sso.public.meta",
    "SELECT kind, entry, owner, text, found, since FROM crdb_sso.public.claims",
    "SELECT setting, text FROM crdb_sso.public.found_text",
)
"""What a program of version 1 or 2 reads before it looks at the version; the rest may fail."""


def make_older(cluster: EmbeddedCluster, version: int) -> None:
    """Turn the claim tables of a cluster into those of an older version, 1 or 2."""
    for statement in (*_TO_VERSION_2, *(_TO_VERSION_1 if version == 1 else ())):
        cluster.execute(statement)


def older(state: dict[str, Any]) -> dict[str, Any]:
    """Return what an older version would remember of a state."""
    return {name: value for name, value in state.items() if name != "instance"}
