"""Which clusters are tested, and how those that do not run yet are started."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from dev.emulator.versions import VERSIONS
from tests.contract.cluster import Cluster
from tests.support.prefork import server_environment
from tests.support.shared_folder import prepared
from tests.support.versions import (
    chosen_version,
    other_versions,
    parsed,
    release_of,
    whole_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.versions import Release

PROJECT = Path(__file__).resolve().parents[2]
URL_VARIABLE = "CRDB_SSO_TEST_URL"
AS_VARIABLE = "CRDB_SSO_TEST_AS"
"""Names the version whose rows a real cluster is asked, in place of its own."""
EMBEDDED = "embedded"
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster that can be tested; `running` starts it if need be."""

    name: str
    described: str
    """For the header of a run."""
    running: Callable[[], contextlib.AbstractContextManager[Cluster]]
    release: Release | None = None
    """Its version, where that is known before it runs."""


def chosen_targets() -> list[Target]:
    """Return the embedded cluster, and a real one where there is one."""
    targets = [_embedded_target(whole_version())]
    if os.environ.get(URL_VARIABLE):
        targets.append(Target("by_url", f"the cluster named by {URL_VARIABLE}", _named))
    elif shutil.which("cockroach"):
        targets.append(Target("cockroach", "a single node of `cockroach` on PATH", _single_node))
    return targets


def other_targets() -> list[Target]:
    """Return the embedded cluster's other versions; none if a version is asked for by name."""
    return [] if chosen_version() else [_embedded_target(version) for version in other_versions()]


def _embedded_target(version: str) -> Target:
    return Target(
        f"{EMBEDDED}-{version}",
        f"the embedded cluster (python -m dev.emulator --version {version})",
        functools.partial(_embedded, version),
        release_of(VERSIONS[version]),
    )


@contextlib.contextmanager
def _embedded(version: str) -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        command = [sys.executable, "-m", "dev.emulator", "--dir", folder, "--version", version]
        command += prepared()
        log, env = Path(folder, "emulator.log"), server_environment()
        with _process(command, log, stdout=subprocess.PIPE, env=env) as process:
            ready = json.loads(_first_line(process, log))
            yield Cluster.at(EMBEDDED, ready["admin_url"])


@contextlib.contextmanager
def _named() -> Iterator[Cluster]:
    yield _as_told(Cluster.at("by_url", os.environ[URL_VARIABLE], exclusive=_one_run_at_a_time))


@contextlib.contextmanager
def _single_node() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        certs, log = Path(folder, "certs"), Path(folder, "cockroach.log")
        certs.mkdir(mode=0o700)
        for made in (
            ["create-ca"],
            ["create-node", "localhost", "127.0.0.1"],
            ["create-client", "root"],
        ):
            keys = [f"--certs-dir={certs}", f"--ca-key={folder}/ca.key"]
            subprocess.run(["cockroach", "cert", *made, *keys], check=True, cwd=folder)
        url_file = Path(folder, "url")
        command = [
            "cockroach", "start-single-node", f"--certs-dir={certs}", "--store=type=mem,size=1GiB",
            "--listen-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0",
            f"--listening-url-file={url_file}", f"--pid-file={folder}/pid",
        ]  # fmt: skip
        with _process(command, log, stdout=subprocess.DEVNULL, cwd=folder) as process:
            _wait(lambda: url_file.exists() and url_file.read_text().strip() != "", process, log)
            url = url_file.read_text().strip()
            _wait(lambda: _answers(url), process, log)
            yield _as_told(Cluster.at("cockroach", url))


def _as_told(cluster: Cluster) -> Cluster:
    """Return a real cluster, taken for another version if a run was told to."""
    told = os.environ.get(AS_VARIABLE)
    return replace(cluster, version=parsed(told)) if told else cluster


@contextlib.contextmanager
def _process(command: list[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server with its stderr in `log`, and stop it at the end, whatever happens."""
    options = {"cwd": PROJECT, **options}
    with log.open("wb") as stderr, subprocess.Popen(command, stderr=stderr, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _first_line(process: subprocess.Popen[bytes], log: Path) -> bytes:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        spoke = bool(selector.select(START_TIMEOUT_S))
    line = process.stdout.readline() if spoke else b""
    if not line:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S if spoke else 0)  # stdout is closed before the process ends
        raise _failed(process, log)
    return line


def _wait(done: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not done():
        if process.poll() is not None or time.monotonic() > deadline:
            raise _failed(process, log)
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _failed(process: subprocess.Popen[bytes], log: Path) -> RuntimeError:
    how = (
        "printed nothing in time" if process.poll() is None else f"ended with {process.returncode}"
    )
    tail = log.read_text(errors="replace")[-2000:]
    return RuntimeError(f"{process.args!r} {how} instead of getting ready; its last words:\n{tail}")


@contextlib.contextmanager
def _one_run_at_a_time(cluster_name: str) -> Iterator[None]:
    """Hold a lock on this machine: runs on one cluster share its settings."""
    digest = hashlib.sha256(cluster_name.encode()).hexdigest()[:16]
    with Path(tempfile.gettempdir(), f"contract-{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
