"""Who owns databases, schemas and tables, how anybody can see that, and what everybody gets.

Sources: pkg/sql/catalog/catpb/privilege.go and the manual (defaults of `public`), release notes of
23.2.7, 24.1.2 and 26.2, pkg/sql/authorization.go (grant options, who may create in a schema, new
owners), pkg/sql/pg_catalog.go, pkg/sql/information_schema.go (`enabled_roles`),
pkg/sql/pg_builtin.go (`pg_has_role`), pkg/sql/alter_schema.go (#98000).
"""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract.expectations import (
    INSUFFICIENT_PRIVILEGE,
    every_version,
    holds,
    refusal,
    says,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.cluster import Cluster, Connection
    from tests.contract.temporary_users import Users

    Clerk = Callable[..., Connection]

pytestmark = every_version

NO_GRANT_OPTION = {INSUFFICIENT_PRIVILEGE, "01006"}
"""A warning's code, on an error: WarningPrivilegeNotRevoked in authorization.go."""

ADMIN_OWNED_PUBLIC = holds(before="24.1.2")
OWNER_OWNS_PUBLIC = holds(since="24.2")

OWNER_OF_DATABASE = """
    SELECT r.rolname FROM pg_catalog.pg_database AS d
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba WHERE d.datname = %s
"""
OWNER_OF_SCHEMA = """
    SELECT r.rolname FROM "{0}".pg_catalog.pg_namespace AS n
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner WHERE n.nspname = 'public'
"""
OWNERS_OF_TABLES = """
    SELECT c.relname, c.relkind::STRING, r.rolname FROM "{0}".pg_catalog.pg_class AS c
    JOIN "{0}".pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE n.nspname = 'public' AND c.relname = ANY(%s)
"""


@pytest.fixture
def clerk(cluster: Cluster, users: Users) -> Iterator[Clerk]:
    """Return a function that logs in a new user who has these options and roles."""
    opened: list[Connection] = []

    def hire(options: str = "", *roles: str) -> Connection:
        password = secrets.token_urlsafe(12)
        user = users.create(f"WITH PASSWORD '{password}' {options}")
        for role in roles:
            users.grant(role, user)
        opened.append(cluster.connect(user, password))
        return opened[-1]

    yield hire
    for connection in opened:
        connection.close()


@pytest.fixture
def owned(clerk: Clerk, users: Users) -> Iterator[tuple[str, Connection]]:
    """A database that a user without other rights than CREATEDB has made, and its owner."""
    owner, name = clerk("CREATEDB"), f"{users.prefix}_{secrets.token_hex(2)}"
    owner.execute(f"CREATE DATABASE {name}")
    yield name, owner
    users.db.execute(f"DROP DATABASE {name} CASCADE")


def owner_of_database(db: Connection, name: str) -> list[str]:
    return [owner for (owner,) in db.execute(OWNER_OF_DATABASE, [name])]


def owner_of_schema(db: Connection, name: str) -> list[str]:
    return [owner for (owner,) in db.execute(OWNER_OF_SCHEMA.format(name).encode())]


def owners_of_tables(db: Connection, name: str, *tables: str) -> set[tuple[str, str, str]]:
    found = db.execute(OWNERS_OF_TABLES.format(name).encode(), [list(tables)])
    return {(table, kind, owner) for table, kind, owner in found}


def given_to(db: Connection, grantee: str, on: str) -> set[str]:
    rows = db.execute(
        f"SELECT privilege_type FROM [SHOW GRANTS ON {on}] WHERE grantee = %s",  # noqa: S608 - our own names
        [grantee],
    )
    return {privilege for (privilege,) in rows}


def may_make_tables(db: Connection, database: str) -> bool:
    name = f"{database}.public.t{secrets.token_hex(3)}"
    try:
        db.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY)")
    except psycopg.errors.InsufficientPrivilege as exc:
        expected = f"user {db.info.user} does not have CREATE privilege on schema public"
        assert exc.diag.message_primary == expected  # noqa: PT017 - either outcome is an answer
        return False
    db.execute(f"DROP TABLE {name}")
    return True


# what everybody gets


