"""Names of relations: CockroachDB's database.schema.table on PostgreSQL's schema.table.

A database `d` is the PostgreSQL schema `d.public`, the search path of a session holds the one of
its current database, and system catalogs are views in the schema `emulator`.
"""

from __future__ import annotations

from dev.emulator.statements.plan import identifier, literal, unsupported

CATALOGS = {
    "pg_catalog": {"pg_auth_members", "pg_class", "pg_database", "pg_namespace", "pg_roles"},
    "information_schema": {"columns", "enabled_roles", "schemata", "tables"},
}
_OF_ANY_DATABASE = {"pg_class", "pg_namespace"}
_CLOSED = {"crdb_internal", "system", "pg_extension"}


def schema_of(database: str) -> str:
    """Return the PostgreSQL schema that stands for a database, as an identifier."""
    return identifier(f"{database}.public")


def relation_sql(parts: list[str]) -> str | None:
    """Return what stands for a relation in PostgreSQL.

    Args:
        parts: The name, from one part (table) to three (database, schema, table), case folded.

    Returns:
        SQL text, or None where the name can stay as it is written.

    Raises:
        SqlError: The name is outside what the embedded cluster imitates.
    """
    *qualifiers, name = parts
    if not qualifiers:
        return _unqualified(name)
    if len(qualifiers) == 1:
        return _in_schema_or_database(qualifiers[0], name)
    database, schema = qualifiers[-2:]
    if len(qualifiers) == 2 and schema == "pg_catalog" and name in _OF_ANY_DATABASE:  # noqa: PLR2004 - d.s.t
        return f"emulator.{identifier(name)}({literal(database)})"
    if len(qualifiers) > 2 or database in _CLOSED or schema != "public":  # noqa: PLR2004 - d.s.t
        raise unsupported(f"the relation {'.'.join(parts)}")
    return f"{schema_of(database)}.{identifier(name)}"


def database_and_table(parts: list[str]) -> tuple[str | None, str]:
    """Return the database (None: the current one) and the table of a user's relation.

    Raises:
        SqlError: The name is outside what the embedded cluster imitates.
    """
    relation_sql(parts)
    *qualifiers, name = parts
    if not qualifiers or qualifiers == ["public"]:
        return None, name
    if qualifiers[0] in CATALOGS:
        raise unsupported(f"a grant on {'.'.join(parts)}")
    return qualifiers[0], name


def _unqualified(name: str) -> str | None:
    if name in CATALOGS["pg_catalog"]:
        return f"emulator.{identifier(name)}"
    if name.startswith("pg_"):
        raise unsupported(f"the relation {name}")
    return None


def _in_schema_or_database(qualifier: str, name: str) -> str:
    if qualifier in CATALOGS:
        if name not in CATALOGS[qualifier]:
            raise unsupported(f"the relation {qualifier}.{name}")
        return f"emulator.{identifier(name)}"
    if qualifier in _CLOSED:
        raise unsupported(f"the relation {qualifier}.{name}")
    # The search path holds the current database and nothing else.
    return (
        identifier(name) if qualifier == "public" else f"{schema_of(qualifier)}.{identifier(name)}"
    )
