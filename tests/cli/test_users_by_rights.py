"""`crdb-sso disable` by operators who may do little, and on clusters whose claims can't be read."""

import contextlib

from tests.cli.test_cli import crdb_sso
from tests.cli.test_users import USER, connect, is_open, options
from tests.support.provider_calls import create, wish
from tests.support.servers import EmbeddedCluster


def operator(cluster: EmbeddedCluster, rights: str) -> str:
    """Make an operator who is not an admin; return their URL."""
    cluster.execute("CREATE USER op WITH PASSWORD 'pw'")
    cluster.execute(f"GRANT SYSTEM {rights} TO op")
    return (
        f"postgresql://op:pw@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )


def test_nobody_shuts_themselves_out(cluster: EmbeddedCluster) -> None:
    url = operator(cluster, "CREATEROLE, CREATELOGIN, MODIFYCLUSTERSETTING")

    code, _, errors = crdb_sso("disable", "op", "--yes", "--cluster-url", url)

    assert code == 1
    assert "op is who runs this command" in errors


def test_claim_tables_that_may_not_be_read_do_not_stop_an_emergency(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    url = operator(cluster, "CREATEROLE, CREATELOGIN")

    code, printed, _ = crdb_sso("disable", USER, "--yes", "--cluster-url", url)

    assert code == 0
    assert f"which stacks claim {USER} is not known: while reading the claims: " in printed
    assert options(cluster) == "NOLOGIN"


def test_claim_tables_of_a_stranger_are_not_read_and_do_not_stop_an_emergency(
    cluster: EmbeddedCluster,
) -> None:
    create(wish(cluster))
    cluster.execute("CREATE USER mallory")
    cluster.execute("ALTER DATABASE crdb_sso OWNER TO mallory")

    code, printed, _ = crdb_sso("disable", USER, "--yes")

    assert code == 0
    assert (
        f"which stacks claim {USER} is not known: the claims of all stacks are kept in" in printed
    )
    assert options(cluster) == "NOLOGIN"
    cluster.execute("ALTER DATABASE crdb_sso OWNER TO root")


def test_sessions_that_the_operator_may_not_see_are_not_called_none(
    cluster: EmbeddedCluster,
) -> None:
    cluster.execute(f"CREATE USER {USER} WITH PASSWORD 'pw'")
    url = operator(cluster, "CREATEROLE, CREATELOGIN, MODIFYCLUSTERSETTING")
    with contextlib.closing(connect(cluster)) as session:
        code, printed, _ = crdb_sso(
            "disable", USER, "--yes", "--close-sessions", "--cluster-url", url
        )
        assert is_open(session)

    assert code == 0
    assert f"no open sessions of {USER} are visible: without the privilege VIEWACTIVITY" in printed
    assert f"no stack has claimed {USER}" in printed


def test_sessions_that_the_operator_may_not_close_are_an_error_after_the_user_is_out(
    cluster: EmbeddedCluster,
) -> None:
    cluster.execute(f"CREATE USER {USER} WITH PASSWORD 'pw'")
    url = operator(cluster, "CREATEROLE, CREATELOGIN, MODIFYCLUSTERSETTING, VIEWACTIVITY")
    with contextlib.closing(connect(cluster)) as session:
        code, _, errors = crdb_sso(
            "disable", USER, "--yes", "--close-sessions", "--cluster-url", url
        )
        assert is_open(session)

    assert code == 1
    assert "CANCELQUERY" in errors
    assert f"Already written: NOLOGIN of SQL user {USER}." in errors
    assert options(cluster) == "NOLOGIN"
