"""Which processes belong to another one, and whether they are gone."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

_POLL_S = 0.02


def itself(pid: int) -> set[psutil.Process]:
    """Return the process alone; an empty set if it is gone."""
    try:
        return {psutil.Process(pid)}
    except psutil.NoSuchProcess:
        return set()


def descendants(pid: int) -> set[psutil.Process]:
    """Return what a process started, directly or indirectly, as far as the system still knows."""
    try:
        return set(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return set()


def session(leader: int) -> set[psutil.Process]:
    """Return the processes of one session; they stay in it after their parent is gone."""
    return {member for pid in psutil.pids() if _session_of(pid) == leader for member in itself(pid)}


def gone_within(limit_s: float, processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    """Wait until these processes are gone, and return those that are not."""
    deadline = time.monotonic() + limit_s
    left = {process for process in processes if _alive(process)}
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        left = {process for process in left if _alive(process)}
    return left


def end(processes: Iterable[psutil.Process], *, grace_s: float) -> None:
    """Ask these processes to end, and force those that do not."""
    left = gone_within(0.0, processes)
    for force in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            with suppress(psutil.NoSuchProcess):  # it has ended in the meantime
                force(process)
        left = gone_within(grace_s, left)


def _session_of(pid: int) -> int | None:
    """Return the session of a process; None if it is gone, or belongs to somebody else."""
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
