"""Databases and tables: names across databases, privileges, and what is there to see."""

# ruff: noqa: S608 - the names in these statements are the tests' own

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulator.embedded import Connection, Embedded, refusal, rows

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "(kind STRING, entry STRING, n INT NOT NULL DEFAULT 0, PRIMARY KEY (kind, entry))"


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def test_a_table_is_found_by_each_of_its_names(
    cluster: Embedded, root: Connection, database: str
) -> None:
    run(root, f"CREATE TABLE {database}.public.t {TABLE}")
    run(root, f"INSERT INTO {database}.t (kind, entry) VALUES ('a', 'b')")
    for name in (f"{database}.public.t", f"{database}.t", f'"{database}"."public"."t"'):
        assert rows(root, f"SELECT kind FROM {name}") == [("a",)]
    qualified = f"SELECT {database}.public.t.kind, t.entry FROM {database}.public.t"
    assert rows(root, qualified) == [("a", "b")]
    with cluster.connect(dbname=database) as inside:
        for name in ("t", "public.t", f"{database}.public.t"):
            assert rows(inside, f"SELECT kind FROM {name}") == [("a",)]
    run(root, f"USE {database}")
    assert rows(root, "SELECT kind FROM t") == [("a",)]
    run(root, "SET database = defaultdb")
    assert refusal(root, "SELECT kind FROM t")[0] == "42P01"


def test_a_change_of_database_is_undone_with_its_transaction(
    root: Connection, database: str
) -> None:
    run(root, "BEGIN", f"USE {database}", "ROLLBACK")
    assert rows(root, "SHOW database") == [("defaultdb",)]


@pytest.mark.parametrize(
    ("statement", "code", "message"),
    [
        ("SELECT * FROM nothing", "42P01", 'relation "nothing" does not exist'),
        ("SELECT * FROM no.public.t", "42P01", 'relation "no.public.t" does not exist'),
        ("SELECT * FROM no.t", "42P01", 'relation "no.public.t" does not exist'),
        ("CREATE TABLE no.public.t (n INT)", "3D000", 'database "no" does not exist'),
        ("USE no", "3D000", 'database "no" does not exist'),
        ("DROP DATABASE no", "3D000", 'database "no" does not exist'),
        ("SHOW TABLES FROM no", "3D000", 'database "no" does not exist'),
        ("SHOW GRANTS ON DATABASE no", "3D000", 'database "no" does not exist'),
        ("SHOW GRANTS ON SCHEMA no.public", "3D000", 'database "no" does not exist'),
        ("GRANT USAGE ON SCHEMA no.public TO root", "3D000", 'database "no" does not exist'),
        ("ALTER DATABASE no OWNER TO root", "3D000", 'database "no" does not exist'),
        ("ALTER SCHEMA no.public OWNER TO root", "3D000", 'database "no" does not exist'),
        ("ALTER TABLE no.t OWNER TO root", "42P01", 'relation "no.public.t" does not exist'),
        ("ALTER DATABASE defaultdb OWNER TO no", "42704", 'role/user "no" does not exist'),
        ("SELECT * FROM no.pg_catalog.pg_class", "3D000", 'database "no" does not exist'),
        ("SHOW GRANTS ON TABLE no.public.t", "42P01", 'relation "no.public.t" does not exist'),
        ("GRANT CONNECT ON DATABASE no TO root", "3D000", 'database "no" does not exist'),
        ("CREATE DATABASE defaultdb", "42P04", 'database "defaultdb" already exists'),
        ("GRANT SELECT ON TABLE nothing TO root", "42P01", 'relation "nothing" does not exist'),
        ("GRANT x ON TABLE nothing TO root", "42601", 'not a valid privilege: "x"'),
        ("DROP TABLE nothing", "42P01", 'relation "nothing" does not exist'),
    ],
)
def test_what_is_missing_is_named(
    root: Connection, statement: str, code: str, message: str
) -> None:
    assert refusal(root, statement) == (code, message)


def test_a_missing_database_can_be_entered_but_has_no_tables(cluster: Embedded) -> None:
    with cluster.connect(dbname="elsewhere") as session:
        assert refusal(session, "SELECT * FROM t") == ("42P01", 'relation "t" does not exist')
        assert refusal(session, "CREATE TABLE t (n INT)")[0] == "3D000"


