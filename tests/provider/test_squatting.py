"""Claim tables that somebody else made first are not believed, whoever they are for."""

import psycopg
import pytest

from crdb_sso.clients.cluster import Names, open_cluster
from crdb_sso.clients.sql.rights import lacks_privilege
from crdb_sso.errors import ClusterRefused, GuardRefused
from crdb_sso.registry.ownership import owned_by_strangers
from tests.support.provider_calls import OWNER, PROVIDER, create, delete, other_wish, update, wish
from tests.support.servers import EmbeddedCluster
from tests.support.squatter import SQUATTER, TABLES, logged_in, squat, url_of
from tests.support.versions import is_since, whole_version

RIGHTS = (
    "GRANT SYSTEM MODIFYCLUSTERSETTING TO {}",
    "GRANT SYSTEM CREATEROLE, CREATELOGIN, CREATEDB TO {}",
)


def refused(caught: pytest.ExceptionInfo[GuardRefused]) -> bool:
    return f"{SQUATTER} owns the database" in caught.value.what and "init" in caught.value.hint


def test_the_first_up_of_root_refuses_a_squatters_tables_and_names_the_squatter(
    cluster: EmbeddedCluster,
) -> None:
    squat(cluster)
    before = cluster.snapshot()

    with pytest.raises(GuardRefused) as caught:
        create(wish(cluster))

    assert refused(caught)
    assert cluster.snapshot() == before
    assert cluster.execute("SELECT holder FROM crdb_sso.public.lease") == [("",)]


@pytest.mark.parametrize("step", ["update", "delete", "refresh"])
def test_every_step_refuses_tables_that_a_stranger_put_in_place_of_ours(
    cluster: EmbeddedCluster, step: str
) -> None:
    state = create(wish(cluster))
    cluster.execute("DROP DATABASE crdb_sso CASCADE")
    squat(cluster)
    before = cluster.snapshot()

    with pytest.raises(GuardRefused) as caught:
        {
            "update": lambda: update(state, wish(cluster, enabled=False)),
            "delete": lambda: delete(state),
            "refresh": lambda: PROVIDER.read(OWNER, state),
        }[step]()

    assert refused(caught)
    assert cluster.snapshot() == before


def test_a_preview_refuses_what_up_would(cluster: EmbeddedCluster) -> None:
    squat(cluster)
    before = cluster.snapshot()

    with pytest.raises(GuardRefused) as caught:
        PROVIDER.check({}, wish(cluster))

    assert refused(caught)
    assert cluster.snapshot() == before


def test_once_an_admin_has_taken_them_over_up_works(cluster: EmbeddedCluster) -> None:
    squat(cluster, "CREATE DATABASE another", "DROP DATABASE another")
    with open_cluster(cluster.admin_url, database="crdb_sso", checks_owners=False) as connected:
        connected.take_over(connected.survey(owned_by_strangers(connected.owned), ()))
        assert {each.owner for each in connected.owned} == {"admin"}

    state = create(wish(cluster))

    assert ("app_orders", "", "{}") in cluster.snapshot().users
    delete(state)
    with logged_in(cluster, SQUATTER) as conn, pytest.raises(psycopg.Error) as caught:
        conn.execute("SELECT 1 FROM crdb_sso.public.claims")
    assert lacks_privilege(caught.value)


@pytest.mark.parametrize("table", ["lease", "meta"])
def test_a_table_that_a_stranger_slipped_in_among_ours_is_refused(
    cluster: EmbeddedCluster, table: str
) -> None:
    cluster.execute("CREATE DATABASE crdb_sso")
    with logged_in(cluster, SQUATTER) as conn:
        conn.execute(f"CREATE TABLE crdb_sso.public.{table} (id INT PRIMARY KEY)".encode())

    with pytest.raises(GuardRefused, match=f"{SQUATTER} owns the table {table}:"):
        create(wish(cluster))


def test_what_we_make_is_closed_to_everybody_else(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))

    with logged_in(cluster, SQUATTER, f"ALTER USER {SQUATTER} CREATEDB") as conn:
        for statement in (
            "CREATE TABLE crdb_sso.public.owners (id INT PRIMARY KEY)",
            "SELECT 1 FROM crdb_sso.public.claims",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement.encode())
        listed = conn.execute("SELECT database_name FROM [SHOW DATABASES]").fetchall()
    assert ("crdb_sso",) not in listed


def test_tables_of_an_older_version_are_closed_when_they_are_upgraded(
    cluster: EmbeddedCluster,
) -> None:
    state = create(wish(cluster))
    cluster.execute("GRANT CREATE ON SCHEMA crdb_sso.public TO public")
    cluster.execute("GRANT CONNECT ON DATABASE crdb_sso TO public")
    cluster.execute("DROP TABLE crdb_sso.public.lease")

    update(state, wish(cluster, enabled=False))

    public = "SELECT privilege_type FROM [SHOW GRANTS ON {}] WHERE grantee = 'public'"
    assert cluster.execute(public.format("DATABASE crdb_sso")) == []
    assert cluster.execute(public.format("SCHEMA crdb_sso.public")) == [("USAGE",)]


def test_an_operator_who_is_not_an_admin_makes_and_closes_its_own(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.info", said.append)
    cluster.execute("CREATE ROLE readers")
    rights = [*(right.format("op") for right in RIGHTS), "GRANT readers TO op WITH ADMIN OPTION"]
    with logged_in(cluster, "op", *rights):
        state = create(other_wish(cluster) | {"cluster_url": url_of(cluster, "op")})

    public = "SELECT privilege_type FROM [SHOW GRANTS ON DATABASE crdb_sso] WHERE grantee='public'"
    assert cluster.execute(public) == []
    admin_owns_schema = not is_since("24.2", whole_version())
    assert any("anybody may make tables in database crdb_sso" in s for s in said) is (
        admin_owns_schema
    )
    with pytest.raises(GuardRefused, match="op owns the database"):
        create(wish(cluster))
    delete(state)


def test_who_owns_them_may_be_a_role_of_the_operators(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    cluster.execute("CREATE ROLE ops")
    cluster.execute("ALTER DATABASE crdb_sso OWNER TO ops")
    cluster.execute("GRANT CREATE ON SCHEMA crdb_sso.public TO ops")
    for table in TABLES.tables:
        cluster.execute(f"ALTER TABLE crdb_sso.public.{table} OWNER TO ops")

    with pytest.raises(GuardRefused, match="ops owns the database and the tables claims"):
        delete(create(wish(cluster)))  # root is an admin, not a member of every role

    with logged_in(cluster, "op", "GRANT SYSTEM VIEWCLUSTERSETTING TO op", "GRANT ops TO op"):
        url = url_of(cluster, "op")
        with open_cluster(url, database="crdb_sso") as connected:
            assert connected.read(Names()).claims
    cluster.execute("ALTER DATABASE crdb_sso OWNER TO root")
    for table in TABLES.tables:
        cluster.execute(f"ALTER TABLE crdb_sso.public.{table} OWNER TO root")
    cluster.execute("REVOKE CREATE ON SCHEMA crdb_sso.public FROM ops")


def test_without_rights_on_them_the_hint_names_init(cluster: EmbeddedCluster) -> None:
    create(wish(cluster))
    rights = [right.format("op") for right in RIGHTS]
    with logged_in(cluster, "op", *rights), pytest.raises(ClusterRefused) as caught:
        create(wish(cluster, owner="org/other/dev/sso", cluster_url=url_of(cluster, "op")))

    assert "crdb-sso init --database crdb_sso --registry-role ROLE" in caught.value.hint
