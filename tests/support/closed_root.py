"""A cluster whose nodes disallow root's login, and the admin who is left."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.emulator.host.certificates import issue_client
from dev.emulator.versions import VERSIONS
from dev.processes import Processes
from tests.support.servers import (
    PROJECT,
    EmbeddedCluster,
    cluster_command,
    embedded_cluster,
    reached,
)
from tests.support.versions import is_since, whole_version

OTHER_ADMIN = "other_admin"
"""A member of admin who has a certificate."""


@contextmanager
def cluster_without_root(folder: Path) -> Iterator[EmbeddedCluster]:
    """Run an embedded cluster that root cannot reach; its `admin_url` is OTHER_ADMIN's.

    It has the version that the run asks if that has the flag, else the newest one.
    """
    version = ("--version", whole_version() if is_since("26.1") else list(VERSIONS)[-1])
    with embedded_cluster(folder, *version) as cluster:
        cluster.execute(f"CREATE USER {OTHER_ADMIN}")
        cluster.execute(f"GRANT admin TO {OTHER_ADMIN}")
    issue_client(folder / "cluster", OTHER_ADMIN)
    with Processes() as processes:
        ready = processes.serve(
            [*cluster_command(folder), *version, "--disallow-root-login"],
            log=folder / "cluster.log",
            cwd=PROJECT,
            env=os.environ,
        )
        root_url = ready["admin_url"]
        url = root_url.replace("//root@", f"//{OTHER_ADMIN}@")
        url = url.replace("client.root.", f"client.{OTHER_ADMIN}.")
        yield reached({**ready, "admin_url": url}, folder)
