"""SQL statements for the steps of a plan; every name and value is composed, never pasted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from psycopg import sql

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.crdb.sql_users import LoginState, Membership
from crdb_sso.plan.steps import Announce, Retire
from crdb_sso.registry.claims import SCHEMA_VERSION, Claim

Statement = tuple[sql.SQL | sql.Composed, Sequence[object] | None]
"""A statement with its parameters."""

READ_SETTINGS = sql.SQL("SELECT * FROM [SHOW ALL CLUSTER SETTINGS] WHERE variable = ANY(%s)")
"""All columns: `origin` exists only since 23.2; see `crdb_sso.crdb.settings.listed_settings`."""

READ_OPERATOR = sql.SQL("SELECT current_user, pg_has_role(current_user, 'admin', 'member'), now()")
READ_ROLES = sql.SQL(
    "SELECT rolname, rolcanlogin, rolcreaterole, rolcreatedb FROM pg_catalog.pg_roles"
    " WHERE rolname = ANY(%s)"
)
READ_MEMBERSHIPS = sql.SQL(
    "SELECT r.rolname, m.rolname FROM pg_catalog.pg_auth_members AS a"
    " JOIN pg_catalog.pg_roles AS r ON r.oid = a.roleid"
    " JOIN pg_catalog.pg_roles AS m ON m.oid = a.member WHERE m.rolname = ANY(%s)"
    " OR a.member IN (SELECT roleid FROM pg_catalog.pg_auth_members)"
)
"""Role and member: the memberships of some users and roles, and those of all roles with members."""

READ_GRANTS = sql.SQL("SELECT * FROM [SHOW SYSTEM GRANTS]")
"""Grantee and privilege come first; the second column has another name before 23.1."""

READ_NO_GRANTS = sql.SQL("SELECT '', '' WHERE false")
"""What is asked instead where only admins may list system privileges."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS {claims} (
        kind STRING NOT NULL,
        entry STRING NOT NULL,
        owner STRING NOT NULL,
        text STRING NOT NULL,
        found BOOL NOT NULL,
        since TIMESTAMPTZ NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, entry, owner)
    )""",
    "CREATE TABLE IF NOT EXISTS {found_text} (setting STRING PRIMARY KEY, text STRING)",
    "CREATE TABLE IF NOT EXISTS {meta} (key STRING PRIMARY KEY, value STRING NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {renames} (former STRING PRIMARY KEY, owner STRING NOT NULL)",
    """CREATE TABLE IF NOT EXISTS {retiring} (
        entry STRING NOT NULL,
        owner STRING NOT NULL,
        until TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (entry, owner)
    )""",
    """CREATE TABLE IF NOT EXISTS {lease} (
        id INT PRIMARY KEY,
        holder STRING NOT NULL,
        token UUID NOT NULL,
        since TIMESTAMPTZ NOT NULL,
        until TIMESTAMPTZ NOT NULL
    )""",
    """INSERT INTO {lease} (id, holder, token, since, until)
        VALUES (1, '', gen_random_uuid(), now(), now()) ON CONFLICT (id) DO NOTHING""",
)
"""What a registry is made of. Version 1 had only the first three."""


class RegistryTables:
    """Statements on the claim tables of one registry database."""

    def __init__(self, database: str) -> None:
        self.database = sql.Identifier(database)
        self.tables = {
            name: sql.Identifier(database, "public", name)
            for name in ("claims", "found_text", "meta", "renames", "retiring", "lease")
        }

    def _filled(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(**self.tables)

    def read(self) -> tuple[sql.Composed, ...]:
        """Return the queries for meta, claims, found texts, pending renames and retired keys.

        The last two fail on a registry of version 1.
        """
        return (
            self._filled("SELECT key, value FROM {meta}"),
            self._filled("SELECT kind, entry, owner, text, found, since FROM {claims}"),
            self._filled("SELECT setting, text FROM {found_text}"),
            self._filled("SELECT former, owner FROM {renames}"),
            self._filled("SELECT entry, owner, until FROM {retiring}"),
        )

    def create(self, schema_version: int) -> Iterator[sql.Composed]:
        """Yield what creates the registry, or upgrades an older one; each may run again."""
        version = sql.Literal(str(schema_version))
        yield sql.SQL("CREATE DATABASE IF NOT EXISTS {}").format(self.database)
        for table in _TABLES:
            yield self._filled(table)
        yield sql.SQL(
            "INSERT INTO {} (key, value) VALUES ('schema_version', {}),"
            " ('cluster_id', gen_random_uuid()::STRING) ON CONFLICT (key) DO NOTHING"
        ).format(self.tables["meta"], version)
        yield sql.SQL(
            "UPDATE {} SET value = {} WHERE key = 'schema_version' AND value::INT < {}::INT"
        ).format(self.tables["meta"], version, version)

    def open_to(self, role: str) -> Iterator[sql.Composed]:
        """Yield what lets the members of a role use the registry."""
        names = {"role": sql.Identifier(role), "database": self.database}
        for text in (
            "CREATE ROLE IF NOT EXISTS {role}",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.public.* TO {role}",
        ):
            yield sql.SQL(text).format(**names)

    def take_lease(self, holder: str, token: str, lasts_s: float) -> Statement:
        """Return the statement that takes a lease that is free or held by the token."""
        text = (
            "UPDATE {lease} SET holder = %s, token = %s::UUID, since = now(),"
            " until = now() + %s::FLOAT * '1s'::INTERVAL"  # the cluster's clock, never ours
            " WHERE id = 1 AND (until <= now() OR token = %s::UUID)"
        )
        return self._filled(text), [holder, token, lasts_s, token]

    def keep_lease(self, token: str, lasts_s: float) -> Statement:
        """Return the statement that renews a lease, and fails (23502) if the token has lost it.

        It fails rather than matching no row, so that its transaction fails too.
        """
        text = (
            "UPDATE {lease} SET until = CASE WHEN token = %s::UUID"
            " THEN now() + %s::FLOAT * '1s'::INTERVAL END WHERE id = 1"
        )
        return self._filled(text), [token, lasts_s]

    def give_lease_back(self, token: str) -> Statement:
        """Return the statement that ends a lease; a late renewal can't match the new token."""
        text = (
            "UPDATE {lease} SET until = now(), token = gen_random_uuid()"
            " WHERE id = 1 AND token = %s::UUID"
        )
        return self._filled(text), [token]

    def leave(self, key: str, value: str) -> Statement:
        """Return the statement that stores a value in the registry under a key."""
        text = (
            "INSERT INTO {meta} (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        return self._filled(text), [key, value]

    def read_lease(self) -> Statement:
        """Return the query for a lease: token, holder, start time."""
        return self._filled("SELECT token::STRING, holder, since FROM {lease} WHERE id = 1"), None

    def announce_claims(self, step: Announce) -> Iterator[Statement]:
        """Yield statements that store renames, claims and found texts, with their columns."""
        if step.past_renames:
            yield self._forget(step.past_renames)
        if step.renames:
            yield (
                self._filled(
                    "INSERT INTO {renames} (former, owner)"
                    " SELECT * FROM unnest(%s::STRING[], %s::STRING[])"
                    " ON CONFLICT (former) DO UPDATE SET owner = excluded.owner"
                ),
                [list(step.renames.keys()), list(step.renames.values())],
            )
        if step.claims:
            yield (
                self._filled(
                    "INSERT INTO {claims} (kind, entry, owner, text, found)"
                    " SELECT * FROM unnest(%s::STRING[], %s::STRING[], %s::STRING[],"
                    " %s::STRING[], %s::BOOL[])"
                    " ON CONFLICT (kind, entry, owner)"
                    " DO UPDATE SET text = excluded.text, found = excluded.found"
                ),
                [
                    [c.entry.kind.value for c in step.claims],
                    [c.entry.name for c in step.claims],
                    [c.owner for c in step.claims],
                    [c.text for c in step.claims],
                    [c.found for c in step.claims],
                ],
            )
        if step.wanted_again:
            yield self._not_retiring(step.wanted_again)
        retired = [(c.entry.name, c.owner, c.until) for c in step.claims if c.until]
        if retired:
            yield (
                self._filled(
                    "INSERT INTO {retiring} (entry, owner, until) SELECT * FROM"
                    " unnest(%s::STRING[], %s::STRING[], %s::TIMESTAMPTZ[])"
                    " ON CONFLICT (entry, owner) DO UPDATE SET until = excluded.until"
                ),
                [list(column) for column in zip(*retired, strict=True)],
            )
        if step.found_texts:
            yield (
                self._filled(
                    "INSERT INTO {found_text} (setting, text)"
                    " SELECT * FROM unnest(%s::STRING[], %s::STRING[])"
                    " ON CONFLICT (setting) DO NOTHING"
                ),
                [list(step.found_texts.keys()), list(step.found_texts.values())],
            )

    def release_claims(self, step: Retire) -> Iterator[Statement]:
        """Yield statements that delete claims, found texts and renames, with their columns."""
        yield (
            self._filled(
                "DELETE FROM {claims} WHERE (kind, entry, owner) IN"
                " (SELECT * FROM unnest(%s::STRING[], %s::STRING[], %s::STRING[]))"
            ),
            [
                [c.entry.kind.value for c in step.claims],
                [c.entry.name for c in step.claims],
                [c.owner for c in step.claims],
            ],
        )
        if any(claim.until for claim in step.claims):
            yield self._not_retiring([claim for claim in step.claims if claim.until])
        if step.found_keys:
            yield (
                self._filled("DELETE FROM {found_text} WHERE setting = ANY(%s::STRING[])"),
                [list(step.found_keys)],
            )
        if step.renames:
            yield self._forget(step.renames)

    def _not_retiring(self, claims: Sequence[Claim]) -> Statement:
        return (
            self._filled(
                "DELETE FROM {retiring} WHERE (entry, owner) IN"
                " (SELECT * FROM unnest(%s::STRING[], %s::STRING[]))"
            ),
            [[claim.entry.name for claim in claims], [claim.owner for claim in claims]],
        )

    def _forget(self, former: tuple[str, ...]) -> Statement:
        return (
            self._filled("DELETE FROM {renames} WHERE former = ANY(%s::STRING[])"),
            [list(former)],
        )


def registry_statements(tables: RegistryTables, role: str) -> list[str]:
    """Return statements, to be run by hand, that create a registry and let a role use it."""
    made = (*tables.create(SCHEMA_VERSION), *tables.open_to(role))
    return [f"{statement.as_string(None)};" for statement in made]


def announce_users(step: Announce) -> Iterator[sql.Composed]:
    """Yield statements that create users, set their login state and grant roles."""
    for user, state in step.create_users.items():
        option = sql.SQL("" if state.may_login else " NOLOGIN")
        yield sql.SQL("CREATE USER IF NOT EXISTS {}{}").format(sql.Identifier(user), option)
    yield from _alter(step.alter_users)
    for role, users in _by_role(step.grants):
        yield sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), _names(users))


