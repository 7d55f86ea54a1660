"""SQL statements for the steps of a plan; every name and value is composed, never pasted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from psycopg import sql

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.steps import Announce, Retire

Statement = tuple[sql.SQL | sql.Composed, Sequence[object] | None]
"""A statement with its parameters."""

READ_SETTINGS = sql.SQL("SELECT * FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = ANY(%s)")
"""All columns: `origin` exists only since 23.2; see `crdb_sso.crdb.settings.listed_settings`."""

READ_OPERATOR = sql.SQL("SELECT current_user, pg_has_role(current_user, 'admin', 'member'), now()")
READ_ROLES = sql.SQL(
    "SELECT rolname, rolcanlogin, rolcreaterole, rolcreatedb, rolvaliduntil"
    " FROM pg_catalog.pg_roles WHERE rolname = ANY(%s)"
)
READ_LOGINS = sql.SQL("SELECT rolname, rolcanlogin FROM pg_catalog.pg_roles")
READ_ALL_MEMBERSHIPS = sql.SQL(
    "SELECT r.rolname, m.rolname, m.rolcanlogin FROM pg_catalog.pg_auth_members AS a"
    " JOIN pg_catalog.pg_roles AS r ON r.oid = a.roleid"
    " JOIN pg_catalog.pg_roles AS m ON m.oid = a.member"
)
"""Role, member, and whether the member may log in."""

READ_MEMBERSHIPS = sql.SQL(" ").join(
    [
        READ_ALL_MEMBERSHIPS,
        sql.SQL(
            "WHERE m.rolname = ANY(%s)"
            " OR a.member IN (SELECT roleid FROM pg_catalog.pg_auth_members)"
        ),
    ]
)
"""The same, but only of some users and roles, and of all roles with members."""

READ_GRANTS = sql.SQL("SELECT * FROM [SHOW SYSTEM GRANTS]")
"""Grantee and privilege come first; the second column has another name before 23.1."""

READ_NO_GRANTS = sql.SQL("SELECT '', '' WHERE false")
"""What is asked instead where only admins may list system privileges."""

READ_SESSIONS = sql.SQL("SELECT application_name FROM [SHOW CLUSTER SESSIONS] WHERE user_name = %s")


def announce_users(step: Announce) -> Iterator[sql.Composed]:
    """Yield statements that create users, set their login state and grant roles."""
    for user, state in step.create_users.items():
        option = sql.SQL("" if state.may_login else " NOLOGIN")
        yield sql.SQL("CREATE USER IF NOT EXISTS {}{}").format(sql.Identifier(user), option)
    yield from alter_users(step.alter_users)
    for role, users in _by_role(step.grants):
        yield sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), _names(users))


def retire_users(step: Retire) -> Iterator[sql.Composed]:
    """Yield statements that revoke roles, restore login states and drop users."""
    for role, users in _by_role(step.revokes):
        yield sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(role), _names(users))
    yield from alter_users(step.alter_users)
    if step.drop_users:
        yield sql.SQL("DROP USER IF EXISTS {}").format(_names(step.drop_users))


def cancel_sessions(user: str) -> sql.Composed:
    """Return the statement that closes the open sessions of a user."""
    return sql.SQL(
        "CANCEL SESSIONS IF EXISTS (SELECT session_id FROM [SHOW CLUSTER SESSIONS]"
        " WHERE user_name = {})"
    ).format(sql.Literal(user))


def set_setting(setting: Setting, aim: LiveSetting) -> sql.Composed:
    """Return the statement that gives a setting its value, or resets it to its default."""
    name = sql.SQL(aim.name)
    if aim.is_default:
        return sql.SQL("RESET CLUSTER SETTING {}").format(name)
    is_keyword = aim.text in setting.spec.format.keywords
    value = sql.SQL(aim.text) if is_keyword else sql.Literal(aim.text)
    return sql.SQL("SET CLUSTER SETTING {} = {}").format(name, value)


def alter_users(states: Mapping[str, LoginState]) -> Iterator[sql.Composed]:
    """Yield statements that set the login states of users, given by name."""
    for user, state in states.items():
        option = sql.SQL("LOGIN" if state.may_login else "NOLOGIN")
        yield sql.SQL("ALTER USER {} WITH {}").format(sql.Identifier(user), option)


def _by_role(memberships: Iterable[Membership]) -> list[tuple[str, list[str]]]:
    users: dict[str, list[str]] = {}
    for membership in memberships:
        users.setdefault(membership.role, []).append(membership.user)
    return list(users.items())


def _names(users: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(user) for user in users)
