"""The whole life of cloud logins, on imitated clouds and on real ones."""

from typing import Any

import pytest

from tests.engine.clouds.places import AzurePlace, GooglePlace
from tests.support.servers import EmbeddedCluster
from tests.support.stacks import Stack

pytestmark = pytest.mark.engine


@pytest.mark.gcp
def test_a_service_account_is_created_logs_in_and_is_deleted(
    cluster: EmbeddedCluster, stack: Stack, google: GooglePlace
) -> None:
    found = cluster.snapshot()
    stack.wish(
        {
            "cluster_url": cluster.admin_url,
            "gcp": {"orders": google.account()},
            "logins": {"app_orders": ["orders"]},
        }
    )

    stack.up()

    orders = stack.output("orders")
    assert cluster.login("app_orders", google.token(orders)) == "app_orders"
    assert cluster.snapshot().setting("identity_map.configuration") == (
        f"https://accounts.google.com {orders['id']} app_orders\n"
    )
    stack.refresh()
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found
    assert not google.is_left(orders)


@pytest.mark.azure
def test_a_managed_identity_and_its_audience_are_created_and_deleted(
    cluster: EmbeddedCluster, stack: Stack, azure: AzurePlace
) -> None:
    found = cluster.snapshot()
    aks: dict[str, Any] = {
        f"west-{n}": {
            "issuer": "https://westeurope.oic.prod-aks.azure.com/t/c/",
            "namespace": "shop",
            "service_account": f"billing-{n}",
        }
        for n in range(3)
    }
    stack.wish(
        {
            "cluster_url": cluster.admin_url,
            "azure_audience": azure.audience(),
            "azure": {"billing": {"resource_group_name": azure.group, "aks": aks}},
            "logins": {"app_billing": ["billing"]},
        }
    )

    stack.up()

    billing, audience = stack.output("billing"), stack.output("audience")
    lines = cluster.snapshot().setting("identity_map.configuration")
    assert lines.startswith("https://login.microsoftonline.com/")
    assert lines.endswith(f"/v2.0 {billing['id']} app_billing\n")
    assert audience in cluster.snapshot().setting("audience")
    stack.refresh()
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert cluster.snapshot() == found
    assert not azure.is_left(billing)
