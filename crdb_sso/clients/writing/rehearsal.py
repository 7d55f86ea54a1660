"""Which privileges an operator lacks: every one of them, tried in transactions that are undone."""

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from crdb_sso.clients.reading import SETTINGS, Names, about
from crdb_sso.clients.sql import statements
from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.session import Session
from crdb_sso.crdb.missing_grants import missing_grants
from crdb_sso.crdb.settings import Setting, listed_settings, live_settings
from crdb_sso.errors import ClusterRefused
from crdb_sso.printing import printable
from crdb_sso.registry.claims import SCHEMA_VERSION

MOST_ROLES = 50
"""Each role costs a round trip."""

_Trial = Sequence[sql.SQL | sql.Composed]
"""Statements that stand in one transaction."""


def all_missing(
    session: Session, first: psycopg.errors.InsufficientPrivilege, names: Names
) -> ClusterRefused:
    """Return the error that names all privileges that an operation needs and its operator lacks.

    Args:
        session: Where the operator was refused; nothing was written yet.
        first: The refusal that ended the operation.
        names: The users and roles that the operation is about.
    """
    refusals = [first]
    doing = session.doing
    try:
        session.leave_transaction()
        for trial in _trials(session, names):
            refusals += _refusals(session, trial)
    except psycopg.errors.InsufficientPrivilege as exc:  # it may not even look
        refusals.append(exc)
    except psycopg.Error:
        pass  # what was found until then is told
    absent = _absent_roles(session, names)
    messages = [printable(exc.diag.message_primary or str(exc)) for exc in refusals]
    return session.refused(
        f"while {doing}: {'; '.join(dict.fromkeys(messages))}",
        hint=missing_grants(messages, session.operator, session.database, absent),
    )


def _refusals(session: Session, trial: _Trial) -> Iterator[psycopg.errors.InsufficientPrivilege]:
    """Yield why the operator may not do something; other errors are for the operation itself."""
    try:
        with session.conn.transaction(force_rollback=True):
            for statement in trial:
                session.conn.execute(statement)
    except psycopg.errors.InsufficientPrivilege as exc:
        yield exc
    except psycopg.Error:
        if session.conn.broken:
            raise


def _trials(session: Session, names: Names) -> Iterator[_Trial]:
    tables = RegistryTables(session.database)
    if _has_registry(session, tables):
        yield [tables.read_lease()[0]]
    else:
        yield list(tables.create(SCHEMA_VERSION))
    roles, members, _ = (rows or [] for rows in session.ask(about(session, names)))
    missing = sorted(names.users - {name for name, *_ in roles})
    yield [sql.SQL("CREATE USER IF NOT EXISTS {}").format(sql.Identifier(u)) for u in missing[:1]]
    me = sql.Identifier(session.operator)
    for role in sorted(names.roles - {role for role, *_ in members})[:MOST_ROLES]:
        yield [sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), me)]
    (settings,) = session.ask([SETTINGS])
    enabled = live_settings(listed_settings(settings or []))[Setting.ENABLED]
    yield [statements.set_setting(Setting.ENABLED, enabled)]


def _absent_roles(session: Session, names: Names) -> frozenset[str]:
    """Return the roles that do not exist and are not made as users; none if nobody tells."""
    try:
        roles, *_ = (rows or [] for rows in session.ask(about(session, names)))
    except psycopg.Error:
        return frozenset()
    return names.roles - names.users - {name for name, *_ in roles}


def _has_registry(session: Session, tables: RegistryTables) -> bool:
    try:
        session.conn.execute(tables.read()[0])
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName):
        return False
    except psycopg.errors.InsufficientPrivilege:
        return True
    return True
