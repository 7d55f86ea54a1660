"""`python -m crdb_sso adopt`: a program that declares what is on a cluster."""

import json

from tests.cli.test_cli import crdb_sso
from tests.support.provider_calls import ISSUER, KEY_1
from tests.support.servers import EmbeddedCluster


def set_by_hand(cluster: EmbeddedCluster) -> None:
    """Set up a login by hand, as without this program."""
    cluster.execute("CREATE USER app_orders")
    cluster.set("server.identity_map.configuration", f"{ISSUER} o-1 app_orders")
    for name, value in (
        ("jwks", f'{{"keys": [{KEY_1}]}}'),
        ("issuers", ISSUER),
        ("audience", "crdb"),
        ("enabled", "true"),
    ):
        cluster.set(f"server.jwt_authentication.{name}", value)


def test_it_prints_a_program_that_names_what_is_there(cluster: EmbeddedCluster) -> None:
    set_by_hand(cluster)

    code, printed, _ = crdb_sso("adopt")

    assert code == 0
    compile(printed, "__main__.py", "exec")
    assert f'"issuer": "{ISSUER}"' in printed
    assert '"app_orders": {' in printed
    assert "take_over" not in printed
    assert cluster.admin_url not in printed


def test_as_json_the_program_comes_with_what_it_leaves_out(cluster: EmbeddedCluster) -> None:
    set_by_hand(cluster)
    cluster.set("server.identity_map.configuration", f"{ISSUER} o-1 app_orders\n# by hand")

    code, printed, _ = crdb_sso("adopt", "--json")

    adopted = json.loads(printed)
    assert code == 0
    assert adopted["program"] == crdb_sso("adopt")[1].removesuffix("\n")
    assert adopted["logins"] == ["app_orders"]
    assert adopted["foreign"] == [{"what": "identity map line 2", "reason": "it is a comment"}]


def test_the_program_says_that_it_takes_over(cluster: EmbeddedCluster) -> None:
    set_by_hand(cluster)

    code, printed, _ = crdb_sso("adopt", "--take-over")

    assert code == 0
    assert '"take_over": True' in printed


def test_the_configuration_comes_with_the_command_that_sets_the_secret() -> None:
    code, printed, _ = crdb_sso("adopt", "--config", "--project", "shop", "--stack", "dev")

    assert code == 0
    assert "pulumi config set --secret --stack dev shop:clusterUrl" in printed


def test_without_a_cluster_it_is_a_usage_error() -> None:
    code, _, said = crdb_sso("--cluster-url", "", "adopt")

    assert code == 2
    assert "no cluster is given" in said
