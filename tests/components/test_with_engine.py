"""What only the real engine shows: plain errors, fetched keys in a preview, project files."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.cloud.handle import Clouds
from dev.setup.environment import closed_environment
from tests.components.programs import JWK_TEXT
from tests.support.stacks import Stack
from tests.unit.scripted_https_server import HttpsServer, https_server, status, text

pytestmark = pytest.mark.engine

PROJECT = Path(__file__).resolve().parents[2]
WELL_KNOWN = "/.well-known/openid-configuration"
PROGRAM = """\
import json
from pathlib import Path

import pulumi

from components import ClusterSso, OidcIssuer

given = json.loads(Path("given.json").read_text())
if given.pop("unknown_issuer", False):
    given["issuer"] = pulumi.Output.from_input(pulumi.UNKNOWN)
idp = OidcIssuer("idp", given)
url = "postgresql://ops:hunter2@127.0.0.1:1/defaultdb"
logins = {"app": {"identities": [idp.subject("batch")]}}
ClusterSso("sso", {"cluster_url": url, "keys": "pinned", "logins": logins})
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return Stack(tmp_path_factory.mktemp("stack") / "project", PROGRAM)


@pytest.fixture
def idp(tmp_path: Path) -> Iterator[HttpsServer]:
    """An issuer whose key set holds a usable key and one of a future type."""
    with https_server(tmp_path) as server:
        document = {"issuer": server.url, "jwks_uri": f"{server.url}/keys"}
        new = {"kty": "AKP", "kid": "pq1", "pub": "AA"}
        server.answers[WELL_KNOWN] = text(json.dumps(document))
        server.answers["/keys"] = text(json.dumps({"keys": [json.loads(JWK_TEXT), new]}))
        yield server


def preview(stack: Stack, **given: Any) -> tuple[int, str]:
    (stack.folder / "given.json").write_text(json.dumps({"audience": "crdb", **given}))
    outcome = stack.pulumi("preview", "--diff", "-s", stack.name)
    return outcome.code, outcome.text


def test_a_preview_shows_the_fetched_keys_and_warns_about_the_one_left_out(
    stack: Stack, idp: HttpsServer
) -> None:
    code, shown = preview(stack, issuer=idp.url, ca_file=idp.ca_file)
    assert code == 0, shown
    assert "k1: (json) {" in shown
    assert f'jwks_uri: "{idp.url}/keys"' in shown
    assert f"warning: {idp.url}/keys: key 'pq1': its `kty` is 'AKP'" in shown
    assert "pq1:" not in shown
    assert "hunter2" not in shown
    assert idp.asked == [WELL_KNOWN, "/keys"]


def test_with_an_issuer_not_known_yet_nothing_is_fetched(stack: Stack, idp: HttpsServer) -> None:
    code, shown = preview(stack, unknown_issuer=True, ca_file=idp.ca_file)
    assert code == 0, shown
    assert "keys    : [unknown]" in shown
    assert "issuer  : [unknown]" in shown
    assert "object at 0x" not in shown
    assert idp.asked == []


def test_a_failed_fetch_is_reported_without_a_traceback(stack: Stack, idp: HttpsServer) -> None:
    idp.answers["/keys"] = status(503)
    code, shown = preview(stack, issuer=idp.url, ca_file=idp.ca_file)
    assert code != 0
    assert (
        f"resource 'sso-logins' has a problem: OidcIssuer 'idp': {idp.url}/keys: answered 503"
    ) in shown
    assert "Next step: Check `issuer`" in shown
    assert "Traceback" not in shown
    assert "hunter2" not in shown


def test_a_bad_argument_is_reported_without_a_traceback(stack: Stack) -> None:
    code, shown = preview(stack, issuer="https://idp example.com")
    assert code != 0
    assert "error: OidcIssuer 'idp': the issuer 'https://idp example.com' contains ' '" in shown
    assert "Next step: Copy `iss` from a token" in shown
    assert "Traceback" not in shown


# the project's own program and files


@pytest.fixture(scope="module")
def own_project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("own")
    for path in [
        *PROJECT.glob("Pulumi*.yaml"),
        PROJECT / "__main__.py",
        *PROJECT.glob("stack_*.py"),
    ]:
        shutil.copy(path, folder)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / "backend").mkdir()
    environment = {
        **os.environ,
        **closed_environment(PROJECT, os.environ),
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_HOME": str(folder / "home"),
        "PYTHONPATH": str(PROJECT),
    }
    Clouds(folder / "clouds").install(folder / "home")
    return folder, environment


