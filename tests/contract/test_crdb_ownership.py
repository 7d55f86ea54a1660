"""Who owns databases, schemas and tables, and how anybody can see that.

Sources: release notes of 23.2.7 and 24.1.2, pkg/sql/authorization.go (new owners),
pkg/sql/pg_catalog.go, pkg/sql/information_schema.go (`enabled_roles`), pkg/sql/pg_builtin.go
(`pg_has_role`), pkg/sql/alter_schema.go (#98000).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import (
    INSUFFICIENT_PRIVILEGE,
    every_version,
    holds,
    refusal,
    says,
)
from tests.contract.ownership import (
    ADMIN_OWNED_PUBLIC,
    OWNER_OWNS_PUBLIC,
    owner_of_database,
    owner_of_schema,
    owners_of_tables,
)

if TYPE_CHECKING:
    from tests.contract.cluster import Connection
    from tests.contract.temporary_users import Clerk, Users

pytestmark = every_version

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
        *(
            pytest.param(True, id=f"admin, in {line}", marks=marks)
            for line, marks in ADMIN_OWNED_PUBLIC.items()
        ),
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
    rows = boss.execute("SELECT role_name FROM information_schema.enabled_roles")
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
