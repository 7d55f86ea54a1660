"""The provider's methods, called as the engine calls them, on a real embedded cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi
import pytest

from crdb_sso.provider import log, refreshes
from tests.support.own_issuer import OwnIssuer
from tests.support.provider_calls import OWNER
from tests.support.servers import EmbeddedCluster
from tests.support.versions import ASKED


@pytest.fixture(scope="module")
def running_cluster(standing_cluster: EmbeddedCluster) -> EmbeddedCluster:
    return standing_cluster


@pytest.fixture
def idp(tmp_path: Path) -> OwnIssuer:
    """An issuer whose key is in a file."""
    return OwnIssuer(tmp_path)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What people are told, each with its level: `warn: ...`, `info: ...`."""
    lines: list[str] = []
    for level in ("info", "warn"):
        monkeypatch.setattr(pulumi.log, level, lambda text, at=level: lines.append(f"{at}: {text}"))
    return lines


@pytest.fixture
def cluster(
    running_cluster: EmbeddedCluster,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> Iterator[EmbeddedCluster]:
    """A cluster in its initial state: no claims, default settings, only its own users."""
    record_property(ASKED, f"embedded: {running_cluster.banner}")
    monkeypatch.setenv("CRDB_SSO_CONNECT_WAIT_S", "5")
    monkeypatch.setenv(
        "CRDB_SSO_SPREAD_S", "0"
    )  # tests change settings back and forth faster than people do
    monkeypatch.setenv("CRDB_SSO_PROOF_WAIT_S", "0.5")
    refreshes.note_check(OWNER)  # the engine starts a process for each command
    log.note(OWNER, [])
    yield running_cluster
    running_cluster.faults()
    running_cluster.wipe()
