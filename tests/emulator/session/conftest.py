"""An embedded cluster with a file of faults."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.embedded import Connection, Embedded, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A cluster with a table `marks`, and a faults file beside its folder."""
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "faults.json").write_text("[]")
    with running(folder / "cluster", "--faults", str(folder / "faults.json")) as cluster:
        with cluster.connect() as root:
            root.execute("CREATE TABLE defaultdb.public.marks (n INT)")
        yield cluster


@pytest.fixture
def write_faults(faulty: Embedded) -> Callable[[str], None]:
    """Replace the text of the faults file in one step."""
    path = faulty.folder.parent / "faults.json"

    def write(text: str) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, path)  # noqa: PTH105 - the one call that replaces in one step

    return write


@pytest.fixture
def arrange(faulty: Embedded, write_faults: Callable[[str], None]) -> Iterator[Callable[..., None]]:
    """Arrange faults until the test is over."""

    def write(*faults: dict[str, Any]) -> None:
        write_faults(json.dumps(faults))

    yield write
    write()
    with faulty.connect() as root:
        root.execute("DELETE FROM marks")


@pytest.fixture
def session(faulty: Embedded) -> Iterator[Connection]:
    """A session on the cluster with faults."""
    connection = faulty.connect()
    yield connection
    connection.close()
