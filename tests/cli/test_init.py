"""`crdb-sso init`: makes, closes, opens and takes over the claim tables."""

import json

import psycopg
import pytest

from crdb_sso.registry.claims import SCHEMA_VERSION
from tests.cli.test_cli import crdb_sso
from tests.support.provider_calls import create, delete, wish
from tests.support.servers import EmbeddedCluster
from tests.support.squatter import SQUATTER, logged_in, squat, url_of
from tests.support.versions import is_since, whole_version

READY = 'crdb_sso is ready. For each operator: GRANT "sso_operators" TO ...;\n'
STRENGTH = (
    "A member of sso_operators is as strong as the operators who use crdb_sso: what it writes"
    " there, they carry out.\n"
)
OPERATOR = (
    "GRANT sso_operators TO op",
    "GRANT SYSTEM MODIFYCLUSTERSETTING, CREATEROLE, CREATELOGIN TO op",
)


def given_to_public(cluster: EmbeddedCluster, on: str) -> set[str]:
    rows = cluster.execute(
        f"SELECT privilege_type FROM [SHOW GRANTS ON {on}] WHERE grantee = 'public'"  # noqa: S608 - our own names
    )
    return {privilege for (privilege,) in rows}


def is_closed(cluster: EmbeddedCluster) -> bool:
    return given_to_public(cluster, "DATABASE crdb_sso") == set() and given_to_public(
        cluster, "SCHEMA crdb_sso.public"
    ) == {"USAGE"}


# making


def test_it_makes_the_tables_for_operators_who_are_not_admins(cluster: EmbeddedCluster) -> None:
    code, printed, errors = crdb_sso("init", "--registry-role", "sso_operators")

    assert (code, printed, errors) == (0, READY + STRENGTH, "")
    assert is_closed(cluster)
    with logged_in(cluster, "op", *OPERATOR):
        before = cluster.snapshot()
        delete(create(wish(cluster, cluster_url=url_of(cluster, "op"))))
        assert cluster.snapshot() == before
    assert crdb_sso("init", "--registry-role", "sso_operators")[:2] == (0, READY + STRENGTH)


def test_without_a_role_only_admins_may_use_them(cluster: EmbeddedCluster) -> None:
    assert crdb_sso("init") == (
        0,
        "crdb_sso is ready, for admins. --registry-role lets other operators use it.\n",
        "",
    )
    assert is_closed(cluster)


