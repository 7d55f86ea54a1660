"""Providers in processes of their own, which can be stopped and killed."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.servers import PROJECT


class Killed(Exception):
    """The process ended without an answer."""


class ProviderProcess:
    """One provider process; answers come in the order of the calls."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.provider_worker"],
                cwd=PROJECT,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until it has imported everything."""
        assert self._line() == "ready\n"

    def ask(self, method: str, *arguments: Any) -> None:
        """Begin a call without waiting for it."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._process.stdin.flush()

    def has_answered(self) -> bool:
        """Tell whether there is an answer, or an end, to take without waiting."""
        assert self._process.stdout
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def answer(self) -> dict[str, Any]:
        """Return what the oldest call returned.

        Raises:
            Killed: The process is dead.
        """
        line = self._line()
        if not line:
            raise Killed
        answered: dict[str, Any] = json.loads(line)
        assert "error" not in answered, answered["error"]
        return answered["outs"] or {}

    def end(self) -> None:
        """Kill it, and wait until it has ended."""
        self._process.send_signal(signal.SIGCONT)
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


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
        for process in started:
            process.wait_until_ready()
        yield started
    finally:
        for process in started:
            process.end()
