"""What a session can ask about itself and about the cluster."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.contract.expectations import INSUFFICIENT_PRIVILEGE, every_version, holds, refusal, says
from tests.contract.setting_names import UNSAFE_OVERRIDE

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.1")

SERIES = r"\d\d\.\d"


def _one(db: Connection, statement: str) -> object:
    row = db.execute(statement).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("question", "of_an_admin", "of_others"),
    [
        pytest.param(
            "SELECT pg_has_role(current_user, 'admin', 'member')", True, False, id="pg_has_role"
        ),
        pytest.param("SHOW is_superuser", "on", "off", id="is_superuser"),
        pytest.param(
            "SELECT crdb_internal.is_admin()",
            True,
            False,
            id="crdb_internal.is_admin",
            marks=holds(before="26.1"),
        ),
    ],
)
@pytest.mark.parametrize("who", ["root", "a member of admin", "somebody"])
def test_a_session_can_ask_whether_it_is_an_admin(
    cluster: Cluster,
    users: Users,
    *,
    question: str,
    of_an_admin: object,
    of_others: object,
    who: str,
) -> None:
    if who == "root":
        assert _one(users.db, question) == of_an_admin
        return
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    if who == "a member of admin":
        users.grant("admin", user)
    with cluster.connect(user, password) as db:
        assert _one(db, question) == (of_others if who == "somebody" else of_an_admin)


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        pytest.param("SELECT version()", rf"CockroachDB .*v{SERIES}\.\d+.*", id="version()"),
        pytest.param("SHOW crdb_version", rf"CockroachDB .*v{SERIES}\.\d+.*", id="crdb_version"),
        pytest.param("SHOW CLUSTER SETTING version", rf"{SERIES}.*", id="the cluster's version"),
        pytest.param(
            "SELECT crdb_internal.node_executable_version()",
            rf"v?{SERIES}.*",
            id="the node's version",
            marks=holds(before="26.1"),
        ),
        pytest.param("SHOW server_version", r"\d+\.\d+.*", id="PostgreSQL's version"),
    ],
)
def test_which_version_is_this(db: Connection, question: str, shape: str) -> None:
    answer = _one(db, question)
    assert says(shape, str(answer)), answer


@pytest.mark.real_cluster
def test_a_real_cluster_does_not_call_itself_an_emulator(db: Connection) -> None:
    assert "EMULATOR" not in str(_one(db, "SELECT version()"))


def test_only_the_embedded_cluster_calls_itself_an_emulator(cluster: Cluster) -> None:
    assert ("EMULATOR" in cluster.banner) is (cluster.name == "embedded")


@every_version
def test_the_versions_agree(db: Connection) -> None:
    assert _one(db, "SHOW crdb_version") == _one(db, "SELECT version()")


@every_version
@holds(since="26.2")
@pytest.mark.parametrize(
    "question",
    [
        "SELECT crdb_internal.cluster_id()",
        "SELECT count(*) FROM crdb_internal.cluster_settings",
        "SELECT count(*) FROM system.users",
    ],
)
def test_the_clusters_own_tables_are_closed_unless_a_session_opens_them(
    cluster: Cluster, question: str
) -> None:
    with cluster.operator() as db:
        said = refusal(db, question)
        assert says(r"Access to crdb_internal and system is restricted\.?", said.message_primary)
        assert said.sqlstate == INSUFFICIENT_PRIVILEGE
        assert "allow_unsafe_internals" in str(said.message_hint)
        for statement in ("SHOW USERS", "SHOW ALL CLUSTER SETTINGS", "SHOW SYSTEM GRANTS"):
            db.execute(statement)
        db.execute("SET allow_unsafe_internals = true")
        assert uuid.UUID(str(_one(db, "SELECT crdb_internal.cluster_id()")))


@every_version
@holds(since="26.2")
def test_a_setting_opens_the_clusters_own_tables_to_every_session(
    cluster: Cluster, settings: Settings
) -> None:
    """Release notes of 26.2; it overrides the session's variable."""
    question = "SELECT crdb_internal.cluster_id()"
    with cluster.operator() as db:
        db.execute("SET allow_unsafe_internals = false")
        assert refusal(db, question).sqlstate == INSUFFICIENT_PRIVILEGE
        settings.put(UNSAFE_OVERRIDE, value=True)
        assert uuid.UUID(str(_one(db, question)))
        settings.put(UNSAFE_OVERRIDE, value=False)
        assert refusal(db, question).sqlstate == INSUFFICIENT_PRIVILEGE


@pytest.mark.parametrize("question", ["SELECT current_catalog", "SELECT current_database()"])
def test_a_session_knows_its_database_by_the_name_of_the_standard_too(
    db: Connection, question: str
) -> None:
    """`pgjdbc` asks for the first."""
    assert _one(db, question) == _one(db, "SHOW database")


