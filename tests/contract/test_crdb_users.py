"""Making, changing and dropping users."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.expectations import (
    DUPLICATE_OBJECT,
    UNDEFINED_OBJECT,
    holds,
    refusal,
    says,
)

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.1")

DEPENDENT_OBJECTS = "2BP01"


def options_of(db: Connection, user: str) -> set[str]:
    """Return the role options SHOW USERS lists, in either of the shapes builds give them."""
    row = db.execute("SELECT options FROM [SHOW USERS] WHERE username = %s", [user]).fetchone()
    assert row is not None, f"{user} is not listed"
    listed: Any = row[0]
    texts = listed.split(",") if isinstance(listed, str) else listed
    return {text.strip() for text in texts if text.strip()}


def exists(db: Connection, user: str) -> bool:
    """Tell whether SHOW USERS lists this name."""
    rows = db.execute("SELECT username FROM [SHOW USERS] WHERE username = %s", [user])
    return rows.fetchone() is not None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("CREATE USER {}", set(), id="a user may log in"),
        pytest.param("CREATE ROLE {}", {"NOLOGIN"}, id="a role may not"),
        pytest.param("CREATE ROLE {} LOGIN", set(), id="a role with LOGIN may"),
        pytest.param("CREATE ROLE {} WITH LOGIN", set(), id="the word WITH is optional"),
        pytest.param("CREATE USER {} NOLOGIN", {"NOLOGIN"}, id="a user with NOLOGIN may not"),
        pytest.param("CREATE USER {} CREATEROLE", {"CREATEROLE"}, id="CREATEROLE"),
        pytest.param(
            "CREATE USER {} WITH CREATEROLE CREATEDB", {"CREATEROLE", "CREATEDB"}, id="two options"
        ),
        pytest.param("CREATE USER {} NOCREATEROLE", set(), id="NOCREATEROLE is not listed"),
        pytest.param(
            "CREATE USER {} VIEWCLUSTERSETTING", {"VIEWCLUSTERSETTING"}, id="VIEWCLUSTERSETTING"
        ),
        pytest.param("CREATE USER IF NOT EXISTS {}", set(), id="IF NOT EXISTS makes one"),
    ],
)
def test_create_lists_the_options_that_are_set(
    db: Connection, users: Users, statement: str, expected: set[str]
) -> None:
    user = users.name()
    db.execute(statement.format(user))
    assert options_of(db, user) == expected


@pytest.mark.parametrize("kind", ["USER", "ROLE"])
def test_a_second_create_is_refused(db: Connection, users: Users, kind: str) -> None:
    user = users.create()
    said = refusal(db, f"CREATE {kind} {user}")
    assert said.message_primary == f"a role/user named {user} already exists"
    assert said.sqlstate == DUPLICATE_OBJECT


@pytest.mark.parametrize("tail", ["", "NOLOGIN", "CREATEROLE", "WITH PASSWORD NULL"])
def test_if_not_exists_changes_nothing_and_says_nothing(
    cluster: Cluster, users: Users, tail: str
) -> None:
    user = users.create("CREATEDB")
    notices: list[str | None] = []
    with cluster.operator() as db:
        db.add_notice_handler(lambda said: notices.append(said.message_primary))
        db.execute(f"CREATE USER IF NOT EXISTS {user} {tail}")
    assert notices == []
    assert options_of(users.db, user) == {"CREATEDB"}


def test_if_not_exists_keeps_the_password(cluster: Cluster, users: Users) -> None:
    old, new = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{old}'")
    users.db.execute(f"CREATE USER IF NOT EXISTS {user} WITH PASSWORD '{new}'")
    with cluster.connect(user, old) as db:
        assert db.execute("SELECT current_user").fetchone() == (user,)


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        pytest.param("", "NOLOGIN", {"NOLOGIN"}, id="shut out"),
        pytest.param("NOLOGIN", "LOGIN", set(), id="let in"),
        pytest.param("", "CREATEROLE", {"CREATEROLE"}, id="given an option"),
        pytest.param("CREATEROLE", "NOCREATEROLE", set(), id="taken an option"),
        pytest.param("CREATEDB", "NOLOGIN", {"CREATEDB", "NOLOGIN"}, id="others stay"),
        pytest.param("NOLOGIN", "NOLOGIN", {"NOLOGIN"}, id="again"),
    ],
)
@pytest.mark.parametrize("kind", ["USER", "ROLE"])
def test_alter_changes_options(
    db: Connection, users: Users, *, kind: str, before: str, change: str, expected: set[str]
) -> None:
    user = users.create(before)
    db.execute(f"ALTER {kind} {user} {change}")
    assert options_of(db, user) == expected


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("ALTER USER {} NOLOGIN", id="alter user"),
        pytest.param("ALTER ROLE {} LOGIN", id="alter role"),
        pytest.param("DROP USER {}", id="drop user"),
        pytest.param("DROP ROLE {}", id="drop role"),
        pytest.param("GRANT admin TO {}", id="grant a role"),
        pytest.param("GRANT {} TO root", id="grant it"),
    ],
)
def test_a_missing_user_is_named(db: Connection, users: Users, statement: str) -> None:
    user = users.name()
    said = refusal(db, statement.format(user))
    assert said.message_primary == f'role/user "{user}" does not exist'
    assert said.sqlstate == UNDEFINED_OBJECT


@pytest.mark.parametrize(
    "statement",
    ["ALTER USER IF EXISTS {} NOLOGIN", "DROP USER IF EXISTS {}", "DROP ROLE IF EXISTS {}"],
)
def test_if_exists_accepts_a_missing_user(db: Connection, users: Users, statement: str) -> None:
    user = users.name()
    db.execute(statement.format(user))
    assert not exists(db, user)


def test_several_are_dropped_at_once(db: Connection, users: Users) -> None:
    one, two = users.create(), users.create()
    db.execute(f"DROP USER {one}, {two}")
    assert not exists(db, one)
    assert not exists(db, two)


def test_if_one_is_missing_none_is_dropped(db: Connection, users: Users) -> None:
    one, missing, two = users.create(), users.name(), users.create()
    said = refusal(db, f"DROP USER {one}, {missing}, {two}")
    assert said.message_primary == f'role/user "{missing}" does not exist'
    assert exists(db, one)
    assert exists(db, two)


def test_if_exists_drops_those_that_are_there(db: Connection, users: Users) -> None:
    one, missing = users.create(), users.name()
    db.execute(f"DROP USER IF EXISTS {missing}, {one}")
    assert not exists(db, one)


def test_a_user_with_grants_cannot_be_dropped(db: Connection, users: Users, scratch: str) -> None:
    user = users.create()
    db.execute(f"GRANT CONNECT ON DATABASE {scratch} TO {user}")
    said = refusal(db, f"DROP USER {user}")
    assert said.sqlstate == DEPENDENT_OBJECTS
    expected = rf"cannot drop role/user {user}: grants still exist on .*{scratch}.*"
    assert says(expected, said.message_primary), said.message_primary
    db.execute(f"REVOKE CONNECT ON DATABASE {scratch} FROM {user}")
    db.execute(f"DROP USER {user}")


def test_a_user_with_grants_on_a_table_cannot_be_dropped(
    db: Connection, users: Users, scratch: str
) -> None:
    user = users.create()
    db.execute(f"CREATE TABLE {scratch}.public.t (id INT PRIMARY KEY)")
    db.execute(f"GRANT SELECT ON TABLE {scratch}.public.t TO {user}")
    said = refusal(db, f"DROP USER {user}")
    assert said.sqlstate == DEPENDENT_OBJECTS
    expected = rf"cannot drop role/user {user}: grants still exist on {scratch}\.public\.t.*"
    assert says(expected, said.message_primary), said.message_primary


def test_an_owner_cannot_be_dropped(cluster: Cluster, users: Users, scratch: str) -> None:
    password = secrets.token_urlsafe(12)
    owner = users.create(f"WITH PASSWORD '{password}'")
    users.db.execute(f"GRANT CREATE ON DATABASE {scratch} TO {owner}")
    with cluster.connect(owner, password) as db:
        db.execute(f"CREATE TABLE {scratch}.public.mine (id INT PRIMARY KEY)")
    users.db.execute(f"REVOKE CREATE ON DATABASE {scratch} FROM {owner}")
    said = refusal(users.db, f"DROP USER {owner}")
    assert said.sqlstate == DEPENDENT_OBJECTS
    assert said.message_primary == (
        f"role {owner} cannot be dropped because some objects depend on it\n"
        f"owner of table {scratch}.public.mine"
    )


def test_a_grant_of_one_keeps_all_of_a_list(db: Connection, users: Users, scratch: str) -> None:
    free, bound = users.create(), users.create()
    db.execute(f"GRANT CONNECT ON DATABASE {scratch} TO {bound}")
    said = refusal(db, f"DROP USER {free}, {bound}")
    assert said.sqlstate == DEPENDENT_OBJECTS
    assert exists(db, free)


def test_a_user_with_system_privileges_cannot_be_dropped(db: Connection, users: Users) -> None:
    user = users.create()
    users.grant_system("VIEWCLUSTERSETTING", user)
    said = refusal(db, f"DROP USER {user}")
    assert said.sqlstate == DEPENDENT_OBJECTS
    expected = f"role {user} cannot be dropped because some objects depend on it.*"
    assert says(expected, said.message_primary), said.message_primary
    users.revoke_system()
    db.execute(f"DROP USER {user}")


@pytest.mark.parametrize("name", ["admin", "root"])
def test_root_and_admin_cannot_be_dropped(db: Connection, name: str) -> None:
    said = refusal(db, f"DROP USER {name}")
    texts = f"cannot drop special (role|user) {name}|cannot drop role/user {name}: grants .*"
    assert says(texts, said.message_primary), said.message_primary
    assert said.sqlstate in {DEPENDENT_OBJECTS, "22023"}


def test_memberships_do_not_keep_a_user(db: Connection, users: Users) -> None:
    role, middle, user = users.create(kind="ROLE"), users.create(kind="ROLE"), users.create()
    users.grant(role, middle)
    users.grant(middle, user)
    db.execute(f"DROP ROLE {middle}")
    row = db.execute("SELECT member_of FROM [SHOW USERS] WHERE username = %s", [user]).fetchone()
    assert row == ([],)
    assert db.execute(f"SHOW GRANTS ON ROLE {role}").fetchall() == []
