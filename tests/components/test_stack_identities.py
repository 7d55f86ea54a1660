"""The identities that the example program makes out of its configuration."""

from dataclasses import replace

import pulumi
import pytest

from stack_config import LoginConfig, StackConfig
from stack_identities import cloud_identities
from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import Run, World, run
from tests.components.programs import JWK_TEXT, URL

WORLD = World(
    outputs={**azure_programs.WORLD.outputs, **test_gcp_identity.WORLD.outputs},
    answers=azure_programs.WORLD.answers,
)
GCP = {"orders": {"account_id": "shop-orders", "jwks": JWK_TEXT}}
AZURE = {name: {"resource_group_name": "billing"} for name in ("billing", "invoices")}


def made(*, protect: bool) -> Run:
    found: list[str] = []

    def program() -> None:
        config = StackConfig(pulumi.Output.from_input(URL), "pinned", {"app": LoginConfig()})
        config = replace(
            config, gcp=GCP, azure=AZURE, azure_audience={"jwks": JWK_TEXT}, protect=protect
        )
        found.extend(cloud_identities(config))

    done = run(program, world=WORLD)
    assert found == ["orders", "billing", "invoices"]
    return done


def test_all_azure_identities_share_one_audience() -> None:
    done = made(protect=False)
    audiences = [r.name for r in done.resources if r.type == "crdb-sso:index:AzureAudience"]
    assert audiences == ["azure"]


@pytest.mark.parametrize("protect", [True, False])
def test_what_is_made_for_guarded_logins_is_guarded_too(protect: bool) -> None:  # noqa: FBT001 - a cell
    assert {r.protect for r in made(protect=protect).resources} == {protect}
