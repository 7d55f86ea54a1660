"""The folder that keeps the imitated clouds: what exists, what was called, what is to fail.

Several plugin processes and tests use one folder at once: everything happens under a file lock.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.cloud.values import Value
from dev.cloud.world import Refused, World

OPERATIONS = ("check", "diff", "create", "read", "update", "delete", "invoke")
_CRASHED_AFTER_S = 10.0  # a write that takes that much longer has crashed


class Store:
    """Reads and writes a folder.

    Args:
        folder: Where everything is kept; created when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state = folder / "state.json"
        self._calls = folder / "calls.jsonl"
        self._faults = folder / "faults.json"

    @contextmanager
    def world(self) -> Iterator[World]:
        """Give access to everything that exists; changes are kept unless the block raises."""
        with self._lock():
            world = World.from_json(_read(self._state, World().to_json()))
            yield world
            _write(self._state, world.to_json())

    @contextmanager
    def one_writer(self, key: str, busy: Refused) -> Iterator[None]:
        """Take as long as a cloud does, and refuse everyone else in the meantime.

        Raises:
            Refused: Somebody else is writing under the same key.
        """
        with self.world() as world:
            if world.writing.get(key, 0.0) > time.time():
                raise busy
            takes_s = world.write_s
            world.writing[key] = time.time() + takes_s + _CRASHED_AFTER_S
        try:
            time.sleep(takes_s)  # a write takes a while in the cloud too, so writes may collide
            yield
        finally:
            with self.world() as world:
                world.writing.pop(key, None)

    def log(self, call: Mapping[str, Any]) -> None:
        """Record a call."""
        with self._lock(), self._calls.open("a") as calls:
            calls.write(json.dumps(call) + "\n")

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls so far, the oldest first."""
        with self._lock():
            text = self._calls.read_text() if self._calls.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def add_fault(self, fault: Mapping[str, Any]) -> None:
        """Make something fail: `type`, `op`, `message`, `code` and `times`."""
        with self._lock():
            _write(self._faults, [*_read(self._faults, []), dict(fault)])

    def meet_fault(self, type_: str, operation: str) -> None:
        """Fail if a fault is waiting for this operation; the fault is then used up.

        Raises:
            Refused: There was a fault.
        """
        with self._lock():
            faults = _read(self._faults, [])
            for fault in faults:
                if (fault["type"], fault["op"]) == (type_, operation) and fault["times"] > 0:
                    fault["times"] -= 1
                    _write(self._faults, faults)
                    raise Refused(fault["message"], fault["code"])

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _read(path: Path, default: Value) -> Value:
    return json.loads(path.read_text()) if path.exists() else default


def _write(path: Path, document: Value) -> None:
    """Replace a file as a whole: readers without the lock see the old or the new content."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(document, indent=1))
    beside.replace(path)
