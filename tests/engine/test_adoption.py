"""A cluster that was set up by hand comes under Pulumi, through the real engine."""

import shlex
from collections.abc import Mapping

import pytest

from crdb_sso.adopt.program import config_text, program_text
from tests.support.handmade_clusters import (
    AUDIENCE,
    EACH_LAYOUT,
    ENABLED,
    IDENTITY_MAP,
    JWKS,
    read_adoption,
    set_up,
    visible,
)
from tests.support.servers import EmbeddedCluster, LocalIssuer, minted
from tests.support.snapshots import ISSUERS
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


def configure(stack: Stack, cluster: EmbeddedCluster) -> None:
    """Run the commands of the printed configuration, and answer what they ask for."""
    text = config_text(project="shop", stack="adopted")
    (stack.folder / "Pulumi.adopted.yaml").write_text(text)
    create, set_url = (
        shlex.split(line.removeprefix("#"))[1:]
        for line in text.splitlines()
        if line.startswith("#     pulumi ")
    )
    stack.name = "adopted"
    for command in (create, [*set_url, cluster.admin_url]):
        outcome = stack.pulumi(*command)
        assert outcome.code == 0, outcome.text
    written = (stack.folder / "Pulumi.adopted.yaml").read_text()
    assert "shop:clusterUrl:\n    secure: " in written
    assert cluster.admin_url not in written


@pytest.mark.parametrize("texts", EACH_LAYOUT)
def test_up_and_destroy_leave_every_byte_and_every_user_as_found(
    cluster: EmbeddedCluster, stack: Stack, texts: Mapping[str, str]
) -> None:
    set_up(cluster, texts)
    before = visible(cluster)
    (stack.folder / "__main__.py").write_text(program_text(read_adoption(cluster)))
    configure(stack, cluster)

    stack.up()

    assert visible(cluster) == before
    stack.preview("--refresh", "--expect-no-changes")
    assert set(stack.output("connect")) >= {"app_orders"}
    stack.destroy()
    assert visible(cluster) == before
    assert cluster.snapshot().claims == ()


def test_a_token_logs_in_before_and_after_as_the_same_user(
    cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack
) -> None:
    set_up(
        cluster,
        {
            ENABLED: "true",
            JWKS: issuer.jwks(),
            ISSUERS: issuer.issuer,
            AUDIENCE: "crdb",
            IDENTITY_MAP: f"{issuer.issuer} orders app_orders",
        },
    )
    (stack.folder / "__main__.py").write_text(program_text(read_adoption(cluster)))
    configure(stack, cluster)
    token = minted(issuer, sub="orders", aud="crdb")
    assert cluster.login("app_orders", token) == "app_orders"

    stack.up()

    assert cluster.login("app_orders", token) == "app_orders"
    stack.destroy()
    assert cluster.login("app_orders", token) == "app_orders"
