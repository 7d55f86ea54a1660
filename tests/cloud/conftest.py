"""Clouds for each test, and their three plugins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cloud.handle import Clouds
from tests.cloud.plugin_client import Plugin, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "clouds"


@pytest.fixture
def clouds(folder: Path) -> Clouds:
    return Clouds(folder)


@pytest.fixture
def gcp(folder: Path) -> Iterator[Plugin]:
    with running("gcp", folder) as plugin:
        yield plugin


@pytest.fixture
def azuread(folder: Path) -> Iterator[Plugin]:
    with running("azuread", folder) as plugin:
        yield plugin


@pytest.fixture
def azure(folder: Path) -> Iterator[Plugin]:
    with running("azure-native", folder) as plugin:
        yield plugin
