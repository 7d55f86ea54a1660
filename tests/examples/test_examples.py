"""Each example does what its README says."""

import json
import re
from typing import Any

import psycopg
import pytest
from packaging.requirements import Requirement

from dev.cloud.handle import TENANT_ID, Clouds
from dev.cloud.tokens import ACCOUNT, APPLICATION, MANAGED_IDENTITY
from tests.docs.pages import ROOT
from tests.support.examples import Example
from tests.support.servers import EmbeddedCluster, LocalIssuer

EXTRAS = {"oidc": set(), "gcp": {"gcp"}, "azure": {"azure"}, "environments": set()}
LONGEST_README_LINES = 16


def named(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", [name], indirect=True, ids=[name])


def outputs(example: Example, stack: str = "dev") -> Any:
    return json.loads(example.run(f"pulumi stack output --json -s {stack}"))


def ends(example: Example, cluster: EmbeddedCluster, stack: str = "dev") -> None:
    """The stack has nothing left to do; then it goes, and leaves the cluster without it."""
    example.run(f"pulumi preview --expect-no-changes -s {stack}")
    example.run(f"pulumi destroy -s {stack}")
    assert "app_" not in str(cluster.snapshot())


def test_each_folder_is_tested_here() -> None:
    programs = (ROOT / "examples").glob("*/Pulumi.yaml")  # groups of them have tests of their own

    assert {program.parent.name for program in programs} == EXTRAS.keys()


@pytest.mark.parametrize("name", EXTRAS)
def test_an_example_is_complete_and_installs_the_extra_of_its_cloud(name: str) -> None:
    folder = ROOT / "examples" / name
    (line,) = (folder / "requirements.txt").read_text().splitlines()
    place, bracket, extras = line.partition(" ")[0].partition("[")

    assert {file.name for file in folder.iterdir()} >= {
        *("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "README.md"),
    }
    assert (folder / place / "pyproject.toml").is_file()
    assert Requirement(f"crdb-sso{bracket}{extras}").extras == EXTRAS[name]
    assert len((folder / "README.md").read_text().splitlines()) <= LONGEST_README_LINES


@pytest.mark.engine
@named("oidc")
def test_services_log_in_with_tokens_of_an_issuer(
    example: Example, cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    example.follow_readme()

    orders = issuer.token({"sub": "orders-service", "aud": "crdb"})
    preview = issuer.token({"sub": "orders-pr-7", "aud": "crdb"})
    assert cluster.login("app_orders", orders) == "app_orders"
    assert cluster.login("app_preview", preview) == "app_preview"
    with pytest.raises(psycopg.OperationalError, match="invalid principal"):
        cluster.login("app_orders", preview)
    ends(example, cluster)


@pytest.mark.engine
@pytest.mark.usefixtures("published_keys")
@named("gcp")
def test_service_accounts_log_in(
    example: Example, cluster: EmbeddedCluster, issuer: LocalIssuer, clouds: Clouds
) -> None:
    said = example.follow_readme()

    assert "metadata_server" in said
    ids = {a.inputs["accountId"]: a.outputs["uniqueId"] for a in clouds.objects(ACCOUNT)}
    for account, user in {"shop-orders": "app_orders", "shop-batch": "app_batch"}.items():
        token = issuer.google_token(str(ids[account]), "crdb-sso/gcp-logins/dev")
        assert cluster.login(user, token) == user
    ends(example, cluster)
    assert clouds.objects(ACCOUNT) == []


@pytest.mark.engine
@pytest.mark.usefixtures("published_keys")
@named("azure")
def test_managed_identities_log_in(
    example: Example, cluster: EmbeddedCluster, issuer: LocalIssuer, clouds: Clouds
) -> None:
    said = example.follow_readme()

    assert "imds" in said
    (app,) = clouds.objects(APPLICATION)
    for identity in clouds.objects(MANAGED_IDENTITY):
        (name,) = re.findall("billing|invoices", str(identity.inputs["resourceName"]))
        principal, audience = identity.outputs["principalId"], app.outputs["clientId"]
        token = issuer.entra_token(str(principal), str(audience), TENANT_ID)
        assert cluster.login(f"app_{name}", token) == f"app_{name}"
    ends(example, cluster)
    assert clouds.objects(MANAGED_IDENTITY) == []


@pytest.mark.engine
@named("environments")
def test_each_environment_has_its_own_audience_and_prod_is_protected(
    example: Example, cluster: EmbeddedCluster, issuer: LocalIssuer
) -> None:
    example.follow_readme()

    prod = issuer.token({"sub": "orders-service", "aud": "crdb-prod"})
    assert cluster.login("app_orders", prod) == "app_orders"
    assert set(outputs(example, "dev")["connect"]) == {"app_orders"}
    with pytest.raises(AssertionError, match="protected"):
        example.run("pulumi destroy -s prod")
    example.run("pulumi destroy -s dev")
    example.run("pulumi config set protect false -s prod", "pulumi up -s prod")
    ends(example, cluster, "prod")
