"""A real engine, imitated clouds, an embedded cluster, and an issuer that speaks as they do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cloud.handle import Clouds
from tests.clouds.cloud_stacks import PROGRAM
from tests.support.servers import EmbeddedCluster, LocalIssuer, embedded_cluster, local_issuer
from tests.support.stacks import Stack


@pytest.fixture(scope="module")
def running_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with embedded_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def cluster(running_cluster: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    """A cluster that is as new."""
    yield running_cluster
    running_cluster.faults()
    running_cluster.wipe()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "project", PROGRAM)


@pytest.fixture
def clouds(tmp_path: Path, stack: Stack) -> Clouds:
    """Clouds with one resource group, on which the stack's engine works."""
    made = Clouds(tmp_path / "clouds")
    made.install(stack.folder / "home")
    made.add_resource_group("billing-rg")
    return made
