"""An operator who is not an admin but has the needed privileges; missing ones are named."""

import pytest

from crdb_sso.errors import ClusterRefused
from tests.support.provider_calls import create, delete, other_wish, update, wish
from tests.support.servers import EmbeddedCluster


@pytest.fixture
def operator_url(cluster: EmbeddedCluster) -> str:
    cluster.execute("CREATE USER op WITH PASSWORD 'pw'")
    cluster.execute("CREATE ROLE readers")
    return (
        f"postgresql://op:pw@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )


GRANTS = (
    "GRANT SYSTEM MODIFYCLUSTERSETTING TO op",
    "GRANT SYSTEM CREATEROLE, CREATELOGIN, CREATEDB TO op",
    "GRANT readers TO op WITH ADMIN OPTION",
)


def test_an_operator_with_the_needed_privileges_can_do_everything(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    for statement in GRANTS:
        cluster.execute(statement)
    before = cluster.snapshot()

    state = create(wish(cluster, cluster_url=operator_url))
    state = update(state, other_wish(cluster) | {"cluster_url": operator_url})
    assert ("app_orders", "", "{readers}") in cluster.snapshot().users
    delete(state)

    assert cluster.snapshot() == before


@pytest.mark.parametrize(
    ("missing", "grant"),
    [
        pytest.param(
            "GRANT SYSTEM MODIFYCLUSTERSETTING TO op",
            'GRANT SYSTEM MODIFYCLUSTERSETTING TO "op";',
            id="may not set settings",
        ),
        pytest.param(
            "GRANT SYSTEM CREATEROLE, CREATELOGIN, CREATEDB TO op",
            'GRANT SYSTEM CREATEROLE, CREATELOGIN TO "op";',
            id="may not make users",
        ),
    ],
)
def test_a_missing_privilege_is_named_as_the_grant_and_nothing_is_written(
    cluster: EmbeddedCluster, operator_url: str, missing: str, grant: str
) -> None:
    for statement in GRANTS:
        if statement != missing:
            cluster.execute(statement)
    if "SETTING" in missing:
        cluster.execute("GRANT SYSTEM VIEWCLUSTERSETTING TO op")
    before = cluster.snapshot()

    with pytest.raises(ClusterRefused) as caught:
        create(other_wish(cluster) | {"cluster_url": operator_url})

    assert grant in caught.value.hint
    assert cluster.snapshot() == before


def test_a_role_that_the_operator_may_not_grant_is_named_with_the_grant(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    for statement in GRANTS:
        cluster.execute(statement)
    props = wish(cluster, cluster_url=operator_url)
    props["logins"]["app_orders"] |= {"roles": {"admin": True}, "allow_privileged": True}
    before = cluster.snapshot()

    with pytest.raises(ClusterRefused) as caught:
        create(props)

    assert 'GRANT "admin" TO "op" WITH ADMIN OPTION;' in caught.value.hint
    assert cluster.snapshot() == before


def test_without_the_right_to_make_a_database_the_statement_is_named(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    for statement in (*GRANTS, "REVOKE SYSTEM CREATEDB FROM op"):
        cluster.execute(statement)
    before = cluster.snapshot()

    with pytest.raises(ClusterRefused) as caught:
        create(wish(cluster, cluster_url=operator_url))

    assert 'GRANT SYSTEM CREATEDB TO "op";' in caught.value.hint
    assert cluster.snapshot() == before


SETTINGS = 'GRANT SYSTEM MODIFYCLUSTERSETTING TO "op";'
USERS = (
    'GRANT SYSTEM CREATEROLE, CREATELOGIN TO "op"; (before 23.1: ALTER USER "op" CREATEROLE'
    " CREATELOGIN;)"
)
TABLES = '`crdb-sso init --database crdb_sso --registry-role ROLE`, then GRANT ROLE TO "op";'
DATABASE = (
    'GRANT SYSTEM CREATEDB TO "op"; (before 23.1: ALTER USER "op" CREATEDB;), or make the tables'
    f" for it: {TABLES}"
)
ROLE = 'GRANT "readers" TO "op" WITH ADMIN OPTION;'


def named_grants(caught: pytest.ExceptionInfo[ClusterRefused]) -> set[str]:
    first, *grants = caught.value.hint.splitlines()
    assert first == "Let an admin run:"
    return {grant.strip() for grant in grants}


def test_all_missing_privileges_are_named_at_once_and_nothing_is_written(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    props = wish(cluster, cluster_url=operator_url)
    props["logins"]["app_orders"]["roles"] = {"readers": True}
    before = cluster.snapshot()

    with pytest.raises(ClusterRefused) as caught:
        create(props)

    assert named_grants(caught) == {SETTINGS, USERS, DATABASE, ROLE}
    assert cluster.snapshot() == before


def test_a_role_that_does_not_exist_is_created_before_it_is_granted(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    props = wish(cluster, cluster_url=operator_url)
    props["logins"]["app_orders"]["roles"] = {"readers": True, "of_tomorrow": True}

    with pytest.raises(ClusterRefused) as caught:
        create(props)

    created = 'CREATE ROLE "of_tomorrow"; GRANT "of_tomorrow" TO "op" WITH ADMIN OPTION;'
    assert named_grants(caught) == {SETTINGS, USERS, DATABASE, ROLE, created}


def test_missing_rights_on_the_claim_tables_are_named_with_the_rest(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    create(other_wish(cluster))
    before = cluster.snapshot()

    with pytest.raises(ClusterRefused) as caught:
        create(wish(cluster, cluster_url=operator_url))

    assert named_grants(caught) == {SETTINGS, USERS, TABLES}
    assert cluster.snapshot() == before


def test_the_named_grants_are_all_that_is_needed(
    cluster: EmbeddedCluster, operator_url: str
) -> None:
    props = wish(cluster, cluster_url=operator_url)
    props["logins"]["app_orders"]["roles"] = {"readers": True}
    with pytest.raises(ClusterRefused) as caught:
        create(props)

    for grant in named_grants(caught):
        cluster.execute(grant.partition(";")[0])

    assert create(props)["cluster_id"]