@pytest.mark.parametrize(
    "gets",
    [
        pytest.param({"CONNECT"}, id="connect", marks=holds(before="26.2")),
        pytest.param({"CONNECT", "TEMPORARY"}, id="temporary too", marks=holds(since="26.2")),
    ],
)
def test_everybody_gets_this_on_a_new_database(
    db: Connection, scratch: str, gets: set[str]
) -> None:
    assert given_to(db, "public", f"DATABASE {scratch}") == gets


def test_everybody_gets_this_on_a_new_schema(db: Connection, scratch: str) -> None:
    assert given_to(db, "public", f"SCHEMA {scratch}.public") == {"CREATE", "USAGE"}


def test_everybody_gets_nothing_on_a_new_table(db: Connection, scratch: str) -> None:
    db.execute(f"CREATE TABLE {scratch}.public.t (id INT PRIMARY KEY)")
    assert given_to(db, "public", f"TABLE {scratch}.public.t") == set()


def test_anybody_makes_tables_until_create_is_revoked_from_public(
    clerk: Clerk, db: Connection, scratch: str
) -> None:
    somebody = clerk()
    assert may_make_tables(somebody, scratch)
    for _ in range(2):
        db.execute(f"REVOKE CREATE ON SCHEMA {scratch}.public FROM public")
    assert given_to(db, "public", f"SCHEMA {scratch}.public") == {"USAGE"}
    assert not may_make_tables(somebody, scratch)


def test_create_on_the_database_is_not_create_on_its_schema(
    clerk: Clerk, db: Connection, scratch: str
) -> None:
    somebody = clerk()
    db.execute(f"REVOKE CREATE ON SCHEMA {scratch}.public FROM public")
    db.execute(f"GRANT CREATE ON DATABASE {scratch} TO {somebody.info.user}")
    assert not may_make_tables(somebody, scratch)
    db.execute(f"GRANT CREATE ON SCHEMA {scratch}.public TO {somebody.info.user}")
    assert may_make_tables(somebody, scratch)
    db.execute(f"REVOKE CREATE ON SCHEMA {scratch}.public FROM {somebody.info.user}")
    db.execute(f"REVOKE CREATE ON DATABASE {scratch} FROM {somebody.info.user}")


@pytest.mark.parametrize(
    "privileges",
    [
        pytest.param("CONNECT", marks=holds(before="26.2")),
        pytest.param("CONNECT, TEMPORARY", marks=holds(since="26.2")),
        pytest.param("ALL", id="all: the same on every version"),
    ],
)
def test_what_everybody_has_on_a_database_can_be_revoked(
    db: Connection, scratch: str, privileges: str
) -> None:
    for _ in range(2):
        db.execute(f"REVOKE {privileges} ON DATABASE {scratch} FROM public")
    assert given_to(db, "public", f"DATABASE {scratch}") == set()


@holds(before="26.2")
def test_temporary_is_not_a_privilege_yet(db: Connection, scratch: str) -> None:
    said = refusal(db, f"REVOKE TEMPORARY ON DATABASE {scratch} FROM public")
    assert said.message_primary == 'not a valid privilege: "temporary"'


def test_without_connect_a_user_uses_what_was_granted_and_sees_no_more(
    clerk: Clerk, db: Connection, scratch: str
) -> None:
    somebody = clerk()
    for table in ("mine", "theirs"):
        db.execute(f"CREATE TABLE {scratch}.public.{table} (id INT PRIMARY KEY)")
    db.execute(f"REVOKE ALL ON DATABASE {scratch} FROM public")
    db.execute(f"GRANT SELECT ON TABLE {scratch}.public.mine TO {somebody.info.user}")
    assert somebody.execute(f"SELECT id FROM {scratch}.public.mine").fetchall() == []  # noqa: S608 - our own names
    said = refusal(somebody, f"SELECT id FROM {scratch}.public.theirs")  # noqa: S608 - our own names
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE
    assert owner_of_schema(somebody, scratch) == []
    db.execute(f"REVOKE ALL ON TABLE {scratch}.public.mine FROM {somebody.info.user}")


# who owns what


