"""A real engine, an embedded cluster and a local issuer; each test has its own stack."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer
from tests.support.stacks import Stack, two_logins
from tests.support.versions import ASKED


@pytest.fixture(scope="module")
def running_cluster(standing_cluster: EmbeddedCluster) -> EmbeddedCluster:
    return standing_cluster


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def cluster(
    running_cluster: EmbeddedCluster, record_property: Callable[[str, object], None]
) -> Iterator[EmbeddedCluster]:
    """A cluster in its initial state."""
    record_property(ASKED, f"embedded: {running_cluster.banner}")
    yield running_cluster
    running_cluster.faults()
    running_cluster.wipe()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "project")


@pytest.fixture
def wish(cluster: EmbeddedCluster, issuer: LocalIssuer) -> dict[str, Any]:
    return two_logins(cluster, issuer)
