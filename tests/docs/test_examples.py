"""The programs and settings that the pages show work as they stand."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # ships no types
from pulumi.runtime import get_root_resource
from pulumi.runtime.stack import Stack

import components
import stack_config
from crdb_sso.clients.connecting import WAIT_S, WAIT_VARIABLE
from tests.components import azure_programs, test_gcp_identity
from tests.components.mockrun import Run, Secret, World, run
from tests.docs.pages import ROOT, code_blocks, said_in_code

URL = "postgresql://operator@db.example.com:26257/defaultdb?sslmode=verify-full"
DECLARED: Mapping[str, Mapping[str, Any]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())[
    "config"
]


OIDC, GOOGLE, AZURE = code_blocks("README.md", "python")
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
        exec(compile(text, "README.md", "exec"), {})  # noqa: S102 - it is our own
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


def test_the_readme_program_for_google_runs_as_it_stands() -> None:
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


def test_the_readme_program_for_azure_runs_as_it_stands() -> None:
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
def test_a_readme_program_is_short(program: str) -> None:
    assert len(program.splitlines()) <= LONGEST_LINES


def test_the_readme_uses_configuration_keys_that_are_declared() -> None:
    said = "\n".join(said_in_code("README.md"))
    read = set(re.findall(r'config\.(?:get|require)\w*\("(\w+)"', OIDC + GOOGLE + AZURE))
    set_plain = set(re.findall(r"pulumi config set (\w+)", said))
    set_secret = set(re.findall(r"pulumi config set --secret (\w+)", said))

    assert read == {"clusterUrl"}
    assert set_secret == read
    assert set_secret <= {key for key, of in DECLARED.items() if of.get("secret")}
    assert set_plain <= {key for key, of in DECLARED.items() if not of.get("secret")}


def test_every_file_that_the_readme_installs_from_exists() -> None:
    said = said_in_code("README.md")

    files = {line for line in said if re.fullmatch(r"requirements\S*\.txt", line)}
    assert files == {"requirements-gcp.txt", "requirements-azure.txt"}
    assert all((ROOT / file).is_file() for file in files)


def read_example(number: int) -> stack_config.StackConfig:
    example = code_blocks("docs/configuration.md", "yaml")[number]
    values = yaml.safe_load(example)["config"] | {"crdb-sso:clusterUrl": URL}
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    found: list[stack_config.StackConfig] = []
    run(lambda: found.append(stack_config.load()), config=texts)
    return found[0]


def test_the_configuration_page_shows_identities_of_clouds_that_can_be_read() -> None:
    config = read_example(1)

    assert config.gcp["orders"]["gke"] == {"namespace": "shop", "service_account": "orders"}
    assert config.azure == {"billing": {"resource_group_name": "billing"}}
    assert config.logins["app_orders"].identities == ("orders",)


def test_the_configuration_page_shows_settings_that_can_be_read() -> None:
    assert read_example(0).logins == {
        "app_orders": stack_config.LoginConfig(
            ("orders-service", "/^orders-pr-[0-9]+$"), ("orders_rw",)
        ),
        "app_export": stack_config.LoginConfig(("export",), may_login=False),
    }


def test_the_configuration_page_tells_how_long_a_connection_is_waited_for() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{WAIT_VARIABLE}` |")]

    assert f"; {WAIT_S:g} by default" in row
