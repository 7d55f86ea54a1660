"""The programs and settings that the pages show work as they stand."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml  # type: ignore[import-untyped] # ships no types
from pulumi.runtime import get_root_resource
from pulumi.runtime.stack import Stack

import stack_config
from crdb_sso.clients.connecting import WAIT_S, WAIT_VARIABLE
from tests.components.mockrun import Secret, run
from tests.docs.pages import ROOT, code_blocks, said_in_code

URL = "postgresql://operator@db.example.com:26257/defaultdb?sslmode=verify-full"
DECLARED: Mapping[str, Mapping[str, Any]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())[
    "config"
]


def readme_program() -> str:
    (program,) = code_blocks("README.md", "python")
    return program


def test_the_readme_program_runs_as_it_stands() -> None:
    def program() -> Mapping[str, Any]:
        exec(compile(readme_program(), "README.md", "exec"), {})  # noqa: S102 - it is our own
        stack = get_root_resource()
        assert isinstance(stack, Stack)
        return stack.outputs

    done = run(program, config={"shop:clusterUrl": URL})

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


def test_the_readme_uses_configuration_keys_that_are_declared() -> None:
    said = "\n".join(said_in_code("README.md"))
    read = set(re.findall(r'config\.(?:get|require)\w*\("(\w+)"', readme_program()))
    set_plain = set(re.findall(r"pulumi config set (\w+)", said))
    set_secret = set(re.findall(r"pulumi config set --secret (\w+)", said))

    assert read == {"clusterUrl"}
    assert set_secret == read
    assert set_secret <= {key for key, of in DECLARED.items() if of.get("secret")}
    assert set_plain <= {key for key, of in DECLARED.items() if not of.get("secret")}


def test_every_file_that_the_readme_installs_from_exists() -> None:
    files = re.findall(r"pip install -r (\S+)", "\n".join(said_in_code("README.md")))

    assert files == ["requirements.txt"]
    assert (ROOT / files[0]).is_file()


def test_the_configuration_page_shows_settings_that_can_be_read() -> None:
    (example,) = code_blocks("docs/configuration.md", "yaml")
    values = yaml.safe_load(example)["config"] | {"crdb-sso:clusterUrl": URL}
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    found = []

    run(lambda: found.append(stack_config.load()), config=texts)

    assert found[0].logins == {
        "app_orders": stack_config.LoginConfig(
            ("orders-service", "/^orders-pr-[0-9]+$"), ("orders_rw",)
        ),
        "app_export": stack_config.LoginConfig(("export",), may_login=False),
    }


def test_the_configuration_page_tells_how_long_a_connection_is_waited_for() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{WAIT_VARIABLE}` |")]

    assert f"; {WAIT_S:g} by default" in row
