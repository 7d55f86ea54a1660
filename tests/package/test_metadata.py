"""What the wheel holds, and what it says of itself."""

import ast
import re
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import crdb_sso
from tests.support.wheels import PROJECT, build, metadata_of, pins, requirements_of

NOT_IN_THE_WHEEL = {
    "dill",  # comes with pulumi; pinned because it pickles the provider
    "pydantic",  # checks the configuration of this repository's own program
}

BROUGHT = {
    "psycopg2-binary",  # whoever uses this driver has it, or the same built by themselves: psycopg2
}


def files(wheel: Path) -> dict[str, int]:
    """Return the checksum of each file in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {file.filename: file.CRC for file in archive.infolist()}


def version_of(pin: Requirement) -> Version:
    """Return the version that is pinned."""
    (exact,) = pin.specifier
    assert exact.operator == "=="
    return Version(exact.version)


EXTRAS = ("gcp", "azure", "html")
WORKLOADS = (
    *("workload", "workload-gcp", "workload-azure", "workload-aws", "workload-ci"),
    *("workload-spiffe", "workload-oauth", "workload-sqlalchemy", "workload-asyncpg"),
)
PIN_FILES = (
    *("requirements.txt", "requirements-gcp.txt", "requirements-azure.txt"),
    *("requirements-html.txt", "requirements-workload.txt"),
)


def imported(folder: str) -> set[frozenset[str]]:
    """Return what the files of a folder import, by the names of pip packages.

    Several packages may share a name, as all of Google's do.
    """
    modules = {
        name.partition(".")[0]
        for file in (PROJECT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    outside = modules - {"crdb_sso", *sys.stdlib_module_names}
    known = packages_distributions()
    return {frozenset(map(canonicalize_name, known[name])) for name in outside}


def test_the_components_are_a_part_of_the_package(wheel: Path) -> None:
    found = set(files(wheel))

    assert {name.partition("/")[0] for name in found} == {
        "crdb_sso",
        f"crdb_sso-{crdb_sso.__version__}.dist-info",
    }
    for file in (PROJECT / "components").glob("*.py"):
        assert f"crdb_sso/components/{file.name}" in found


def test_in_a_checkout_the_components_have_one_name() -> None:
    assert not (PROJECT / "crdb_sso" / "components").exists()


def test_types_and_licence_are_shipped(wheel: Path) -> None:
    found = set(files(wheel))

    assert "crdb_sso/py.typed" in found
    assert f"crdb_sso-{crdb_sso.__version__}.dist-info/licenses/LICENSE" in found


def test_what_the_pages_are_made_from_is_shipped(wheel: Path) -> None:
    folder = "crdb_sso/pages/templates"

    assert {file.name for file in (PROJECT / folder).iterdir()} == {
        name.removeprefix(f"{folder}/") for name in files(wheel) if name.startswith(folder)
    }


def test_a_wheel_of_the_source_distribution_is_the_same(wheel: Path, tmp_path: Path) -> None:
    source, its_wheel = sorted(build(tmp_path), key=lambda file: file.suffix != ".gz")

    assert source.name == f"crdb_sso-{crdb_sso.__version__}.tar.gz"
    assert files(its_wheel) == files(wheel)


def test_the_version_is_that_of_the_package(wheel: Path) -> None:
    assert metadata_of(wheel)["Version"] == crdb_sso.__version__


def test_each_cloud_and_the_page_is_an_extra(wheel: Path) -> None:
    always = {wanted.name for wanted in requirements_of(wheel)}
    of_each = {
        extra: {wanted.name for wanted in requirements_of(wheel, extra)} - always
        for extra in metadata_of(wheel).get_all("Provides-Extra", [])
    }

    assert {extra: of_each[extra] for extra in EXTRAS} == {
        "gcp": {"pulumi-gcp"},
        "azure": {"pulumi-azure-native", "pulumi-azuread"},
        "html": {"jinja2", "markupsafe", "drawsvg"},
    }
    assert set(of_each) == {*EXTRAS, *WORKLOADS}
    assert not any("pulumi" in name for extra in WORKLOADS for name in of_each[extra])


def test_the_engine_takes_the_package_for_none_that_needs_a_plugin(wheel: Path) -> None:
    assert not metadata_of(wheel)["Name"].startswith("pulumi")
    assert not any(name.endswith("pulumi-plugin.json") for name in files(wheel))


def test_all_that_is_imported_is_required(wheel: Path) -> None:
    wanted = requirements_of(wheel, *EXTRAS, *WORKLOADS)
    required = {canonicalize_name(one.name) for one in wanted}

    for packages in imported("crdb_sso") | imported("components"):
        assert packages & (required | BROUGHT), packages


@pytest.mark.parametrize(
    ("file", "extras"),
    [
        ("requirements.txt", ()),
        ("requirements-gcp.txt", ("gcp",)),
        ("requirements-azure.txt", ("azure",)),
        ("requirements-html.txt", ("html",)),
        ("requirements-workload.txt", WORKLOADS),
    ],
)
def test_what_is_pinned_here_is_within_the_bounds(
    wheel: Path, file: str, extras: tuple[str, ...]
) -> None:
    bounds = {wanted.name: wanted.specifier for wanted in requirements_of(wheel, *extras)}

    for pin in pins(file):
        if pin.name not in NOT_IN_THE_WHEEL:
            assert version_of(pin) in bounds[pin.name], pin


def test_each_requirement_has_a_lowest_version_and_a_pin(wheel: Path) -> None:
    pinned = {pin.name for file in PIN_FILES for pin in pins(file)}

    for wanted in requirements_of(wheel, *EXTRAS, *WORKLOADS):
        assert ">=" in {bound.operator for bound in wanted.specifier}, wanted
        assert wanted.name in pinned


def test_the_build_takes_the_pin_of_this_repository() -> None:
    (asked,) = re.findall(
        r'^requires = \["(\S+)"\]', (PROJECT / "pyproject.toml").read_text(), re.MULTILINE
    )

    assert Requirement(asked) in list(pins("requirements-dev.txt"))
