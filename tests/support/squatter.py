"""Somebody with nothing but CREATEDB, who makes the claim tables before anybody else does."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.registry.claims import SCHEMA_VERSION
from tests.support.servers import EmbeddedCluster

SQUATTER = "mallory"
TABLES = RegistryTables("crdb_sso")

Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def logged_in(cluster: EmbeddedCluster, user: str, *rights: str) -> Iterator[Connection]:
    """Log in as a user without any right but those given, who is made if need be."""
    cluster.execute(f"CREATE USER IF NOT EXISTS {user}")
    for statement in (f"ALTER USER {user} WITH PASSWORD 'pw'", *rights):
        cluster.execute(statement)
    with psycopg.connect(url_of(cluster, user), autocommit=True) as conn:
        yield conn


def url_of(cluster: EmbeddedCluster, user: str) -> str:
    """Return the URL of a user of `logged_in`."""
    return (
        f"postgresql://{user}:pw@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )


def squat(cluster: EmbeddedCluster, *more: str) -> None:
    """Let the squatter make the claim tables, with a claim on an issuer of their own.

    Args:
        cluster: The cluster.
        more: Statements that the squatter runs afterwards.
    """
    with logged_in(cluster, SQUATTER, f"ALTER USER {SQUATTER} CREATEDB") as conn:
        for statement in TABLES.create(SCHEMA_VERSION):
            conn.execute(statement)
        conn.execute(
            sql.SQL(
                "INSERT INTO {} (kind, entry, owner, text, found)"
                " VALUES ('issuer', 'https://evil.example.org', 'org/evil/dev/sso', '', false)"
            ).format(TABLES.tables["claims"])
        )
        for text in more:
            conn.execute(text.encode())
