"""One issuer for tests that only ask it, a fresh one for tests that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dev.issuer_program import Issuer, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with running(tmp_path_factory.mktemp("issuer")) as started:
        yield started


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Issuer]:
    with running(tmp_path / "issuer") as started:
        yield started
