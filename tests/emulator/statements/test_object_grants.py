"""Grants on databases, schemas and tables: what is shown, what they keep, and what they let see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulator.embedded import Connection, Embedded, refusal, rows

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "(kind STRING PRIMARY KEY)"


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def test_grants_are_shown(root: Connection, database: str, new_user: Callable[..., str]) -> None:
    user = new_user()
    table = f"{database}.public.t"
    run(root, f"CREATE TABLE {table} {TABLE}", f"GRANT INSERT, SELECT ON TABLE {table} TO {user}")
    run(root, f"GRANT CREATE ON DATABASE {database} TO {user} WITH GRANT OPTION")
    assert rows(root, f"SHOW GRANTS ON TABLE {table} FOR {user}") == [
        (database, "public", "t", user, "INSERT", False),
        (database, "public", "t", user, "SELECT", False),
    ]
    assert rows(root, f"SHOW GRANTS ON DATABASE {database}") == [
        (database, "admin", "ALL", True),
        (database, "public", "CONNECT", False),
        (database, "root", "ALL", True),
        (database, user, "CREATE", True),
    ]
    run(root, f"USE {database}")
    assert rows(root, f"SHOW GRANTS FOR {user}") == [
        (database, None, None, "database", user, "CREATE", True),
        (database, "public", None, "schema", "public", "CREATE", False),
        (database, "public", None, "schema", "public", "USAGE", False),
        (database, "public", "t", "table", user, "INSERT", False),
        (database, "public", "t", "table", user, "SELECT", False),
    ]
    assert refusal(root, "SHOW GRANTS FOR no_one") == (
        "42704",
        'role/user "no_one" does not exist',
    )
    assert rows(root, f"SHOW GRANTS ON SCHEMA {database}.public") == [
        (database, "public", "admin", "ALL", True),
        (database, "public", "public", "CREATE", False),
        (database, "public", "public", "USAGE", False),
        (database, "public", "root", "ALL", True),
    ]
    assert rows(root, "SHOW GRANTS ON SCHEMA public FOR root") == [
        (database, "public", "admin", "ALL", True),
        (database, "public", "public", "CREATE", False),
        (database, "public", "public", "USAGE", False),
        (database, "public", "root", "ALL", True),
    ]
    run(
        root, f"REVOKE ALL ON {table} FROM {user}", f"REVOKE ALL ON DATABASE {database} FROM {user}"
    )


def test_a_grant_on_a_schema_keeps_its_user(
    root: Connection, database: str, new_user: Callable[..., str]
) -> None:
    user = new_user()
    run(root, f"GRANT USAGE ON SCHEMA {database}.public TO {user} WITH GRANT OPTION")
    assert refusal(root, f"DROP USER {user}") == (
        "2BP01",
        f"cannot drop role/user {user}: grants still exist on {database}.public",
    )
    run(root, f"REVOKE GRANT OPTION FOR USAGE ON SCHEMA {database}.public FROM {user}")
    run(root, f"REVOKE USAGE ON SCHEMA {database}.public FROM {user}", f"DROP USER {user}")


def test_only_what_is_visible_is_listed(
    cluster: Embedded, root: Connection, database: str, new_user: Callable[..., str]
) -> None:
    run(root, f"CREATE TABLE {database}.public.t {TABLE}")
    run(root, f"REVOKE ALL ON DATABASE {database} FROM public")
    with cluster.connect(new_user()) as session:
        shown = rows(session, "SELECT database_name FROM [SHOW DATABASES]")
        assert (database,) not in shown
        assert rows(session, f"SHOW TABLES FROM {database}") == []
        assert (database,) in rows(session, "SELECT datname FROM pg_database")
