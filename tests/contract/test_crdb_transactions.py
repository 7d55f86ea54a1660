"""What can be done together in a transaction, and what locks do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import holds, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.1")

IN_FAILED_TRANSACTION = "25P02"


@contextmanager
def _transactional(cluster: Cluster) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session in which schema changes do not commit the transaction they come in."""
    with cluster.operator() as db:
        with suppress(psycopg.errors.UndefinedObject):  # older versions never do
            db.execute("SET autocommit_before_ddl = off")
        yield db


def _exists(users: Users, name: str) -> bool:
    rows = users.db.execute("SELECT username FROM [SHOW USERS] WHERE username = %s", [name])
    return rows.fetchone() is not None


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["CREATE USER {0}"], id="one user"),
        pytest.param(["CREATE USER {0}", "CREATE USER {1}"], id="two users"),
        pytest.param(["CREATE USER {0}", "GRANT {2} TO {0}"], id="a user and a membership"),
        pytest.param(["CREATE USER {0}", "ALTER USER {0} NOLOGIN"], id="a user, changed at once"),
        pytest.param(
            ["CREATE USER IF NOT EXISTS {0}", "CREATE USER IF NOT EXISTS {0}"], id="twice the same"
        ),
    ],
)
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_users_are_made_together_or_not_at_all(
    cluster: Cluster, users: Users, statements: list[str], end: str
) -> None:
    one, two, role = users.name(), users.name(), users.create(kind="ROLE")
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        for statement in statements:
            db.execute(statement.format(one, two, role))
        db.execute(end)
    assert _exists(users, one) is (end == "commit")
    assert _exists(users, two) is (end == "commit" and "CREATE USER {1}" in statements)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_drop_counts_when_it_is_committed(cluster: Cluster, users: Users, end: str) -> None:
    user = users.create()
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        db.execute(f"DROP USER {user}")
        db.execute(end)
    assert _exists(users, user) is (end == "rollback")


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_revoked_membership_counts_when_it_is_committed(
    cluster: Cluster, users: Users, end: str
) -> None:
    role, user = users.create(kind="ROLE"), users.create()
    users.grant(role, user)
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        db.execute(f"REVOKE {role} FROM {user}")
        db.execute(end)
    left = users.db.execute(f"SHOW GRANTS ON ROLE {role}").fetchall()
    assert len(left) == (1 if end == "rollback" else 0)


def test_an_error_undoes_what_came_before(cluster: Cluster, users: Users) -> None:
    first, taken = users.name(), users.create()
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        db.execute(f"CREATE USER {first}")
        refusal(db, f"CREATE USER {taken}")
        db.execute("COMMIT")  # ends a failed transaction as a rollback does
    assert not _exists(users, first)


def test_after_an_error_a_transaction_refuses_everything(cluster: Cluster, users: Users) -> None:
    user, taken = users.name(), users.create()
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        refusal(db, f"CREATE USER {taken}")
        assert refusal(db, f"CREATE USER {user}").sqlstate == IN_FAILED_TRANSACTION
        db.execute("ROLLBACK")
    assert not _exists(users, user)


def test_a_transaction_sees_its_own_users(cluster: Cluster, users: Users) -> None:
    user = users.name()
    with _transactional(cluster) as db, db.transaction():
        db.execute(f"CREATE USER {user}")
        rows = db.execute("SELECT username FROM [SHOW USERS] WHERE username = %s", [user])
        assert rows.fetchone() == (user,)


def test_users_of_a_pipeline_may_log_in(cluster: Cluster, sso: Sso, users: Users) -> None:
    sso.trust()
    made = [users.name() for _ in range(10)]
    with cluster.operator() as db, db.pipeline(), db.transaction():
        for user in made:
            db.execute(f"CREATE USER {user}")
    verdicts = {cluster.verdict(user, sso.token(sub=user)) for user in (made[0], made[-1])}
    assert verdicts == {ADMITTED}


def test_a_login_outlives_the_settings_that_let_it_in(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    with cluster.connect_with_token(sso.person, sso.token()) as db:
        sso.trust(enabled=False)
        assert db.execute("SELECT current_user").fetchone() == (sso.person,)


@pytest.fixture
def lock(users: Users, scratch: str) -> str:
    """A one-row table as an installer makes one to keep others out."""
    name = f"{scratch}.public.lock"
    users.db.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, holder STRING)")
    users.db.execute(f"INSERT INTO {name} (id, holder) VALUES (1, '')")  # noqa: S608 - our own name
    return name


def test_compare_and_set_has_one_winner(cluster: Cluster, lock: str) -> None:
    take = f"UPDATE {lock} SET holder = %s WHERE id = 1 AND holder = '' RETURNING holder"  # noqa: S608 - our own name
    with cluster.operator() as one, cluster.operator() as two:
        assert one.execute(take, ["one"]).fetchall() == [("one",)]
        assert two.execute(take, ["two"]).fetchall() == []


