"""What happens to users, and forced SSO, through the real engine."""

from typing import Any

import psycopg
import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, minted
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine

SETTING = "server.host_based_authentication.configuration"
FOREIGN = "# people\nhost all all all cert-password"


def options(cluster: EmbeddedCluster) -> dict[str, str]:
    """Return the options of each user."""
    return {user: options for user, options, _ in cluster.snapshot().users}


def test_a_login_that_leaves_the_program_is_shut_out_as_the_state_remembers(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    wish["logins"]["app_orders"]["on_delete"] = "disable"
    stack.wish(wish)
    stack.up()
    del wish["logins"]["app_orders"]
    stack.wish(wish)

    printed = stack.up()

    assert "the SQL user stays, shut out (NOLOGIN), if a stack created it" in printed
    assert options(cluster)["app_orders"] == "NOLOGIN"
    stack.destroy()
    assert options(cluster)["app_orders"] == "NOLOGIN"
    assert "app_billing" not in options(cluster)


def test_forced_sso_is_shown_rule_by_rule_and_destroy_restores_the_rules(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.set(SETTING, FOREIGN)
    stack.wish(wish | {"sso_only": {"keep": [{"user": "ops", "method": "cert"}]}})

    printed = stack.preview()

    assert "+ SSO only: ops from anywhere is kept, by cert" in printed
    assert "another rule no longer counts: host all all all cert-password" in printed
    stack.up()
    assert cluster.login("app_orders", minted(issuer, sub="orders", aud="crdb")) == "app_orders"
    assert "unchanged" in stack.up()
    stack.destroy()
    assert cluster.execute(f"SHOW CLUSTER SETTING {SETTING}") == [(FOREIGN,)]
    cluster.execute(f"RESET CLUSTER SETTING {SETTING}")


def test_subjects_as_user_names_are_shown_and_let_in(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.execute("CREATE USER theirs")
    del wish["logins"]["app_orders"], wish["logins"]["app_billing"]
    wish["logins"]["batch"] = {"identities": [["idp", "batch"]]}
    stack.wish(wish | {"by_subject": ["idp"]})

    printed = stack.up()

    opens = "each subject (audience crdb) may log in as the SQL user of the same name"
    assert opens in printed
    assert cluster.login("theirs", minted(issuer, sub="theirs", aud="crdb")) == "theirs"
    assert cluster.login("batch", minted(issuer, sub="batch", aud="crdb")) == "batch"
    assert "unchanged" in stack.up()
    stack.wish(wish)
    assert "subjects are no longer user names" in stack.up()
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("theirs", minted(issuer, sub="theirs", aud="crdb"))
    stack.destroy()
    assert set(options(cluster)) == {"admin", "root", "theirs"}