def retire_users(step: Retire) -> Iterator[sql.Composed]:
    """Yield statements that revoke roles, restore login states and drop users."""
    for role, users in _by_role(step.revokes):
        yield sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(role), _names(users))
    yield from _alter(step.alter_users)
    for user in step.drop_users:
        yield sql.SQL("DROP USER IF EXISTS {}").format(sql.Identifier(user))


def set_setting(setting: Setting, aim: LiveSetting) -> sql.Composed:
    """Return the statement that gives a setting its value, or resets it to its default."""
    name = sql.SQL(aim.name)
    if aim.is_default:
        return sql.SQL("RESET CLUSTER SETTING {}").format(name)
    is_keyword = aim.text in setting.spec.format.keywords
    value = sql.SQL(aim.text) if is_keyword else sql.Literal(aim.text)
    return sql.SQL("SET CLUSTER SETTING {} = {}").format(name, value)


def _alter(states: Mapping[str, LoginState]) -> Iterator[sql.Composed]:
    for user, state in states.items():
        option = sql.SQL("LOGIN" if state.may_login else "NOLOGIN")
        yield sql.SQL("ALTER USER {} WITH {}").format(sql.Identifier(user), option)


def _by_role(memberships: Iterable[Membership]) -> list[tuple[str, list[str]]]:
    users: dict[str, list[str]] = {}
    for membership in memberships:
        users.setdefault(membership.role, []).append(membership.user)
    return list(users.items())


def _names(users: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(user) for user in users)