def test_a_renewal_that_finds_another_holder_fails_its_transaction(
    cluster: Cluster, lock: str, users: Users
) -> None:
    """A CASE that yields NULL for a column that must not be NULL: 23502 names the column."""
    user = users.name()
    cluster_time = "now() + 60::FLOAT * '1s'::INTERVAL"
    users.db.execute(f"DROP TABLE {lock}")
    users.db.execute(
        f"CREATE TABLE {lock} (id INT PRIMARY KEY, token UUID NOT NULL, until TIMESTAMPTZ NOT NULL)"
    )
    ours, theirs = "7b0f7c5e-0000-4000-8000-000000000001", "7b0f7c5e-0000-4000-8000-000000000002"
    users.db.execute(f"INSERT INTO {lock} (id, token, until) VALUES (1, %s::UUID, now())", [ours])  # noqa: S608 - our own name
    renew = (
        f"UPDATE {lock} SET until = CASE WHEN token = %s::UUID THEN {cluster_time} END WHERE id = 1"  # noqa: S608 - our own name
    )
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        db.execute(renew, [ours])
        db.execute("COMMIT")
        db.execute("BEGIN")
        with pytest.raises(psycopg.errors.NotNullViolation, match='"until"'):
            db.execute(renew, [theirs])
        assert refusal(db, f"CREATE USER {user}").sqlstate == IN_FAILED_TRANSACTION
        db.execute("ROLLBACK")
    assert not _exists(users, user)
    left = users.db.execute(f"SELECT until > now() FROM {lock}").fetchall()  # noqa: S608 - our own name
    assert left == [(True,)]


@pytest.mark.parametrize(
    "variable", ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
)
def test_a_session_may_bound_its_waits_from_the_start(cluster: Cluster, variable: str) -> None:
    with cluster.operator(f"-c {variable}=30s") as db:
        row = db.execute(f"SHOW {variable}").fetchone()
        assert row is not None
        assert str(row[0]) in {"30s", "30000"}  # older versions count milliseconds


def test_select_for_update_makes_others_wait(cluster: Cluster, lock: str) -> None:
    read = f"SELECT holder FROM {lock} WHERE id = 1 FOR UPDATE"  # noqa: S608 - our own name
    with cluster.operator() as one, cluster.operator() as two:
        two.execute("SET statement_timeout = '300ms'")
        with one.transaction():
            assert one.execute(read).fetchone() == ("",)
            with pytest.raises(psycopg.errors.QueryCanceled):
                two.execute(read)
        two.execute("SET statement_timeout = '0'")
        assert two.execute(read).fetchone() == ("",)


def test_tables_are_made_and_filled_in_one_transaction(cluster: Cluster, scratch: str) -> None:
    table = f"{scratch}.public.claims"
    with _transactional(cluster) as db:
        db.execute("BEGIN")
        db.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, entry STRING)")
        db.execute(f"INSERT INTO {table} (id, entry) VALUES (1, 'x')")  # noqa: S608 - our own name
        db.execute("ROLLBACK")
        said = refusal(db, f"SELECT entry FROM {table}")  # noqa: S608 - our own name
    assert said.sqlstate == "42P01"


@pytest.mark.parametrize("function", ["pg_try_advisory_lock", "pg_advisory_lock"])
def test_advisory_locks_of_sessions_lock_nothing(cluster: Cluster, function: str) -> None:
    """Still so at 26.4 (inferred: #169981 is open)."""
    with cluster.operator() as one, cluster.operator() as two:
        for db in (one, two):
            db.execute("SET statement_timeout = '10s'")
            row = db.execute(f"SELECT {function}(4711)").fetchone()
            assert row is not None
            assert row[0] in (True, "", None)


@holds(before="26.3")
def test_advisory_locks_of_transactions_do_not_exist(cluster: Cluster) -> None:
    with _transactional(cluster) as db:
        assert refusal(db, "SELECT pg_advisory_xact_lock(4711)").sqlstate == "42883"


@holds(since="26.4", inferred=True)
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_an_advisory_lock_lasts_as_long_as_its_transaction(cluster: Cluster, end: str) -> None:
    """#168353, #168355; the first release that has them is 26.3 or 26.4 (inferred)."""
    attempt = "SELECT pg_try_advisory_xact_lock(4711)"
    with cluster.operator() as one, cluster.operator() as two:
        one.execute("BEGIN")
        one.execute("SELECT pg_advisory_xact_lock(4711)")
        assert one.execute(attempt).fetchone() == (True,)
        assert two.execute(attempt).fetchone() == (False,)
        assert two.execute("SELECT pg_try_advisory_xact_lock(4712)").fetchone() == (True,)
        one.execute(end.encode())
        assert two.execute(attempt).fetchone() == (True,)
        assert one.execute(attempt).fetchone() == (True,)


@holds(since="26.4", inferred=True)
def test_a_second_transaction_waits_for_an_advisory_lock(cluster: Cluster) -> None:
    """#168353; the first release is 26.3 or 26.4 (inferred)."""
    with cluster.operator() as one, cluster.operator() as two, ThreadPoolExecutor() as pool:
        one.execute("BEGIN")
        one.execute("SELECT pg_advisory_xact_lock(4711)")
        two.execute("SET statement_timeout = '30s'")
        waiting = pool.submit(two.execute, "SELECT pg_advisory_xact_lock(4711)")
        assert one.execute("SELECT 1").fetchone() == (1,)
        assert not waiting.done()
        one.execute("COMMIT")
        waiting.result(60)


@holds(since="25.1")
@pytest.mark.parametrize("by", ["SET", "startup options"])
def test_by_default_a_new_user_commits_the_transaction_it_comes_in(
    cluster: Cluster, users: Users, by: str
) -> None:
    """The session variable autocommit_before_ddl; a session can turn it off from the start."""
    default, off = users.name(), users.name()
    with cluster.operator() as db:
        db.execute("BEGIN")
        db.execute(f"CREATE USER {default}")
        db.execute("ROLLBACK")
    with cluster.operator("-c autocommit_before_ddl=off" if by == "startup options" else "") as db:
        if by == "SET":
            db.execute("SET autocommit_before_ddl = off")
        db.execute("BEGIN")
        db.execute(f"CREATE USER {off}")
        db.execute("ROLLBACK")
    assert _exists(users, default)
    assert not _exists(users, off)
