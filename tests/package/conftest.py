"""The wheel, built once, and wheels of all that it needs."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.wheels import BUILD_SYSTEM, build_wheel, pack_installed, requirements_of


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A folder with wheels of all that the package, and its build, need."""
    needed = [*requirements_of(wheel), *map(Requirement, BUILD_SYSTEM)]
    return pack_installed(tmp_path_factory.mktemp("wheels") / "packed", needed)
