"""The identities that the example program makes from its configuration."""

from typing import Any

import pulumi
import pytest

from stack_config import StackConfig
from stack_identities import cloud_identities
from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import Run, World, run
from tests.components.programs import JWK_TEXT, URL

WORLD = World(
    outputs={**azure_programs.WORLD.outputs, **test_gcp_identity.WORLD.outputs},
    answers=azure_programs.WORLD.answers,
)


def made(*, protect: bool) -> Run:
    found: list[str] = []

    def program() -> None:
        values: dict[str, Any] = {
            "clusterUrl": pulumi.Output.secret(URL),
            "keys": "pinned",
            "gcp": {"orders": {"accountId": "shop-orders"}},
            "gcpJwks": JWK_TEXT,
            "azure": {name: {"resourceGroupName": "billing"} for name in ("billing", "invoices")},
            "azureJwks": JWK_TEXT,
            "protect": protect,
            "logins": {"app": {"identities": ["orders"]}},
        }
        found.extend(cloud_identities(StackConfig.model_validate(values)))

    done = run(program, world=WORLD)
    assert found == ["orders", "billing", "invoices"]
    return done


def test_all_azure_identities_share_one_audience() -> None:
    done = made(protect=False)
    audiences = [r.name for r in done.resources if r.type == "crdb-sso:index:AzureAudience"]
    assert audiences == ["azure"]


@pytest.mark.parametrize("protect", [True, False])
def test_what_is_made_for_protected_logins_is_protected_too(protect: bool) -> None:  # noqa: FBT001 - a cell
    assert {r.protect for r in made(protect=protect).resources} == {protect}