@holds(before="26.1")
def test_anybody_may_count_a_feature(cluster: Cluster, users: Users) -> None:
    """`django-cockroachdb` does for the first connection of a process."""
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    with cluster.connect(user, password) as db:
        assert _one(db, "SELECT crdb_internal.increment_feature_counter('a feature')") is True


@holds(before="26.1")
def test_the_cluster_has_one_id(cluster: Cluster, db: Connection) -> None:
    question = "SELECT crdb_internal.cluster_id()"
    first = uuid.UUID(str(_one(db, question)))
    with cluster.operator() as other:
        assert uuid.UUID(str(_one(other, question))) == first


@pytest.mark.parametrize("name", ["enterprise.license", "cluster.organization"])
def test_licence_settings_are_texts(db: Connection, name: str) -> None:
    assert isinstance(_one(db, f"SHOW CLUSTER SETTING {name}"), str)


@pytest.mark.parametrize("question", ["SELECT current_user", "SELECT session_user"])
def test_who_is_asking(cluster: Cluster, users: Users, question: str) -> None:
    password = secrets.token_urlsafe(12)
    user = users.create(f"WITH PASSWORD '{password}'")
    with cluster.connect(user, password) as db:
        assert _one(db, question) == user


@pytest.mark.parametrize(
    ("parameter", "shape"),
    [
        pytest.param("server_version", r"\d+\.\d+.*", id="server_version"),
        pytest.param("crdb_version", rf"CockroachDB .*v{SERIES}\.\d+.*", id="crdb_version"),
    ],
)
def test_a_client_is_told_the_version_at_login(db: Connection, parameter: str, shape: str) -> None:
    told = db.info.parameter_status(parameter)
    assert says(shape, told), told


@pytest.mark.parametrize(
    ("options", "may_log_in"),
    [pytest.param("", True, id="a user"), pytest.param("NOLOGIN", False, id="one shut out")],
)
def test_pg_roles_lists_users(
    db: Connection, users: Users, options: str, *, may_log_in: bool
) -> None:
    user = users.create(options)
    row = db.execute(
        "SELECT rolname, rolcanlogin FROM pg_catalog.pg_roles WHERE rolname = %s", [user]
    ).fetchone()
    assert row == (user, may_log_in)


def test_pg_auth_members_lists_memberships(db: Connection, users: Users) -> None:
    role, user = users.create(kind="ROLE"), users.create()
    users.grant(role, user)
    rows = db.execute(
        """
        SELECT r.rolname, m.rolname FROM pg_catalog.pg_auth_members AS a
        JOIN pg_catalog.pg_roles AS r ON r.oid = a.roleid
        JOIN pg_catalog.pg_roles AS m ON m.oid = a.member
        WHERE m.rolname = %s
        """,
        [user],
    ).fetchall()
    assert rows == [(role, user)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param("", (False, False), id="no option"),
        pytest.param("CREATEROLE", (True, False), id="CREATEROLE"),
        pytest.param("CREATEDB", (False, True), id="CREATEDB"),
    ],
)
def test_pg_roles_lists_role_options(
    db: Connection, users: Users, options: str, expected: tuple[bool, bool]
) -> None:
    """Its own options, not what it holds through roles or system privileges (pg_catalog.go)."""
    user, role = users.create(options), users.create("CREATEROLE CREATEDB", kind="ROLE")
    users.grant(role, user)
    users.grant_system("CREATEROLE", user)
    row = db.execute(
        "SELECT rolcreaterole, rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = %s", [user]
    ).fetchone()
    assert row == expected


def test_pg_auth_members_lists_the_roles_of_roles(
    cluster: Cluster, db: Connection, users: Users
) -> None:
    password = secrets.token_urlsafe(12)
    top, middle = users.create(kind="ROLE"), users.create(kind="ROLE")
    user, asker = users.create(), users.create(f"WITH PASSWORD '{password}'")
    users.grant(top, middle)
    users.grant(middle, user)
    question = """
        SELECT r.rolname, m.rolname FROM pg_catalog.pg_auth_members AS a
        JOIN pg_catalog.pg_roles AS r ON r.oid = a.roleid
        JOIN pg_catalog.pg_roles AS m ON m.oid = a.member
        WHERE m.rolname = ANY(%s)
        OR a.member IN (SELECT roleid FROM pg_catalog.pg_auth_members)
        """
    with cluster.connect(asker, password) as other:
        for session in (db, other):
            rows = set(session.execute(question, [[user]]))
            assert {(top, middle), (middle, user)} <= rows
