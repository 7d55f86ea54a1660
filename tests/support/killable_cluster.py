"""An embedded cluster that can be killed, and started again on the same port and folder."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import kept_port
from tests.support.servers import PROJECT, EmbeddedCluster, cluster_command, reached


class KillableCluster:
    """Its process; `cluster` says how to reach it while it runs."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = str(port)
        self._process: subprocess.Popen[str] | None = None
        self.cluster = self.start()

    def start(self) -> EmbeddedCluster:
        """Start it, or start it again."""
        with (self._folder / "cluster.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*cluster_command(self._folder), "--port", self._port],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout
        with self._process.stdout as said:
            return reached(json.loads(said.readline()), self._folder)

    def kill(self) -> None:
        """Kill it as the kernel does when memory runs out; its PostgreSQL ends too."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Stop it in an orderly way."""
        if self._process:
            self._process.terminate()
            self._process.wait()


@contextmanager
def killable_cluster(folder: Path) -> Iterator[KillableCluster]:
    """Run such a cluster, and leave no process behind."""
    with kept_port() as port:
        killable = KillableCluster(folder, port)
        try:
            yield killable
        finally:
            killable.end()