def test_it_closes_tables_that_were_made_before(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("GRANT CREATE ON SCHEMA crdb_sso.public TO public")
    cluster.execute("GRANT CONNECT ON DATABASE crdb_sso TO public")

    assert crdb_sso("init")[0] == 0

    assert is_closed(cluster)


def test_an_owner_who_is_not_an_admin_may_run_it(cluster: EmbeddedCluster) -> None:
    rights = ("ALTER USER op CREATEDB CREATEROLE", "GRANT SYSTEM VIEWCLUSTERSETTING TO op")
    with logged_in(cluster, "op", *rights):
        code, printed, errors = crdb_sso(
            *("init", "--registry-role", "sso_operators"),
            *("--cluster-url", url_of(cluster, "op")),
        )

    assert (code, errors) == (0, "")
    admin_owns_schema = not is_since("24.2", whole_version())
    assert ("Anybody may make tables in crdb_sso: have an admin" in printed) is admin_owns_schema
    assert given_to_public(cluster, "DATABASE crdb_sso") == set()


def test_the_statements_may_be_run_by_somebody_else(cluster: EmbeddedCluster) -> None:
    arguments = ("init", "--registry-role", "sso_operators", "--reader-role", "sso_readers")
    code, printed, aside = crdb_sso("--cluster-url", "", *arguments, "--print-sql")

    assert code == 0
    assert "SHOW DATABASES" in aside
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        for _ in range(2):
            for statement in printed.split(";\n"):
                if statement:
                    conn.execute(statement.encode())
    assert is_closed(cluster)
    version = "SELECT value FROM crdb_sso.public.meta WHERE key = 'schema_version'"
    assert cluster.execute(version) == [(str(SCHEMA_VERSION),)]
    before = cluster.execute("SELECT value FROM crdb_sso.public.meta WHERE key = 'cluster_id'")
    assert before == [(create(wish(cluster))["cluster_id"],)]


@pytest.mark.usefixtures("cluster")
def test_as_json_each_statement_is_a_text() -> None:
    arguments = ("init", "--registry-role", "sso_operators", "--print-sql")
    _, script, _ = crdb_sso(*arguments)

    code, printed, _ = crdb_sso(*arguments, "--json")

    statements = json.loads(printed)["statements"]
    assert code == 0
    assert "\n".join(statements) == script.rstrip("\n")
    assert all(text.endswith(";") and text.count(";") == 1 for text in statements)


def test_as_json_database_and_roles_are_named(cluster: EmbeddedCluster) -> None:
    code, printed, aside = crdb_sso("init", "--registry-role", "sso_operators", "--json")

    assert (code, aside) == (0, READY + STRENGTH)
    assert json.loads(printed) == {
        "database": "crdb_sso",
        "role": "sso_operators",
        "reader_role": "",
        "taken_from": [],
    }
    assert cluster.execute("SELECT 1 FROM crdb_sso.public.meta LIMIT 1") == [(1,)]


# roles


@pytest.mark.parametrize("option", ["--registry-role", "--reader-role"])
@pytest.mark.parametrize("name", ["root", "admin", "public", "node", "none"])
def test_a_reserved_name_is_not_a_role(cluster: EmbeddedCluster, option: str, name: str) -> None:
    code, printed, errors = crdb_sso("init", option, name)

    assert (code, printed) == (2, "")
    assert f"'{name}' is a reserved name" in errors
    assert ("crdb_sso",) not in cluster.execute("SELECT database_name FROM [SHOW DATABASES]")


@pytest.mark.usefixtures("cluster")
def test_one_role_cannot_write_and_only_read() -> None:
    code, _, errors = crdb_sso("init", "--registry-role", "sso", "--reader-role", "sso")

    assert code == 2
    assert "sso can't be both the registry role and the reader role" in errors


def test_a_reader_lists_claims_and_nothing_else(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    code, printed, _ = crdb_sso("init", "--reader-role", "sso_readers")
    assert code == 0
    assert 'For each person who may only list claims: GRANT "sso_readers" TO ...;\n' in printed

    with logged_in(cluster, "eye", "GRANT sso_readers TO eye") as conn:
        url = ("--cluster-url", url_of(cluster, "eye"))
        code, printed, errors = crdb_sso("claims", "list", "--json", *url)
        assert (code, errors) == (0, "")
        assert len(json.loads(printed)) == 9
        for statement in (
            "DELETE FROM crdb_sso.public.claims",
            "UPDATE crdb_sso.public.lease SET until = now()",
            "INSERT INTO crdb_sso.public.meta (key, value) VALUES ('x', 'y')",
            "CREATE TABLE crdb_sso.public.mine (id INT PRIMARY KEY)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement.encode())


def test_a_writer_becomes_a_reader(cluster: EmbeddedCluster) -> None:
    assert crdb_sso("init", "--registry-role", "sso")[0] == 0
    assert crdb_sso("init", "--reader-role", "sso")[0] == 0

    grants = "SELECT privilege_type FROM [SHOW GRANTS ON TABLE crdb_sso.public.claims FOR sso]"
    assert cluster.execute(grants) == [("SELECT",)]


# taking over

SHOWN = (
    "crdb_sso is not ready: mallory owns the database",
    "  kept: 1 row in claims\n",
    "  From then on it belongs to admin; these can't use it any longer: mallory\n",
    'say no, and DROP DATABASE "crdb_sso" CASCADE;\n',
)


def owners(cluster: EmbeddedCluster) -> set[str]:
    tables = cluster.execute("SELECT owner FROM [SHOW TABLES FROM crdb_sso]")
    database = "SELECT owner FROM [SHOW DATABASES] WHERE database_name = 'crdb_sso'"
    return {owner for (owner,) in [*tables, *cluster.execute(database)]}


@pytest.mark.parametrize("said", ["n\n", ""])
def test_a_squatted_database_is_shown_not_called_ready_and_left_alone_unless_confirmed(
    cluster: EmbeddedCluster, said: str
) -> None:
    squat(cluster)

    code, printed, _ = crdb_sso("init", "--registry-role", "sso_operators", said=said)

    assert code == 3
    assert all(part in printed for part in SHOWN)
    assert "Take over crdb_sso? [y/N]: " in printed
    assert "is ready" not in printed
    assert owners(cluster) == {SQUATTER}


@pytest.mark.parametrize(
    ("more", "said"), [pytest.param((), "y\n", id="asked"), pytest.param(("--yes",), "", id="yes")]
)
def test_an_admin_takes_over_what_a_stranger_made_and_up_works(
    cluster: EmbeddedCluster, more: tuple[str, ...], said: str
) -> None:
    squat(cluster)
    assert crdb_sso("claims", "list")[0] == 1

    code, printed, errors = crdb_sso("init", "--registry-role", "sso_operators", *more, said=said)

    assert (code, errors) == (0, "")
    assert printed.endswith(READY + STRENGTH)
    assert owners(cluster) == {"admin"}
    assert is_closed(cluster)
    with logged_in(cluster, "op", *OPERATOR):
        create(wish(cluster, cluster_url=url_of(cluster, "op")))
    assert ("app_orders", "", "{}") in cluster.snapshot().users
    with (
        logged_in(cluster, SQUATTER) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute("SELECT 1 FROM crdb_sso.public.claims")


def test_an_accomplice_loses_what_the_stranger_gave(cluster: EmbeddedCluster) -> None:
    cluster.execute("CREATE USER trudy")
    cluster.execute("CREATE ROLE sso_operators")
    squat(
        cluster,
        "GRANT ALL ON crdb_sso.public.* TO trudy",
        "GRANT SELECT ON crdb_sso.public.* TO sso_operators",
    )

    code, printed, aside = crdb_sso("init", "--registry-role", "sso_operators", "--yes", "--json")

    assert code == 0
    assert json.loads(printed)["taken_from"] == ["mallory", "trudy"]
    assert "mallory owns the database" in aside
    trudys = "SELECT privilege_type FROM [SHOW GRANTS ON TABLE crdb_sso.public.claims FOR trudy]"
    assert cluster.execute(trudys) == []


def test_an_operator_who_is_not_an_admin_takes_over_nothing(cluster: EmbeddedCluster) -> None:
    squat(cluster)
    with logged_in(cluster, "op", "ALTER USER op CREATEDB CREATEROLE"):
        code, printed, errors = crdb_sso("init", "--yes", "--cluster-url", url_of(cluster, "op"))

    assert (code, printed) == (1, "")
    assert "mallory owns the database" in errors
    assert "have an admin run `crdb-sso init --database crdb_sso --registry-role ROLE`" in errors
    assert owners(cluster) == {SQUATTER}


@pytest.mark.parametrize(
    "arguments",
    [
        ("claims", "list"),
        ("claims", "release", "org/evil/dev/sso", "--yes"),
        ("adopt",),
        ("rotate", "--check", "--owner", "org/evil/dev/sso"),
    ],
    ids=" ".join,
)
def test_no_other_command_believes_a_squatter(
    cluster: EmbeddedCluster, arguments: tuple[str, ...]
) -> None:
    squat(cluster)

    code, printed, errors = crdb_sso(*arguments)

    assert (code, printed) == (1, "")
    assert "mallory owns the database" in errors
