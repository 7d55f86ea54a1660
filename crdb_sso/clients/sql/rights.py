"""SQL for the rights on the claim tables: who owns them, who may use them, nobody else.

`pg_has_role` calls an admin a member of every role (pkg/sql/sem/builtins/pg_builtins.go in
CockroachDB), so an operator's own roles are those that `information_schema.enabled_roles` lists.
"""

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from psycopg import sql

from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.session import Rows, Session
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.registry.claims import SCHEMA_VERSION
from crdb_sso.registry.ownership import DATABASE, SCHEMA, TABLE, Owned

NEW_OWNER = "admin"
"""Whom an admin takes things over for: no single person."""

_OWNER = """
    coalesce(r.rolname::STRING, ''), coalesce(pg_has_role(r.rolname, 'admin', 'member'), false),
    coalesce(r.rolname IN (SELECT role_name FROM information_schema.enabled_roles), false)
"""
_DATABASE_OWNER = """
    SELECT 'database', d.datname::STRING, {owner} FROM pg_catalog.pg_database AS d
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba WHERE d.datname = %s
"""
_SCHEMA_OWNER = """
    SELECT 'schema', n.nspname::STRING, {owner} FROM {database}.pg_catalog.pg_namespace AS n
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner WHERE n.nspname = 'public'
"""
_TABLE_OWNERS = """
    SELECT CASE WHEN c.relkind = 'r' THEN 'table' ELSE 'relation' END, c.relname::STRING, {owner}
    FROM {database}.pg_catalog.pg_class AS c
    LEFT JOIN {database}.pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE coalesce(n.nspname::STRING, 'public') = 'public' AND c.relname = ANY(%s)
"""
"""Somebody who may use a table but not connect sees no schema."""

_CLOSING = (
    "REVOKE ALL ON DATABASE {database} FROM public",  # CONNECT; from 26.2 on TEMPORARY too
    "REVOKE CREATE ON SCHEMA {database}.public FROM public",
)
_USING_SCHEMA = "GRANT USAGE ON SCHEMA {database}.public TO {role}"
_FOR_ALL_WHO_USE = (
    "CREATE ROLE IF NOT EXISTS {role}",
    "GRANT CONNECT ON DATABASE {database} TO {role}",
)
_FOR_WRITERS = ("GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.public.* TO {role}",)
_FOR_READERS = (
    "REVOKE INSERT, UPDATE, DELETE ON {database}.public.* FROM {role}",
    "GRANT SELECT ON {database}.public.* TO {role}",
)

_LACKS_PRIVILEGE = ("42501", "01006", "01007")
"""Without a grant option, GRANT and REVOKE fail with the code of a warning."""


def owner_questions(tables: RegistryTables) -> list[Statement]:
    """Return the questions for the owners; all but the first fail where the database is missing."""
    return [
        (_filled(_DATABASE_OWNER, tables), [tables.name]),
        (_filled(_SCHEMA_OWNER, tables), None),
        (_filled(_TABLE_OWNERS, tables), [list(tables.tables)]),
    ]


def owned(answers: Iterable[Rows | None]) -> tuple[Owned, ...]:
    """Return what the answers to `owner_questions` say."""
    return tuple(Owned(*row) for rows in answers for row in rows or ())


def closing(tables: RegistryTables, *roles: str) -> list[Statement]:
    """Return what takes from `public` what CockroachDB gives it on every new database.

    Before 24.2 the schema may belong to admin though the database does not: then only an admin
    closes it.

    Args:
        tables: The claim tables.
        roles: Roles that use the schema, even if somebody closes it altogether; "" is not a role.
    """
    named = [{"role": sql.Identifier(role)} for role in roles if role]
    using = [(_filled(_USING_SCHEMA, tables, **names), None) for names in named]
    return [*((_filled(text, tables), None) for text in _CLOSING), *using]


def opening(tables: RegistryTables, writers: str, readers: str) -> list[Statement]:
    """Return what lets the members of roles use the claim tables.

    Args:
        tables: The claim tables.
        writers: The role whose members may claim; "" for none.
        readers: The role whose members may list claims, and nothing else; "" for none.
    """
    texts = [(text, writers) for text in (*_FOR_ALL_WHO_USE, *_FOR_WRITERS) if writers]
    texts += [(text, readers) for text in (*_FOR_ALL_WHO_USE, *_FOR_READERS) if readers]
    return [(_filled(text, tables, role=sql.Identifier(role)), None) for text, role in texts]


def taking_over(
    tables: RegistryTables, found: Iterable[Owned], others: Iterable[str]
) -> Iterator[Statement]:
    """Yield what makes admin the owner of things, and takes from others what they were granted.

    Args:
        tables: The claim tables.
        found: The things.
        others: Former owners, and whoever they gave rights to.
    """
    for each in found:
        place = place_of(tables, each)
        yield (
            sql.SQL("ALTER {} OWNER TO {}").format(place, sql.Identifier(NEW_OWNER)),
            None,
        )
        for other in others:
            if other == "public" and each.kind != TABLE:
                continue  # `closing` is about those
            grantee = sql.SQL("public") if other == "public" else sql.Identifier(other)
            yield sql.SQL("REVOKE ALL ON {} FROM {}").format(place, grantee), None


def grant_question(tables: RegistryTables, each: Owned) -> Statement:
    """Return the question for those who were granted something on a thing, admins left out."""
    text = "SELECT DISTINCT grantee FROM [SHOW GRANTS ON {}] WHERE NOT grantee = ANY(%s)"
    everybody = [] if each.kind == TABLE else ["public"]  # `closing` is about those
    return sql.SQL(text).format(place_of(tables, each)), [["admin", "root", *everybody]]


def count_question(tables: RegistryTables, each: Owned) -> Statement:
    """Return the question for the number of rows of a table."""
    return sql.SQL("SELECT count(*) FROM {}").format(tables.tables[each.name]), None


def place_of(tables: RegistryTables, each: Owned) -> sql.Composed:
    """Return a thing as GRANT and ALTER name it."""
    if each.kind == DATABASE:
        return _filled("DATABASE {database}", tables)
    if each.kind == SCHEMA:
        return _filled("SCHEMA {database}.public", tables)
    return sql.SQL("TABLE {}").format(tables.tables[each.name])


def lacks_privilege(exc: psycopg.Error) -> bool:
    """Tell whether a cluster refused something for want of a privilege."""
    return exc.diag.sqlstate in _LACKS_PRIVILEGE


def still_open(session: Session, tables: RegistryTables, *roles: str) -> bool:
    """Close the claim tables as far as the operator may; tell whether something stayed open."""
    done = [_is_done(session, statement) for statement in closing(tables, *roles)]
    return not all(done)


def _is_done(session: Session, statement: Statement) -> bool:
    try:
        session.transact([statement])
    except psycopg.Error as exc:
        if not lacks_privilege(exc):
            raise
        return False
    return True


def registry_statements(tables: RegistryTables, writers: str, readers: str) -> list[str]:
    """Return statements, to be run by hand, that create a registry and let roles use it."""
    made: Sequence[Statement] = [
        *((composed, None) for composed in tables.create(SCHEMA_VERSION)),
        *opening(tables, writers, readers),
        *closing(tables, writers, readers),
    ]
    return [f"{composed.as_string(None)};" for composed, _ in made]


def _filled(text: str, tables: RegistryTables, **names: sql.Identifier) -> sql.Composed:
    return sql.SQL(text).format(database=tables.database, owner=sql.SQL(_OWNER), **names)
