"""An embedded cluster that can be killed, and comes back with the same port and folder."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.servers import PROJECT, EmbeddedCluster


class MortalCluster:
    """Its process; `cluster` is how to reach it while it runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None
        self.cluster = self.start()

    def start(self) -> EmbeddedCluster:
        """Start it, or start it again."""
        faults = self._folder / "faults.json"
        faults.write_text("[]")
        argv = ["--dir", str(self._folder / "cluster"), "--port", self._port]
        with (self._folder / "cluster.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dev.emulator", "--faults", str(faults), *argv],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout
        with self._process.stdout as said:
            ready = json.loads(said.readline())
        self._port = str(ready["port"])
        folder = self._folder / "cluster"
        return EmbeddedCluster(
            ready["admin_url"], ready["ca_cert"], ready["host"], ready["port"], folder, faults
        )

    def kill(self) -> None:
        """Kill it as the kernel does when memory runs out; PostgreSQL behind it ends by itself."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it in good order."""
        if self._process:
            self._process.terminate()
            self._process.wait()


@contextmanager
def mortal_cluster(folder: Path) -> Iterator[MortalCluster]:
    """Run such a cluster, and leave no process behind."""
    mortal = MortalCluster(folder)
    try:
        yield mortal
    finally:
        mortal.end()
