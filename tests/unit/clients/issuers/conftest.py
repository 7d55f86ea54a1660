"""An HTTPS server that answers as a test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.scripted_https_server import (
    HttpsServer,
    https_server,
)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with https_server(tmp_path) as running:
        yield running
