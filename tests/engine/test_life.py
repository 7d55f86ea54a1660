"""From nothing to logins and back, through the real engine."""

import json
from typing import Any

import psycopg
import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, minted
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


def test_up_lets_a_token_log_in_and_destroy_leaves_the_cluster_as_found(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.set("server.jwt_authentication.audience", "others")
    cluster.set("server.identity_map.configuration", "# theirs\nhttps://theirs  sub  u")
    found = cluster.snapshot()
    stack.wish(wish)

    stack.up()

    token = minted(issuer, sub="orders", aud="crdb")
    assert cluster.login("app_orders", token) == "app_orders"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_billing", token)
    assert "# theirs\nhttps://theirs  sub  u\n" in cluster.snapshot().setting(
        "identity_map.configuration"
    )
    stack.destroy()
    assert cluster.snapshot() == found
    assert cluster.execute("SELECT count(*) FROM crdb_sso.public.claims") == [(0,)]


def test_the_connect_output_opens_a_session_unchanged(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish | {"connect_ca_file": cluster.ca_cert})
    stack.up()

    connect = stack.output("connect")

    assert set(connect) == {"app_orders", "app_billing"}
    token = minted(issuer, sub="billing", aud="crdb")
    with psycopg.connect(connect["app_billing"]["url"], password=token) as conn:
        assert conn.execute("SELECT current_user").fetchone() == ("app_billing",)
    assert "crdb" in connect["app_billing"]["token"]
    stack.destroy()


def test_a_second_up_changes_nothing(stack: Stack, wish: dict[str, Any]) -> None:
    stack.wish(wish)
    stack.up()

    again = stack.up()

    assert "unchanged" in again
    assert not any(word in again for word in ("updated", "created", "replaced"))
    assert "- " not in stack.preview("--expect-no-changes")
    stack.destroy()


def test_no_password_is_in_outputs_state_or_messages(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    cluster.execute("CREATE USER op WITH PASSWORD 's3cret-pw'")
    cluster.execute("GRANT admin TO op")
    url = (
        f"postgresql://op:s3cret-pw@{cluster.host}:{cluster.port}/defaultdb"
        f"?sslmode=verify-full&sslrootcert={cluster.ca_cert}"
    )
    stack.wish(wish | {"cluster_url": url})

    said = stack.preview() + stack.up() + stack.refresh()
    said += stack.pulumi("stack", "output", "--json", "-s", stack.name).text
    said += stack.state()
    said += stack.pulumi("preview", "--diff", "--json", "-s", stack.name).text
    stack.wish(wish | {"cluster_url": url + "&no-such-parameter=1"})
    refused = stack.pulumi("preview", "-s", stack.name)
    stack.wish(wish | {"cluster_url": url})
    said += refused.text + stack.destroy()

    assert refused.code != 0
    assert "cluster_url can't be read by libpq" in refused.text
    assert "s3cret-pw" not in said
    assert "password" in said  # the warning that it is in the URL


def test_a_rotated_key_is_named_in_the_preview_and_written_by_up(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack, wish: dict[str, Any]
) -> None:
    stack.wish(wish)
    stack.up()
    before = kids(cluster)

    issuer.rotate()
    shown = stack.preview()

    (new,) = issuer.kids() - before
    assert f"+ idp: key {new} is trusted" in shown
    stack.up()
    assert kids(cluster) == issuer.kids()
    assert cluster.login("app_orders", minted(issuer, sub="orders", aud="crdb")) == "app_orders"
    stack.destroy()


def kids(cluster: EmbeddedCluster) -> set[str]:
    return {key["kid"] for key in json.loads(cluster.snapshot().setting("jwks"))["keys"]}


def test_a_failed_creation_is_undone_and_the_next_up_completes_it(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish(wish)
    cluster.faults(
        {"match": "SET CLUSTER SETTING", "kind": "error", "sqlstate": "XXUUU", "message": "no luck"}
    )

    failed = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert failed.code != 0
    assert "while setting server.identity_map.configuration: no luck" in failed.text
    assert "was undone" in failed.text
    assert cluster.snapshot() == found
    stack.up()
    assert cluster.snapshot().claims
    stack.destroy()
    assert cluster.snapshot() == found


def test_an_update_that_fails_halfway_is_completed_by_the_next_and_removed_completely(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish(wish)
    stack.up()
    changed = wish | {"logins": {"app_stock": {"identities": [["idp", "stock"]]}}}
    stack.wish(changed)
    cluster.faults({"match": "DROP USER", "kind": "drop_before"})

    failed = stack.pulumi("up", "--yes", "--skip-preview", "-s", stack.name)

    assert failed.code != 0
    assert "the connection was lost while dropping users" in failed.text
    stack.up()
    users = {user for user, _, _ in cluster.snapshot().users}
    assert users == {"admin", "app_stock", "root"}
    stack.destroy()
    assert cluster.snapshot() == found


def test_a_destroy_that_fails_halfway_is_completed_by_the_next(
    cluster: EmbeddedCluster, stack: Stack, wish: dict[str, Any]
) -> None:
    found = cluster.snapshot()
    stack.wish(wish)
    stack.up()
    cluster.faults({"match": "SET CLUSTER SETTING", "kind": "drop_before", "skip": 2})

    assert stack.pulumi("destroy", "--yes", "--skip-preview", "-s", stack.name).code != 0

    stack.destroy()
    assert cluster.snapshot() == found
