"""What a cluster shows to whoever wants to know who can log in.

Only VIEWCLUSTERSETTING is needed; anything else the operator may not see is named, not guessed.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from crdb_sso.clients.reading import SETTINGS, registry_of
from crdb_sso.clients.sql import statements
from crdb_sso.clients.sql.registry_tables import RegistryTables
from crdb_sso.clients.sql.session import Rows, Session
from crdb_sso.clients.sql.statements import Statement
from crdb_sso.crdb.active_version import VERSION
from crdb_sso.crdb.listed_users import ListedUser, listed_users, tells_last_logins
from crdb_sso.crdb.privileges import grouped, privileges_of
from crdb_sso.crdb.settings import Setting, listed_settings, missing_setting
from crdb_sso.errors import CrdbSsoError
from crdb_sso.registry.claims import Registry
from crdb_sso.registry.ownership import Owned, check_owners
from crdb_sso.verdict.access.views import NO_LAST_LOGIN, AccessView, Account
from crdb_sso.verdict.cluster.views import ClusterView, UserView

_READ_ALL_ROLES = sql.SQL(
    "SELECT rolname, rolcanlogin, rolcreaterole, rolcreatedb FROM pg_catalog.pg_roles"
)
_SHOW_USERS = sql.SQL("SELECT * FROM [SHOW USERS]")

_NO_ROLES = "Users and roles can't be listed: whether a user exists, and its rights, are not known."
_NO_GRANTS = (
    "System privileges can't be listed (before 23.1.4 only admins may): the rights shown may lack"
    " some."
)
_NO_DETAILS = (
    "SHOW USERS is refused to this operator: last logins, role options other than CREATEROLE and"
    " CREATEDB, and which users a login made, are not known. An admin sees them."
)


def read_access(session: Session, tables: RegistryTables, owned: Sequence[Owned]) -> AccessView:
    """Return what an operator may see of who can log in.

    Args:
        session: An open connection.
        tables: The claim tables.
        owned: Who owns them.

    Raises:
        UnsupportedVersion: The cluster knows no logins with tokens.
        ClusterRefused: The operator may not read the settings.
    """
    session.doing = "reading the cluster settings"
    rows = _allowed(session, SETTINGS)
    if rows is None:
        raise session.refused(
            f"{session.operator} may not read the cluster settings",
            hint=f'Let an admin run: GRANT SYSTEM VIEWCLUSTERSETTING TO "{session.operator}";',
        )
    texts = {name: value for name, value, _ in listed_settings(rows)}
    version = texts.pop(VERSION, "")
    if Setting.ENABLED.value not in texts:
        raise missing_setting(
            Setting.ENABLED, or_else="check that the URL names a CockroachDB cluster"
        )
    accounts, unseen = _accounts(session)
    registry, trouble = _registry(session, tables, owned)
    users = {name: UserView(one.may_login, one.roles) for name, one in (accounts or {}).items()}
    return AccessView(
        ClusterView(version, texts, users),
        accounts,
        registry,
        sees_claims=not trouble,
        unseen=(*unseen, *trouble),
    )


def _accounts(session: Session) -> tuple[dict[str, Account] | None, tuple[str, ...]]:
    """Return all users and roles, None if they can't be listed, and what is not known of them."""
    session.doing = "reading users and roles"
    roles = _allowed(session, (_READ_ALL_ROLES, None))
    members = _allowed(session, (statements.READ_ALL_MEMBERSHIPS, None))
    if roles is None or members is None:
        return None, (_NO_ROLES,)
    unseen: list[str] = []
    grants = _allowed(session, (statements.READ_GRANTS, None))
    if grants is None:
        unseen.append(_NO_GRANTS)
    details = _allowed(session, (_SHOW_USERS, None))
    if details is None:
        unseen.append(_NO_DETAILS)
    elif not tells_last_logins(details):
        unseen.append(NO_LAST_LOGIN)
    return _made(roles, members, grants or [], listed_users(details or [])), tuple(unseen)


def _made(
    roles: Rows, members: Rows, grants: Rows, listed: dict[str, ListedUser]
) -> dict[str, Account]:
    roles_of = grouped((member, role) for role, member, _ in members)
    granted = grouped((grantee, privilege) for grantee, privilege, *_ in grants)
    made = {}
    for name, may_login, may_create_roles, may_create_databases in roles:
        shown = listed.get(name, ListedUser())
        named = (("CREATEROLE", may_create_roles), ("CREATEDB", may_create_databases))
        options = shown.powers | {option for option, is_on in named if is_on}
        made[name] = Account(
            bool(may_login),
            frozenset(roles_of.get(name, ())),
            privileges_of(name, options, roles_of, granted),
            shown.last_login,
            shown.source,
        )
    return made


def _registry(
    session: Session, tables: RegistryTables, owned: Sequence[Owned]
) -> tuple[Registry | None, tuple[str, ...]]:
    """Return the claims, and why they can't be read: nothing if they can."""
    session.doing = "reading the claims"
    try:
        check_owners(session.database, owned)
        answers = session.ask([(question, None) for question in tables.read()])
        return registry_of(session.database, answers), ()
    except CrdbSsoError as exc:
        return None, (f"Whose an entry is, is not known: {exc.what}",)
    except psycopg.errors.InsufficientPrivilege as exc:
        return None, (f"Whose an entry is, is not known: {session.explained(exc).what}",)


def _allowed(session: Session, question: Statement) -> Rows | None:
    """Return the answer to a question, None if the operator may not ask it."""
    try:
        (rows,) = session.ask([question])
    except psycopg.errors.InsufficientPrivilege:
        return None
    return rows or []
