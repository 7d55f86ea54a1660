"""A workload and what it talks to: an embedded cluster and a local issuer."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.servers import EmbeddedCluster, LocalIssuer, local_issuer
from tests.support.versions import ASKED
from tests.workload.trusted_issuer import Trusted, trust


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with local_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def trusted(
    standing_cluster: EmbeddedCluster,
    issuer: LocalIssuer,
    record_property: Callable[[str, object], None],
) -> Iterator[Trusted]:
    """A cluster that trusts the issuer."""
    record_property(ASKED, f"embedded: {standing_cluster.banner}")
    yield trust(standing_cluster, issuer)
    standing_cluster.wipe()
