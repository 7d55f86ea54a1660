"""The programs and settings on the pages work as they stand."""

import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # ships no types
from pulumi.runtime import get_root_resource
from pulumi.runtime.stack import Stack

import components
from crdb_sso.clients.connecting.connection import WAIT_VARIABLE
from crdb_sso.clients.connecting.waiting import LONG_WAIT_S, SHORT_WAIT_S
from stack_config import StackConfig
from stack_keys import keys_of
from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import Run, Secret, World, run
from tests.docs.pages import ROOT, code_blocks, said_in_code
from tests.unit.test_stack_config import loaded

URL = "postgresql://operator@db.example.com:26257/defaultdb?sslmode=verify-full"
SECRET = {"clusterUrl"}

(OIDC,) = code_blocks("README.md", "python")
(GOOGLE,) = code_blocks("docs/google.md", "python")
(AZURE,) = code_blocks("docs/azure.md", "python")
LONGEST_LINES = 15
WORLD = World(
    outputs={**azure_programs.WORLD.outputs, **test_gcp_identity.WORLD.outputs},
    answers=azure_programs.WORLD.answers,
)


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the components the name that they have where the package is installed."""
    monkeypatch.setitem(sys.modules, "crdb_sso.components", components)


def run_as_it_stands(text: str) -> Run:
    def program() -> Mapping[str, Any]:
        exec(compile(text, "program.py", "exec"), {})  # noqa: S102 - it is our own
        stack = get_root_resource()
        assert isinstance(stack, Stack)
        return stack.outputs

    return run(program, config={"shop:clusterUrl": URL}, world=WORLD)


def test_the_readme_program_runs_as_it_stands() -> None:
    done = run_as_it_stands(OIDC)

    assert [(r.type, r.name) for r in done.resources] == [
        ("crdb-sso:index:OidcIssuer", "idp"),
        ("crdb-sso:index:ClusterSso", "sso"),
        ("pulumi-python:dynamic/crdb-sso:ClusterLogins", "sso-logins"),
    ]
    assert done.resources[2].inputs["cluster_url"] == Secret(URL)
    assert done.resources[2].inputs["logins"] == {
        "app_orders": {
            "identities": {
                "orders-service": {
                    "source": "idp",
                    "audience": "crdb",
                    "subject": "orders-service",
                }
            },
            "roles": {"orders_rw": True},
        }
    }
    assert done.exports["connect"]["app_orders"]["url"].startswith(
        "postgresql://app_orders@db.example.com:26257/defaultdb?"
    )


def test_the_program_for_google_runs_as_it_stands() -> None:
    done = run_as_it_stands(GOOGLE)

    assert {r.name for r in done.resources} == {
        "orders",
        "orders-account",
        "orders-gke",
        "sso",
        "sso-logins",
    }
    assert done.named("sso-logins").inputs["logins"]["app_orders"]["identities"] == {
        "orders": {
            "source": "google",
            "audience": "crdb-sso/shop/prod",
            "subject": "107812345678901234567",
        }
    }
    assert set(done.exports["recipes"]) == {"metadata_server", "impersonation", "gcloud"}


def test_the_program_for_azure_runs_as_it_stands() -> None:
    done = run_as_it_stands(AZURE)

    assert {r.name for r in done.resources} == {
        "crdb",
        "crdb-app",
        "crdb-uri",
        "crdb-principal",
        *(f"{name}{end}" for name in ("billing", "invoices") for end in ("", "-identity", "-role")),
        "sso",
        "sso-logins",
    }
    logins = done.named("sso-logins").inputs
    assert list(logins["sources"]) == ["crdb"]
    assert set(logins["logins"]["app_billing"]["identities"]) == {"billing", "invoices"}
    assert set(done.exports["recipes"]) == {"imds", "app_service", "aks"}


@pytest.mark.parametrize("program", [OIDC, GOOGLE, AZURE], ids=["oidc", "google", "azure"])
def test_a_program_of_the_pages_is_short(program: str) -> None:
    assert len(program.splitlines()) <= LONGEST_LINES


def test_the_readme_uses_configuration_keys_that_are_declared() -> None:
    said = "\n".join(said_in_code("README.md"))
    read = set(re.findall(r'config\.(?:get|require)\w*\("(\w+)"', OIDC + GOOGLE + AZURE))
    set_plain = set(re.findall(r"pulumi config set (\w+)", said))
    set_secret = set(re.findall(r"pulumi config set --secret (\w+)", said))

    assert read == {"clusterUrl"}
    assert set_secret == read
    assert set_secret <= SECRET
    assert set_plain <= keys_of(StackConfig).keys() - SECRET


def test_every_requirements_file_in_the_readme_exists() -> None:
    said = said_in_code("README.md")

    files = {line for line in said if re.fullmatch(r"requirements\S*\.txt", line)}
    assert all((ROOT / file).is_file() for file in files)
    assert "requirements-gcp.txt" in said_in_code("docs/google.md")
    assert "requirements-azure.txt" in said_in_code("docs/azure.md")


def read_example(number: int) -> StackConfig:
    example = code_blocks("docs/configuration.md", "yaml")[number]
    values = yaml.safe_load(example)["config"] | {"crdb-sso:clusterUrl": URL}
    ours = {k.removeprefix("crdb-sso:"): v for k, v in values.items() if not k.startswith("gcp:")}
    return loaded(ours)[0]


def test_the_cloud_identities_on_the_configuration_page_are_valid() -> None:
    config = read_example(1)

    orders, billing = config.gcp["orders"], config.azure["billing"]
    assert orders.gke is not None
    assert (orders.gke.namespace, orders.gke.service_account) == ("shop", "orders")
    assert billing.resource_group_name == "billing"
    assert config.logins["app_orders"].identities == ("orders",)


def test_the_configuration_page_shows_settings_that_can_be_read() -> None:
    logins = read_example(0).logins

    assert list(logins) == ["app_orders", "app_export"]
    assert logins["app_orders"].subjects == ("orders-service", "/^orders-pr-[0-9]+$")
    assert logins["app_orders"].roles == ("orders_rw",)
    assert logins["app_export"].subjects == ("export",)
    assert not logins["app_export"].login


def test_the_configuration_page_says_how_long_a_connection_may_take() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{WAIT_VARIABLE}` |")]

    assert f"; by default {LONG_WAIT_S:g}, for commands {SHORT_WAIT_S:g}" in row
