"""Who may make users, and what passwords do."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract.expectations import INSUFFICIENT_PRIVILEGE, holds, refusal
from tests.contract.setting_names import OWN_PASSWORD

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.temporary_users import Clerk, Users

pytestmark = holds(since="24.1")


def exists(db: Connection, user: str) -> bool:
    """Tell whether SHOW USERS lists this name."""
    rows = db.execute("SELECT username FROM [SHOW USERS] WHERE username = %s", [user])
    return rows.fetchone() is not None


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("CREATE USER {}", id="a user"),
        pytest.param("CREATE ROLE {}", id="a role"),
        pytest.param("CREATE USER IF NOT EXISTS {}", id="if not exists"),
    ],
)
def test_create_needs_createrole(clerk: Clerk, users: Users, statement: str) -> None:
    session = clerk("")
    said = refusal(session, statement.format(users.name()))
    assert said.message_primary == f"user {session.info.user} does not have CREATEROLE privilege"
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE


@pytest.mark.parametrize("statement", ["ALTER USER {} NOLOGIN", "DROP USER {}"])
def test_changing_others_needs_createrole(clerk: Clerk, users: Users, statement: str) -> None:
    other = users.create()
    said = refusal(clerk(""), statement.format(other))
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE
    assert exists(users.db, other)


def test_createrole_makes_and_drops_roles(clerk: Clerk, users: Users) -> None:
    session, role = clerk("CREATEROLE"), users.name()
    session.execute(f"CREATE ROLE {role}")
    assert exists(users.db, role)
    session.execute(f"DROP ROLE {role}")
    assert not exists(users.db, role)


def test_createrole_as_a_system_privilege_is_enough(clerk: Clerk, users: Users) -> None:
    session, role = clerk(""), users.name()
    users.grant_system("CREATEROLE", session.info.user)
    session.execute(f"CREATE ROLE {role}")
    assert exists(users.db, role)


def test_users_who_log_in_need_createlogin_too(clerk: Clerk, users: Users) -> None:
    name = users.name()
    assert refusal(clerk("CREATEROLE"), f"CREATE USER {name}").sqlstate == INSUFFICIENT_PRIVILEGE
    clerk("CREATEROLE CREATELOGIN").execute(f"CREATE USER {name}")
    assert exists(users.db, name)


def test_only_admins_drop_admins(clerk: Clerk, users: Users) -> None:
    admin = users.create()
    users.grant("admin", admin)
    said = refusal(clerk("CREATEROLE"), f"DROP USER {admin}")
    assert said.message_primary == "must be superuser to drop superusers"
    assert said.sqlstate == INSUFFICIENT_PRIVILEGE


@pytest.mark.parametrize(
    "statement", ["CREATE USER {} WITH PASSWORD ''", "CREATE USER {} PASSWORD ''"]
)
def test_an_empty_password_is_refused(db: Connection, users: Users, statement: str) -> None:
    user = users.name()
    assert (
        refusal(db, statement.format(user)).message_primary == "empty passwords are not permitted"
    )
    assert not exists(db, user)


def test_a_password_logs_in_and_another_one_does_not(cluster: Cluster, users: Users) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    with cluster.connect(user, password) as db:
        assert db.execute("SELECT current_user").fetchone() == (user,)
    refused = f"password authentication failed for user {user}"
    with pytest.raises(psycopg.OperationalError, match=refused):
        cluster.connect(user, "wrong")


@pytest.mark.parametrize("tail", ["", "WITH PASSWORD NULL"])
def test_without_a_password_nothing_is_the_password(
    cluster: Cluster, users: Users, tail: str
) -> None:
    user = users.create(tail)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        cluster.connect(user, "guess")


def test_password_null_takes_a_password_away(cluster: Cluster, users: Users) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    users.db.execute(f"ALTER USER {user} WITH PASSWORD NULL")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        cluster.connect(user, password)


def test_a_password_may_be_a_placeholder(cluster: Cluster, users: Users) -> None:
    password, user = secrets.token_urlsafe(12), users.name()
    users.db.execute(f"CREATE USER {user} WITH PASSWORD %s", [password])
    with cluster.connect(user, password) as db:
        assert db.execute("SELECT current_user").fetchone() == (user,)


def test_nologin_stops_passwords_too(cluster: Cluster, users: Users) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}' NOLOGIN")
    with pytest.raises(psycopg.OperationalError, match=f"{user} does not have login privilege"):
        cluster.connect(user, password)


def test_users_change_their_own_passwords_where_the_cluster_says_so(
    cluster: Cluster, clerk: Clerk, settings: Settings
) -> None:
    """#90485, pkg/sql/alter_role.go: not without the setting, and not to NULL."""
    session = clerk("")
    user = session.info.user
    changing, removing = (f"ALTER USER {user} PASSWORD {new}" for new in ("'new-pass-1'", "NULL"))
    assert refusal(session, changing).sqlstate == INSUFFICIENT_PRIVILEGE
    settings.put(OWN_PASSWORD, value=True)
    session.execute(changing)
    assert refusal(session, removing).sqlstate == INSUFFICIENT_PRIVILEGE
    cluster.connect(user, "new-pass-1").close()
