"""A statement that a fault holds back runs once the faults file is replaced, and not before."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.emulator.embedded import rows, running

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "prepare", [pytest.param(None, id="simple"), pytest.param(True, id="extended")]
)
def test_a_held_statement_runs_once_the_file_is_replaced(
    tmp_path: Path, *, prepare: bool | None
) -> None:
    faults, held = tmp_path / "faults.json", tmp_path / "faults.json.held"
    faults.write_text('[{"match": "^CREATE USER", "kind": "hold"}]')
    users = "SELECT username FROM [SHOW USERS] WHERE username = 'late'"
    with (
        running(tmp_path / "cluster", "--faults", str(faults)) as cluster,
        cluster.connect() as writer,
        cluster.connect() as reader,
    ):
        make = partial(writer.execute, b"CREATE USER late", (), prepare=prepare)
        making = threading.Thread(target=make)
        making.start()
        while not held.exists():
            assert making.is_alive()
        assert rows(reader, users) == []
        fresh = tmp_path / "fresh.json"
        fresh.write_text("[]")
        fresh.replace(faults)
        making.join()
        assert rows(reader, users) == [("late",)]
        assert not held.exists()