def test_a_database_is_made_and_dropped_in_a_transaction(root: Connection) -> None:
    run(root, "SET autocommit_before_ddl = off")
    run(root, "BEGIN", "CREATE DATABASE passing", f"CREATE TABLE passing.public.t {TABLE}")
    assert rows(root, "SELECT count(*) FROM passing.public.t") == [(0,)]
    run(root, "ROLLBACK")
    assert refusal(root, "USE passing")[0] == "3D000"
    run(root, "CREATE DATABASE IF NOT EXISTS passing", "CREATE DATABASE IF NOT EXISTS passing")
    run(root, f"CREATE TABLE passing.t {TABLE}")
    assert refusal(root, "DROP DATABASE passing RESTRICT") == (
        "2BP01",
        'database "passing" is not empty and RESTRICT was specified',
    )
    run(root, "DROP DATABASE passing", "DROP DATABASE IF EXISTS passing")


def test_upsert_overwrites_the_row_with_the_same_key(root: Connection, database: str) -> None:
    run(root, f"CREATE TABLE {database}.public.t {TABLE}")
    upsert = f"UPSERT INTO {database}.public.t (kind, entry, n) VALUES ('a', 'b', %s) RETURNING n"
    assert rows(root, upsert, [1]) == [(1,)]
    assert rows(root, upsert, [2]) == [(2,)]
    assert rows(root, f"SELECT * FROM {database}.public.t") == [("a", "b", 2)]


def test_many_rows_come_from_arrays(root: Connection, database: str) -> None:
    run(root, f"CREATE TABLE {database}.public.t {TABLE}")
    many = (
        f"INSERT INTO {database}.public.t (kind, entry) "
        "SELECT * FROM unnest(%s::STRING[], %s::STRING[]) "
        "ON CONFLICT (kind, entry) DO UPDATE SET n = t.n + 1 RETURNING entry, n"
    )
    assert rows(root, many, [["k", "k"], ["a", "b"]]) == [("a", 0), ("b", 0)]
    assert rows(root, many, [["k", "k"], ["b", "c"]]) == [("b", 1), ("c", 0)]
    chosen = f"SELECT entry FROM {database}.public.t WHERE entry = ANY(%s) ORDER BY entry"
    assert rows(root, chosen, [["a", "c", "z"]]) == [("a",), ("c",)]


