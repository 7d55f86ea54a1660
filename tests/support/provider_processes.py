"""Providers in processes of their own, which can be stopped and killed.

One process has imported all that they need; each of them is a fork of it, and so begins at once.
"""

import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import provider_worker

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([provider_worker.__name__])


class Killed(Exception):
    """The process ended without an answer."""


class ProviderProcess:
    """One provider process; answers come in the order of the calls."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        self._asking, asked = FORKS.Pipe()
        self._process = FORKS.Process(
            target=provider_worker.work, args=(asked, log, {**os.environ, **environment})
        )
        self._process.start()
        asked.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid
        return self._process.pid

    def ask(self, method: str, *arguments: Any) -> None:
        """Begin a call, and do not wait for it."""
        self._asking.send_bytes(json.dumps([method, *arguments]).encode())

    def has_answered(self) -> bool:
        """Tell whether there is an answer, or an end, to take without waiting."""
        return self._asking.poll()

    def answer(self) -> dict[str, Any]:
        """Return what the oldest call returned.

        Raises:
            Killed: The process is dead.
        """
        try:
            answered: dict[str, Any] = json.loads(self._asking.recv_bytes())
        except (EOFError, ConnectionResetError):
            raise Killed from None
        assert "error" not in answered, answered["error"]
        return answered["outs"] or {}

    def end(self) -> None:
        """Kill it, and wait for its end."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._asking.close()


@contextmanager
def provider_processes(
    folder: Path, count: int, **environment: str
) -> Iterator[list[ProviderProcess]]:
    """Run provider processes, and leave none behind."""
    folder.mkdir(exist_ok=True)
    started: list[ProviderProcess] = []
    try:
        logs = (folder / f"stack-{number}.log" for number in range(count))
        started.extend(ProviderProcess(log, environment) for log in logs)
        yield started
    finally:
        for process in started:
            process.end()