def test_createdb_is_enough_to_make_a_database_with_tables(
    owned: tuple[str, Connection], db: Connection
) -> None:
    name, owner = owned
    owner.execute(f"CREATE TABLE {name}.public.claims (id INT PRIMARY KEY, entry STRING)")
    owner.execute(f"INSERT INTO {name}.public.claims (id, entry) VALUES (1, 'x')")  # noqa: S608 - our own names
    user = owner.info.user
    assert owner_of_database(db, name) == [user]
    assert owners_of_tables(db, name, "claims") == {("claims", "r", user)}


@pytest.mark.parametrize(
    "owner_is_admin",
    [
        pytest.param(True, id="admin", marks=ADMIN_OWNED_PUBLIC),
        pytest.param(False, id="the owner of the database", marks=OWNER_OWNS_PUBLIC),
    ],
)
def test_the_schema_public_belongs_to(
    owned: tuple[str, Connection], db: Connection, *, owner_is_admin: bool
) -> None:
    name, owner = owned
    assert owner_of_schema(db, name) == ["admin" if owner_is_admin else owner.info.user]


def test_an_index_has_the_owner_of_its_table(db: Connection, scratch: str) -> None:
    db.execute(f"CREATE TABLE {scratch}.public.t (id INT PRIMARY KEY, n INT)")
    db.execute(f"CREATE INDEX t_n ON {scratch}.public.t (n)")
    me = db.info.user
    assert owners_of_tables(db, scratch, "t", "t_n") == {("t", "r", me), ("t_n", "i", me)}


@pytest.mark.parametrize("who", ["anybody", "a user with a grant", "one without CONNECT"])
def test_whoever_may_connect_sees_the_owners(
    clerk: Clerk, owned: tuple[str, Connection], db: Connection, who: str
) -> None:
    name, owner = owned
    owner.execute(f"CREATE TABLE {name}.public.claims (id INT PRIMARY KEY)")
    somebody, user = clerk(), owner.info.user
    if who != "anybody":
        db.execute(f"REVOKE ALL ON DATABASE {name} FROM public")
    if who == "a user with a grant":
        db.execute(f"GRANT CONNECT ON DATABASE {name} TO {somebody.info.user}")
    assert owner_of_database(somebody, name) == [user]
    seen = {("claims", "r", user)} if who != "one without CONNECT" else set()
    assert owners_of_tables(somebody, name, "claims") == seen
    db.execute(f"REVOKE ALL ON DATABASE {name} FROM {somebody.info.user}")


@pytest.mark.parametrize("catalog", ["pg_class", "pg_namespace"])
def test_the_catalogs_of_a_missing_database_are_missing(
    db: Connection, users: Users, catalog: str
) -> None:
    statement = f'SELECT oid FROM "{users.prefix}_none".pg_catalog.{catalog}'  # noqa: S608 - our own names
    assert refusal(db, statement).sqlstate in {"3D000", "42P01"}


# changing owners


def test_an_admin_takes_over_what_somebody_made(
    owned: tuple[str, Connection], db: Connection
) -> None:
    name, owner = owned
    owner.execute(f"CREATE TABLE {name}.public.claims (id INT PRIMARY KEY)")
    for _ in range(2):
        db.execute(f"ALTER DATABASE {name} OWNER TO admin")
        db.execute(f"ALTER TABLE {name}.public.claims OWNER TO admin")
    assert owner_of_database(db, name) == ["admin"]
    assert owners_of_tables(db, name, "claims") == {("claims", "r", "admin")}
    said = refusal(owner, f"SELECT id FROM {name}.public.claims")  # noqa: S608 - our own names
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE


@holds(since="23.1")
def test_an_admin_takes_over_the_schema_public(
    owned: tuple[str, Connection], db: Connection
) -> None:
    name, _ = owned
    for _ in range(2):
        db.execute(f"ALTER SCHEMA {name}.public OWNER TO admin")
    assert owner_of_schema(db, name) == ["admin"]


@holds(before="23.1")
def test_the_schema_public_cannot_be_given_away_yet(db: Connection, scratch: str) -> None:
    said = refusal(db, f"ALTER SCHEMA {scratch}.public OWNER TO admin")
    assert says("cannot modify schema .*", said.message_primary), said.message_primary