def pulumi(own: tuple[Path, dict[str, str]], *arguments: str) -> tuple[int, str]:
    folder, environment = own
    engine = shutil.which("pulumi", path=environment["PATH"])
    assert engine, "no Pulumi engine: run `make setup`"
    ran = subprocess.run(
        [engine, *arguments, "--non-interactive", "--color", "never"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    return ran.returncode, ran.stdout


GIVEN_KEYS = {"staging": ["gcpJwks"], "prod": ["gcpJwks", "azureJwks"]}


@pytest.mark.parametrize(
    ("name", "lines", "count"),
    [
        pytest.param("local", ["app_batch: idp subject batch-runner (audience crdb)"], 4),
        pytest.param("dev", ["app_batch: idp subject batch-runner (audience crdb-dev)"], 4),
        pytest.param(
            "staging",
            [
                "app_batch: idp subject batch-runner (audience crdb-staging)",
                "app_batch: google subject [unknown] (audience crdb-sso/crdb-sso/staging)",
                "app_orders: google subject [unknown] (audience crdb-sso/crdb-sso/staging)",
            ],
            10,
        ),
        pytest.param(
            "prod",
            [
                "app_batch: idp subject batch-runner (audience crdb)",
                "app_billing: azure subject [unknown] (audience [unknown])",
                "app_orders: google subject [unknown] (audience crdb-sso/crdb-sso/prod)",
            ],
            15,
        ),
    ],
)
def test_the_engine_accepts_each_stack_file_once_the_secret_is_set(
    own_project: tuple[Path, dict[str, str]], name: str, lines: list[str], count: int
) -> None:
    secret = ["--secret", "clusterUrl=postgresql://ops@db.example.com/defaultdb"]
    assert pulumi(own_project, "stack", "init", name)[0] == 0
    keys = [
        word
        for key in ["jwks", *GIVEN_KEYS.get(name, [])]
        for word in ("--plaintext", f"{key}={JWK_TEXT}")
    ]
    assert pulumi(own_project, "config", "set-all", *secret, *keys, "-s", name)[0] == 0
    code, shown = pulumi(own_project, "preview", "--diff", "-s", name)
    assert code == 0, shown
    assert re.search(rf'owner +: "organization/crdb-sso/{name}/sso"', shown)
    assert all(f"+ {line} may log in" in shown for line in lines)
    assert f"+ {count} to create" in shown


def test_the_program_asks_for_the_cluster_url_and_accepts_only_a_secret(
    own_project: tuple[Path, dict[str, str]],
) -> None:
    folder, _ = own_project
    shutil.copy(PROJECT / "Pulumi.local.yaml", folder / "Pulumi.clear.yaml")
    assert pulumi(own_project, "stack", "init", "clear")[0] == 0
    code, shown = pulumi(own_project, "preview", "-s", "clear")
    assert code != 0
    assert "error: Pulumi.clear.yaml: crdb-sso:clusterUrl is missing" in shown
    assert "Run `pulumi config set --secret crdb-sso:clusterUrl " in shown

    pulumi(own_project, "config", "set", "clusterUrl", "postgresql://ops@db/x", "-s", "clear")
    code, shown = pulumi(own_project, "preview", "-s", "clear")
    assert code != 0
    assert "error: Pulumi.clear.yaml: crdb-sso:clusterUrl is not encrypted" in shown
    assert "postgresql://ops@db/x" not in shown


WITHOUT_GCP = """\
import sys

sys.modules["pulumi_gcp"] = None  # as if it were not installed
from components.gcp import GcpIdentity
"""


def test_a_missing_cloud_package_is_one_line(stack: Stack) -> None:
    program = stack.folder / "__main__.py"
    program.write_text(WITHOUT_GCP)
    try:
        outcome = stack.pulumi("preview", "-s", stack.name)
    finally:
        program.write_text(PROGRAM)
    assert outcome.code != 0
    line = "the package pulumi-gcp is not installed. Install crdb-sso with the extra: pip"
    assert f"error: {line}" in outcome.text
    assert "Traceback" not in outcome.text
