"""The command line, on a real embedded cluster."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.servers import EmbeddedCluster
from tests.support.versions import ASKED


@pytest.fixture(scope="module")
def running_cluster(standing_cluster: EmbeddedCluster) -> EmbeddedCluster:
    return standing_cluster


@pytest.fixture
def cluster(
    running_cluster: EmbeddedCluster,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> Iterator[EmbeddedCluster]:
    """A cluster in its initial state, named by the environment."""
    record_property(ASKED, f"embedded: {running_cluster.banner}")
    monkeypatch.setenv("CRDB_SSO_CLUSTER_URL", running_cluster.admin_url)
    monkeypatch.setenv("CRDB_SSO_CONNECT_WAIT_S", "2")
    yield running_cluster
    running_cluster.faults()
    running_cluster.wipe()


@pytest.fixture
def redact(cluster: EmbeddedCluster) -> Iterator[Callable[[], None]]:
    """Hides sensitive settings from whoever may not change them, up to the end of the test."""
    name = "server.redact_sensitive_settings.enabled"
    hidden = []

    def hide() -> None:
        hidden.append(name)
        cluster.set(name, "true")

    yield hide
    for one in hidden:
        cluster.set(one, "false")
