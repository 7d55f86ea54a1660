"""Installs the SQL that makes PostgreSQL answer like CockroachDB."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from dev.emulator.setting_texts.settings import settings_of
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

    from dev.emulator.setting_texts.settings import Settings
    from dev.emulator.versions import Version

_ONCE = "tables.sql"
# Later files use what earlier ones make.
_RENEWED = (
    "common.sql",
    "settings.sql",
    "memberships.sql",
    "roles.sql",
    "databases.sql",
    "ownership.sql",
    "logins.sql",
    "sessions.sql",
    "views.sql",
    "show.sql",
)


async def install(connection: psycopg.AsyncConnection[tuple[Any, ...]], version: Version) -> UUID:
    """Bring a new or older data folder up to date, in one transaction.

    Args:
        connection: A connection of the owner, `node`.
        version: The version of the cluster from now on.

    Returns:
        The id of the cluster.

    Raises:
        SqlError: The folder belongs to a later version.
    """
    async with connection.transaction():
        found = await _scalar(connection, "SELECT to_regnamespace('emulator') IS NOT NULL")
        if not found:
            await connection.execute(_file(_ONCE).encode())
        renewed = "".join(_file(name) for name in _RENEWED)
        fingerprint = hashlib.sha256(renewed.encode()).hexdigest()
        known = await _scalar(connection, "SELECT fingerprint FROM emulator.cluster")
        if known != fingerprint:
            await connection.execute(renewed.encode())
        await connection.execute("TRUNCATE emulator.kept_connection")
        await _check_upgrade(connection, version)
        await connection.execute(
            "UPDATE emulator.cluster SET version = %s, build = %s, fingerprint = %s",
            [version.name, version.build, fingerprint],
        )
        await _install_settings(connection, settings_of(version))
    cluster_id: UUID = await _scalar(connection, "SELECT id FROM emulator.cluster")
    return cluster_id


async def _check_upgrade(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], version: Version
) -> None:
    before = await _scalar(connection, "SELECT version FROM emulator.cluster")
    if before and tuple(map(int, before.split("."))) > version.series:
        raise SqlError(
            f"the folder holds a cluster of version {before}, which cannot go back to "
            f"{version.name}: choose another --dir"
        )


async def _install_settings(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], settings: Settings
) -> None:
    for alias, name in settings.aliases.items():
        await connection.execute(
            "UPDATE emulator.setting_write SET name = %s WHERE name = %s", [name, alias]
        )
    await connection.execute("DELETE FROM emulator.setting_definition")
    rows = [
        (s.name, s.kind, s.fallback, s.public, s.sensitive, s.description)
        for s in settings.by_name.values()
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO emulator.setting_definition VALUES (%s, %s, %s, %s, %s, %s)", rows
        )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


async def _scalar(connection: psycopg.AsyncConnection[tuple[Any, ...]], query: str) -> Any:  # noqa: ANN401 - a column of any type
    row = await (await connection.execute(query)).fetchone()
    return row[0] if row else None