def test_nobody_gives_a_database_to_a_role_that_is_not_theirs(
    owned: tuple[str, Connection], clerk: Clerk, users: Users
) -> None:
    name, owner = owned
    said = refusal(owner, f"ALTER DATABASE {name} OWNER TO root")
    assert said.message_primary == 'must be member of role "root"'
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE
    said = refusal(clerk("CREATEDB"), f"ALTER DATABASE {name} OWNER TO root")
    assert said.message_primary == f"must be owner of database {name}"
    role = users.create(kind="ROLE")
    users.grant(role, owner.info.user)
    owner.execute(f"ALTER DATABASE {name} OWNER TO {role}")
    assert owner_of_database(users.db, name) == [role]


# who may close what


def test_an_owner_who_is_not_an_admin_closes_its_database(
    owned: tuple[str, Connection], db: Connection
) -> None:
    name, owner = owned
    for _ in range(2):
        owner.execute(f"REVOKE ALL ON DATABASE {name} FROM public")
    assert given_to(db, "public", f"DATABASE {name}") == set()


@OWNER_OWNS_PUBLIC
def test_an_owner_who_is_not_an_admin_closes_its_schema(
    owned: tuple[str, Connection], db: Connection
) -> None:
    name, owner = owned
    for _ in range(2):
        owner.execute(f"REVOKE CREATE ON SCHEMA {name}.public FROM public")
    assert given_to(db, "public", f"SCHEMA {name}.public") == {"USAGE"}
    assert may_make_tables(owner, name)


@ADMIN_OWNED_PUBLIC
def test_an_owner_who_is_not_an_admin_cannot_close_the_schema_of_admin(
    owned: tuple[str, Connection], db: Connection
) -> None:
    name, owner = owned
    said = refusal(owner, f"REVOKE CREATE ON SCHEMA {name}.public FROM public")
    assert said.sqlstate in NO_GRANT_OPTION
    assert given_to(db, "public", f"SCHEMA {name}.public") == {"CREATE", "USAGE"}


@pytest.mark.parametrize(
    "statement",
    ["REVOKE CONNECT ON DATABASE {} FROM public", "REVOKE CREATE ON SCHEMA {}.public FROM public"],
)
def test_others_close_nothing(clerk: Clerk, scratch: str, statement: str) -> None:
    said = refusal(clerk("CREATEDB"), statement.format(scratch))
    assert said.sqlstate in NO_GRANT_OPTION
    assert "missing WITH GRANT OPTION privilege" in str(said.message_primary)


# whose roles


def test_a_session_lists_its_own_roles_however_indirect(clerk: Clerk, users: Users) -> None:
    outer, inner, other = (users.create(kind="ROLE") for _ in range(3))
    users.grant(outer, inner)
    somebody = clerk("", inner)
    rows = somebody.execute("SELECT role_name FROM information_schema.enabled_roles")
    assert {role for (role,) in rows} == {somebody.info.user, inner, outer}
    assert other not in {outer, inner}


def test_an_admin_lists_only_the_roles_it_is_a_member_of(clerk: Clerk, users: Users) -> None:
    """Though `pg_has_role` calls an admin a member of every role."""
    role, boss = users.create(kind="ROLE"), clerk("", "admin")
    with closing(boss.execute("SELECT role_name FROM information_schema.enabled_roles")) as rows:
        assert role not in {name for (name,) in rows}
    answer = boss.execute("SELECT pg_has_role(current_user, %s, 'member')", [role]).fetchone()
    assert answer == (True,)


@pytest.mark.parametrize(
    ("who", "is_admin"),
    [("root", True), ("admin", True), ("a member of a member", True), ("somebody", False)],
)
def test_anybody_can_ask_whether_a_role_is_an_admin(
    clerk: Clerk, users: Users, who: str, *, is_admin: bool
) -> None:
    name = who
    if who == "a member of a member":
        name, middle = users.create(), users.create(kind="ROLE")
        users.grant("admin", middle)
        users.grant(middle, name)
    elif who == "somebody":
        name = users.create()
    question = (
        "SELECT pg_has_role(r.rolname, 'admin', 'member') FROM pg_catalog.pg_roles AS r"
        " WHERE r.rolname = %s"
    )
    assert clerk().execute(question, [name]).fetchall() == [(is_admin,)]
