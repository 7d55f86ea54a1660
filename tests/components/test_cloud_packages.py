"""A cloud's package is loaded only if it is used; if it is missing, the error is one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from components._options import needs_package

ROOT = Path(__file__).resolve().parents[2]
CLOUD_PACKAGES = {"pulumi_gcp", "pulumi_azure_native", "pulumi_azuread"}
OIDC_ONLY = """
import sys, stack_config
from components import ClusterSso, OidcIssuer
print(*sorted(name for name in sys.modules if name.startswith("pulumi_")))
"""
WITHOUT = """
import sys
sys.modules[{module!r}] = None  # as if it were not installed
import {component}
"""


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_program_that_uses_only_oidc_imports_no_cloud_package() -> None:
    done = python(OIDC_ONLY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("component", "loaded"),
    [
        pytest.param("components.gcp", {"pulumi_gcp"}, id="gcp"),
        pytest.param("components.azure", {"pulumi_azure_native", "pulumi_azuread"}, id="azure"),
    ],
)
def test_a_cloud_loads_its_own_packages_only(component: str, loaded: set[str]) -> None:
    done = python(f"import sys, {component}; print(*(n.partition('.')[0] for n in sys.modules))")
    assert done.returncode == 0, done.stderr
    assert CLOUD_PACKAGES & set(done.stdout.split()) == loaded


@pytest.mark.parametrize(
    ("component", "module", "package", "extra"),
    [
        pytest.param("components.gcp", "pulumi_gcp", "pulumi-gcp", "gcp", id="gcp"),
        pytest.param(
            *("components.azure", "pulumi_azure_native", "pulumi-azure-native", "azure"),
            id="azure-native",
        ),
        pytest.param("components.azure", "pulumi_azuread", "pulumi-azuread", "azure", id="azuread"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(
    component: str, module: str, package: str, extra: str
) -> None:
    done = python(WITHOUT.format(component=component, module=module))
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == (
        f"pulumi.errors.RunError: the package {package} is not installed. Install crdb-sso"
        f" with the extra: pip install '<folder of crdb-sso>[{extra}]', or in its repository"
        f" pip install -r requirements-{extra}.txt"
    )


@pytest.mark.parametrize("file", ["requirements-gcp.txt", "requirements-azure.txt"])
def test_the_named_file_pins_the_cloud_and_everything_every_program_needs(file: str) -> None:
    lines = (ROOT / file).read_text().splitlines()
    assert "-r requirements.txt" in lines
    assert any(line.startswith("pulumi-") and "==" in line for line in lines)


def test_a_module_that_is_missing_inside_a_package_is_not_blamed_on_the_package() -> None:
    with (
        pytest.raises(ModuleNotFoundError, match="no_such_module"),
        needs_package("pulumi-gcp", "gcp"),
    ):
        import no_such_module  # type: ignore[import-not-found] # noqa: F401, PLC0415 - that is the case