def test_a_plain_user_needs_what_is_granted(
    cluster: Embedded, root: Connection, database: str, new_user: Callable[..., str]
) -> None:
    user = new_user()
    table = f"{database}.public.t"
    run(root, f"CREATE TABLE {table} {TABLE}")
    with cluster.connect(user) as session:
        for verb, statement in {
            "SELECT": f"SELECT * FROM {table}",
            "INSERT": f"INSERT INTO {table} (kind, entry) VALUES ('a', 'b')",
            "UPDATE": f"UPDATE {table} SET n = 1 WHERE kind = 'a'",
            "DELETE": f"DELETE FROM {table}",
        }.items():
            run(root, f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {table} TO {user}")
            run(root, f"REVOKE {verb} ON TABLE {table} FROM {user}")
            assert refusal(session, statement) == (
                "42501",
                f"user {user} does not have {verb} privilege on relation t",
            )
            run(root, f"GRANT ALL ON {database}.* TO {user}")
            session.execute(statement.encode())
        assert refusal(session, f"DROP TABLE {table}") == (
            "42501",
            f"user {user} does not have DROP privilege on relation t",
        )
    run(root, f"REVOKE ALL ON TABLE {table} FROM {user}")


def test_making_databases_and_tables_needs_privileges(
    cluster: Embedded, root: Connection, database: str, new_user: Callable[..., str]
) -> None:
    user = new_user()
    with cluster.connect(user) as session:
        assert refusal(session, "CREATE DATABASE mine") == (
            "42501",
            f"user {user} does not have CREATEDB privilege",
        )
        run(session, f"CREATE TABLE {database}.public.mine (n INT)")
        run(session, f"DROP TABLE {database}.public.mine")
        run(root, f"REVOKE CREATE ON SCHEMA {database}.public FROM public")
        assert refusal(session, f"CREATE TABLE {database}.public.mine (n INT)") == (
            "42501",
            f"user {user} does not have CREATE privilege on schema public",
        )
        assert refusal(session, f"DROP DATABASE {database}") == (
            "42501",
            f"user {user} does not have DROP privilege on database {database}",
        )
        run(root, f"GRANT CREATE ON SCHEMA {database}.public TO {user}")
        run(session, f"CREATE TABLE {database}.public.mine (n INT)")
        run(session, f"DROP TABLE {database}.public.mine")
        run(root, f"REVOKE CREATE ON SCHEMA {database}.public FROM {user}")
        run(root, f"GRANT SYSTEM CREATEDB TO {user}")
        run(session, "CREATE DATABASE mine", f"CREATE TABLE mine.public.t {TABLE}")
        run(session, f"GRANT SELECT ON mine.public.t TO {user}", "DROP DATABASE mine")


def test_a_user_with_objects_cannot_be_dropped(
    cluster: Embedded, root: Connection, database: str, new_user: Callable[..., str]
) -> None:
    user = new_user("CREATEDB")
    table = f"{database}.public.t"
    run(root, f"CREATE TABLE {table} {TABLE}", f"GRANT SELECT ON {table} TO {user}")
    run(root, f"GRANT CONNECT ON DATABASE {database} TO {user}")
    assert refusal(root, f"DROP USER {user}") == (
        "2BP01",
        f"cannot drop role/user {user}: grants still exist on {database}, {table}",
    )
    run(
        root, f"REVOKE ALL ON DATABASE {database} FROM {user}", f"REVOKE ALL ON {table} FROM {user}"
    )
    with cluster.connect(user) as session:
        run(session, "CREATE DATABASE owned", "CREATE TABLE owned.public.t (n INT)")
    assert refusal(root, f"DROP USER {user}") == (
        "2BP01",
        (
            f"role {user} cannot be dropped because some objects depend on it"
            "\nowner of database owned\nowner of table owned.public.t"
        ),
    )
    run(root, "DROP DATABASE owned", f"DROP USER {user}")


def test_databases_and_tables_are_listed(root: Connection, database: str) -> None:
    run(root, f"CREATE TABLE {database}.public.t {TABLE}")
    listed = "SELECT database_name FROM [SHOW DATABASES] WHERE database_name NOT LIKE 'database_%'"
    assert rows(root, listed) == [("defaultdb",), ("postgres",), ("system",)]
    cursor = root.execute(f"SHOW TABLES FROM {database}".encode())
    assert cursor.fetchall() == [("public", "t", "table", "root", None, None)]
    assert cursor.description is not None
    assert cursor.description[1].name == "table_name"


def test_the_catalogs_show_the_users_and_not_the_stand_in(
    cluster: Embedded, root: Connection, database: str, new_user: Callable[..., str]
) -> None:
    shut, role = new_user("NOLOGIN"), new_user()
    run(root, f"GRANT {role} TO {shut}", f"CREATE TABLE {database}.public.t {TABLE}")
    every = rows(root, "SELECT rolname, rolcanlogin, rolsuper FROM pg_catalog.pg_roles")
    assert {row for row in every if not row[0].startswith("user_")} == {
        ("admin", False, True),
        ("root", True, True),
    }
    assert {(shut, False, False), (role, True, False)} <= set(every)
    members = (
        "SELECT g.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid "
        "JOIN pg_roles m ON m.oid = a.member WHERE m.rolname <> 'root'"
    )
    assert rows(root, members) == [(role, shut)]
    with cluster.connect(dbname=database) as inside:
        assert rows(inside, "SELECT nspname FROM pg_namespace ORDER BY nspname") == [
            ("crdb_internal",),
            ("information_schema",),
            ("pg_catalog",),
            ("public",),
        ]
        classes = "SELECT relname, relkind FROM pg_class WHERE relname = 't'"
        assert rows(inside, classes) == [("t", "r")]
        tables = "SELECT table_catalog, table_schema, table_name FROM information_schema.tables"
        assert rows(inside, tables) == [(database, "public", "t")]
        columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 't'"
        assert rows(inside, columns) == [("kind",), ("entry",), ("n",)]
