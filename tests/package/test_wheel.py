"""The wheel, installed in an environment of its own: a program elsewhere, and the command."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crdb_sso import __version__
from tests.support.elsewhere import move_to
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, local_issuer
from tests.support.stacks import Stack
from tests.support.wheels import PROJECT, Environment, make_environment

PROGRAM = """\
import json
from pathlib import Path

import pulumi

import crdb_sso
from crdb_sso.components import ClusterSso, OidcIssuer

wish = json.loads(Path("wish.json").read_text())
idp = OidcIssuer("idp", wish["issuer"])
sso = ClusterSso(
    "sso",
    {
        "cluster_url": pulumi.Output.secret(wish["cluster_url"]),
        "keys": "pinned",
        "logins": {"app_orders": {"identities": [idp.subject("orders")]}},
    },
)
pulumi.export("version", crdb_sso.__version__)
pulumi.export("loaded_from", str(Path(crdb_sso.__file__).parent))
pulumi.export("connect", sso.connect)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path, wheels: Path) -> Environment:
    return make_environment(tmp_path_factory.mktemp("fresh") / "venv", wheels, str(wheel))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def stack(tmp_path: Path, cluster: EmbeddedCluster, issuer: LocalIssuer) -> Stack:
    """A stack whose program has yet to move to where the package is installed."""
    made = Stack(tmp_path / "shop", PROGRAM)
    made.wish(
        {
            "cluster_url": cluster.admin_url,
            "issuer": {"issuer": issuer.issuer, "audience": "crdb", "ca_file": issuer.ca_cert},
        }
    )
    return made


def test_what_is_installed_fits_together(installed: Environment) -> None:
    checked = installed.run("pip", "check")

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("words", [("crdb-sso",), ("python", "-m", "crdb_sso")])
def test_the_command_helps(installed: Environment, words: tuple[str, ...]) -> None:
    helped = installed.run(*words, "--help")

    assert helped.returncode == 0, helped.stderr
    assert "claims" in helped.stdout


def test_an_adopted_program_imports_what_is_installed(
    installed: Environment, cluster: EmbeddedCluster
) -> None:
    adopted = installed.run("crdb-sso", "adopt", CRDB_SSO_CLUSTER_URL=cluster.admin_url)

    assert adopted.returncode == 0, adopted.stderr
    assert "\nfrom crdb_sso.components import ClusterSso\n" in adopted.stdout


def test_a_type_checker_sees_a_mistake_and_no_other(installed: Environment, tmp_path: Path) -> None:
    program = (PROJECT / "examples/oidc/__main__.py").read_text()
    (tmp_path / "program.py").write_text(program.replace('"pinned"', '"pined"'))

    checked = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--python-executable"),
            *(installed.bin / "python", "program.py"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert 'TypedDict item "keys"' in checked.stdout
    assert "Found 1 error" in checked.stdout


@pytest.mark.engine
def test_a_program_elsewhere_lives_from_up_to_destroy(
    installed: Environment, cluster: EmbeddedCluster, issuer: LocalIssuer, stack: Stack
) -> None:
    found = cluster.snapshot()
    move_to(stack, installed)

    stack.up()

    assert stack.output("version") == __version__
    assert Path(stack.output("loaded_from")).is_relative_to(installed.folder)
    token = issuer.token({"sub": "orders", "aud": "crdb"})
    assert cluster.login("app_orders", token) == "app_orders"
    assert "unchanged" in stack.up()
    stack.preview("--expect-no-changes")
    listed = installed.run(
        "crdb-sso", "claims", "list", "--json", CRDB_SSO_CLUSTER_URL=cluster.admin_url
    )
    assert listed.returncode == 0, listed.stderr
    assert {claim["owner"] for claim in json.loads(listed.stdout)} == {
        f"organization/shop/{stack.name}/sso"
    }
    stack.destroy()
    assert cluster.snapshot() == found


@pytest.mark.engine
def test_a_stack_moves_from_a_checkout_to_the_package_without_a_diff(
    installed: Environment, cluster: EmbeddedCluster, stack: Stack
) -> None:
    found = cluster.snapshot()
    program = stack.folder / "__main__.py"
    program.write_text(PROGRAM.replace("crdb_sso.components", "components"))
    stack.up()

    program.write_text(PROGRAM)
    move_to(stack, installed)

    shown = stack.preview()
    assert "4 unchanged" in shown
    assert "sso-logins" not in shown
    stack.destroy()
    assert cluster.snapshot() == found
