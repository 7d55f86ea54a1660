"""An embedded cluster as a process, driven the way a person would."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from dev.emulator.host.certificates import issue_client
from tests.support.prefork import server_environment
from tests.support.processes import working_in
from tests.support.shared_folder import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Embedded:
    """A running `python -m dev.emulator`."""

    folder: Path
    process: subprocess.Popen[str]
    ready: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return str(self.ready["admin_url"])

    def connect(self, user: str = "root", **more: Any) -> Connection:
        """Log in; as root with its certificate, unless a password or certificate is given."""
        given: dict[str, Any] = {
            "host": self.ready["host"],
            "port": self.ready["port"],
            "dbname": "defaultdb",
            "sslmode": "verify-full",
            "sslrootcert": self.ready["ca_cert"],
            "connect_timeout": 30,
            "autocommit": True,
        }
        if not {"password", "sslcert"} & set(more):
            pair = self.folder / f"client.{user}"
            if not Path(f"{pair}.crt").exists():
                issue_client(self.folder, user)
            given |= {"sslcert": f"{pair}.crt", "sslkey": f"{pair}.key"}
        return psycopg.connect(user=user, **{**given, **more})

    def postgres_processes(self) -> set[psutil.Process]:
        """The processes that work in the data folder: PostgreSQL's, all of them."""
        return working_in(self.folder / "pg")

    def end(self, how: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


def launch(folder: Path, *arguments: str, is_anew: bool = True) -> Embedded:
    """Start a cluster and wait for its line; if not anew, it is a fork (tests/support/prefork)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dev.emulator", "--dir", str(folder), *prepared(), *arguments],
        cwd=PROJECT,
        env=dict(os.environ) if is_anew else server_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    cluster = Embedded(folder, process)
    readable, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
    line = process.stdout.readline() if readable else ""
    if not line:
        process.kill()
        raise AssertionError(f"the embedded cluster did not start: {process.communicate()[1]}")
    cluster.ready = json.loads(line)
    return cluster


def failed_start(*arguments: str) -> tuple[int, str]:
    """Return the exit code and the error text of a start that must fail."""
    ended = subprocess.run(
        [sys.executable, "-m", "dev.emulator", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr.strip()


@contextlib.contextmanager
def running(
    folder: Path, *arguments: str, says: str = "", is_anew: bool = False
) -> Iterator[Embedded]:
    """Start a cluster, and stop it at the end; `says` matches each line that it may log."""
    cluster = launch(folder, *arguments, is_anew=is_anew)
    try:
        yield cluster
    finally:
        if cluster.process.poll() is None:
            cluster.end(signal.SIGTERM)
        said = cluster.process.communicate()[1]
        assert all(re.fullmatch(says, line) for line in said.splitlines()), said


def refusal(connection: Connection, sql: str, values: Any = None) -> tuple[str | None, str | None]:
    """Return SQLSTATE and message of a statement that must fail."""
    try:
        connection.execute(sql.encode(), values)
    except psycopg.Error as exc:
        return exc.sqlstate, exc.diag.message_primary
    raise AssertionError(f"was not refused: {sql}")


def rows(connection: Connection, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    return connection.execute(sql.encode(), values).fetchall()
