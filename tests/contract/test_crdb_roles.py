"""Memberships, system privileges, and the statements that show them."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import (
    INSUFFICIENT_PRIVILEGE,
    UNDEFINED_OBJECT,
    every_version,
    holds,
    refusal,
)

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.1")

LAST_LOGIN = "SELECT estimated_last_login_time FROM [SHOW USERS] WHERE username = %s"


def columns(db: Connection, statement: str) -> list[str]:
    """Return the names of the columns a statement gives."""
    return [described.name for described in db.execute(statement).description or ()]


def members(db: Connection, role: str) -> set[tuple[str, str, bool]]:
    """Return what SHOW GRANTS ON ROLE says of one role."""
    return {(r, m, a) for r, m, a in db.execute(f"SHOW GRANTS ON ROLE {role}")}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(
            "SHOW USERS",
            ["username", "options", "member_of"],
            id="users",
            marks=holds(before="25.3"),
        ),
        pytest.param(
            "SHOW ROLES",
            ["username", "options", "member_of"],
            id="roles",
            marks=holds(before="25.3"),
        ),
        pytest.param(
            "SHOW USERS",
            ["username", "options", "member_of", "estimated_last_login_time"],
            id="users and their last logins",
            marks=holds(since="25.3"),
        ),
        pytest.param("SHOW GRANTS ON ROLE", ["role_name", "member", "is_admin"], id="memberships"),
        pytest.param(
            "SHOW GRANTS ON ROLE admin", ["role_name", "member", "is_admin"], id="of one role"
        ),
        pytest.param(
            "SHOW GRANTS ON ROLE FOR root", ["role_name", "member", "is_admin"], id="of one member"
        ),
        pytest.param(
            "SHOW GRANTS ON DATABASE defaultdb",
            ["database_name", "grantee", "privilege_type", "is_grantable"],
            id="grants on a database",
        ),
    ],
)
@every_version
def test_lists_have_these_columns(db: Connection, statement: str, expected: list[str]) -> None:
    assert columns(db, statement) == expected


@holds(since="25.3")
def test_a_login_is_remembered(cluster: Cluster, db: Connection, users: Users) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    never = db.execute(LAST_LOGIN, [user]).fetchone()
    cluster.connect(user, password).close()
    deadline = time.monotonic() + 20  # CockroachDB writes it down when it has time
    while (last := db.execute(LAST_LOGIN, [user]).fetchone()) == (None,):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert never == (None,)
    assert last is not None


@pytest.mark.parametrize("statement", ["SHOW USERS", "SHOW ROLES"])
def test_users_and_roles_are_one_list(db: Connection, users: Users, statement: str) -> None:
    user, role = users.create(), users.create(kind="ROLE")
    listed = {row[0]: row for row in db.execute(statement)}
    assert {"root", "admin", user, role} <= set(listed)
    assert "admin" in listed["root"][2]


def test_listing_users_needs_a_privilege(cluster: Cluster, users: Users) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    with cluster.connect(user, password) as db:
        said = refusal(db, "SHOW USERS")
    assert said.message_primary == f"user {user} does not have SELECT privilege on relation users"
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE


def test_a_membership_is_listed_on_both_sides(db: Connection, users: Users) -> None:
    role, user = users.create(kind="ROLE"), users.create()
    users.grant(role, user)
    row = db.execute("SELECT member_of FROM [SHOW USERS] WHERE username = %s", [user]).fetchone()
    assert row == ([role],)
    assert members(db, role) == {(role, user, False)}
    assert db.execute(f"SHOW GRANTS ON ROLE FOR {user}").fetchall() == [(role, user, False)]
    assert db.execute(f"SHOW GRANTS ON ROLE {role} FOR {user}").fetchall() == [(role, user, False)]


@pytest.mark.parametrize(
    ("tails", "is_admin"),
    [
        pytest.param(["", ""], False, id="twice is once"),
        pytest.param(["WITH ADMIN OPTION"], True, id="with the admin option"),
        pytest.param(["", "WITH ADMIN OPTION"], True, id="the option may come later"),
        pytest.param(["WITH ADMIN OPTION", ""], True, id="and stays"),
    ],
)
def test_granting_is_idempotent(
    db: Connection, users: Users, tails: list[str], *, is_admin: bool
) -> None:
    role, user = users.create(kind="ROLE"), users.create()
    for tail in tails:
        users.grant(role, user, tail)
    assert members(db, role) == {(role, user, is_admin)}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("REVOKE {role} FROM {user}", set(), id="the membership"),
        pytest.param("REVOKE ADMIN OPTION FOR {role} FROM {user}", {False}, id="the option only"),
    ],
)
def test_a_membership_and_its_admin_option_can_be_revoked(
    db: Connection, users: Users, statement: str, expected: set[bool]
) -> None:
    role, user = users.create(kind="ROLE"), users.create()
    users.grant(role, user, "WITH ADMIN OPTION")
    db.execute(statement.format(role=role, user=user))
    assert {is_admin for _, _, is_admin in members(db, role)} == expected


def test_one_statement_grants_several(db: Connection, users: Users) -> None:
    one, two = users.create(kind="ROLE"), users.create(kind="ROLE")
    ann, bob = users.create(), users.create()
    db.execute(f"GRANT {one}, {two} TO {ann}, {bob}")
    assert {member for _, member, _ in members(db, one) | members(db, two)} == {ann, bob}


def test_a_role_cannot_be_a_member_of_itself(db: Connection, users: Users) -> None:
    role = users.create(kind="ROLE")
    said = refusal(db, f"GRANT {role} TO {role}")
    assert said.message_primary == f"{role} cannot be a member of itself"


def test_memberships_cannot_form_a_cycle(db: Connection, users: Users) -> None:
    one, two, three = (users.create(kind="ROLE") for _ in range(3))
    users.grant(one, two)
    users.grant(two, three)
    said = refusal(db, f"GRANT {three} TO {one}")
    assert said.message_primary == f"making {one} a member of {three} would create a cycle"
    assert members(db, three) == set()


@pytest.mark.parametrize(
    "statement", ["REVOKE admin FROM root", "REVOKE ADMIN OPTION FOR admin FROM root"]
)
def test_root_stays_an_admin(db: Connection, statement: str) -> None:
    said = refusal(db, statement)
    expected = "role/user root cannot be removed from role admin or lose the ADMIN OPTION"
    assert said.message_primary == expected


@pytest.mark.parametrize(
    ("role", "options", "expected"),
    [
        pytest.param(None, "", "USER is not a superuser or role admin for role ROLE", id="nobody"),
        pytest.param("admin", "", "USER is not a role admin for role admin", id="admin itself"),
        pytest.param(
            "admin", "CREATEROLE", "USER is not a role admin for role admin", id="with CREATEROLE"
        ),
    ],
)
def test_granting_a_role_needs_the_right_to_grant_it(
    cluster: Cluster, users: Users, role: str | None, options: str, expected: str
) -> None:
    role = role or users.create(kind="ROLE")
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}' {options}")
    with cluster.connect(user, password) as db:
        said = refusal(db, f"GRANT {role} TO {user}")
    assert said.message_primary == expected.replace("USER", user).replace("ROLE", role)
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE


def test_the_admin_option_is_a_right_to_grant(cluster: Cluster, users: Users) -> None:
    role, other = users.create(kind="ROLE"), users.create()
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    users.grant(role, user, "WITH ADMIN OPTION")
    with cluster.connect(user, password) as db:
        db.execute(f"GRANT {role} TO {other}")
    assert (role, other, False) in members(users.db, role)


def test_system_grants_are_listed(db: Connection, users: Users) -> None:
    user = users.create()
    users.grant_system("MODIFYCLUSTERSETTING", user)
    listed = db.execute(f"SHOW SYSTEM GRANTS FOR {user}").fetchall()
    assert listed == [(user, "MODIFYCLUSTERSETTING", False)]
    users.revoke_system()
    assert db.execute(f"SHOW SYSTEM GRANTS FOR {user}").fetchall() == []


@pytest.mark.parametrize(
    "statement", ["SHOW GRANTS FOR {}", "SHOW GRANTS ON DATABASE defaultdb FOR {}"]
)
def test_an_unknown_grantee_is_named(db: Connection, users: Users, statement: str) -> None:
    user = users.name()
    said = refusal(db, statement.format(user))
    assert said.message_primary == f'role/user "{user}" does not exist'
    assert said.sqlstate == UNDEFINED_OBJECT
