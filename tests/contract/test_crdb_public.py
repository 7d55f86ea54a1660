"""What CockroachDB gives to everybody on a new database and its schema, and who takes it away.

Sources: pkg/sql/catalog/catpb/privilege.go and the manual (defaults of `public`), release notes of
26.2, pkg/sql/authorization.go (grant options, who may create in a schema).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract.expectations import INSUFFICIENT_PRIVILEGE, every_version, holds, refusal
from tests.contract.ownership import (
    ADMIN_OWNED_PUBLIC,
    OWNER_OWNS_PUBLIC,
    given_to,
    owner_of_schema,
)

if TYPE_CHECKING:
    from tests.contract.cluster import Connection
    from tests.contract.temporary_users import Clerk

pytestmark = every_version

NO_GRANT_OPTION = {INSUFFICIENT_PRIVILEGE, "01006"}
"""A warning's code, on an error: WarningPrivilegeNotRevoked in authorization.go."""


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


@pytest.mark.parametrize(
    "line", [pytest.param(line, marks=marks) for line, marks in ADMIN_OWNED_PUBLIC.items()]
)
def test_an_owner_who_is_not_an_admin_cannot_close_the_schema_of_admin(
    owned: tuple[str, Connection], db: Connection, line: str
) -> None:
    name, owner = owned
    said = refusal(owner, f"REVOKE CREATE ON SCHEMA {name}.public FROM public")
    assert said.sqlstate in NO_GRANT_OPTION, line
    assert given_to(db, "public", f"SCHEMA {name}.public") == {"CREATE", "USAGE"}


@pytest.mark.parametrize(
    "statement",
    ["REVOKE CONNECT ON DATABASE {} FROM public", "REVOKE CREATE ON SCHEMA {}.public FROM public"],
)
def test_others_close_nothing(clerk: Clerk, scratch: str, statement: str) -> None:
    said = refusal(clerk("CREATEDB"), statement.format(scratch))
    assert said.sqlstate in NO_GRANT_OPTION
    assert "missing WITH GRANT OPTION privilege" in str(said.message_primary)
