"""Runs a command of the user's: bounded in time and in what it prints, and it ends with us."""

import atexit
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO

LARGEST_BYTES = 1_000_000
"""Who prints more does not print a token or a key."""

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command that has ended leaves.

    Attributes:
        code: Its exit code.
        printed: What it wrote to standard output: all of it.
        complaint: What it wrote to standard error: the beginning.
    """

    code: int
    printed: bytes = field(repr=False)
    complaint: bytes = field(repr=False)


class TooLateError(Exception):
    """The command did not end in time; it was killed."""


class TooMuchError(Exception):
    """The command prints far more than was asked for; it was killed."""


def run(argv: Sequence[str], patience_s: float) -> Ended:
    """Run a command without a shell and without input, and return what it printed.

    Args:
        argv: Program and arguments.
        patience_s: How long it may take, in seconds.

    Raises:
        OSError: It can't be started.
        ValueError: It has an argument that no program can get.
        TooLateError: It, or what it started, holds its outputs for longer.
        TooMuchError: It prints more than LARGEST_BYTES.
    """
    until_s = time.monotonic() + patience_s
    command = _Command(argv)
    try:
        process, printed, complaint = command.start()
        printed.join(until_s)
        if len(printed.octets) > LARGEST_BYTES:
            raise TooMuchError
        complaint.join(until_s)
        code = process.wait(max(0.0, until_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise TooLateError from None
    finally:
        command.end()
    return Ended(code, printed.octets, complaint.octets)


class _Command:
    """A command that can be ended whatever interrupts its start.

    The handler of a signal may raise, and runs on the main thread: there, it could come between the
    start of a command and our note of it. So another thread starts it and takes the note.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv
        self._starts = threading.Lock()
        self._is_over = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "tuple[subprocess.Popen[bytes], _Reader, _Reader]":
        """Start it; return it with the readers of its outputs."""
        with ThreadPoolExecutor(1, "crdb-sso-command") as starter:
            return starter.submit(self._start).result()

    def end(self) -> None:
        """End it; a start that is under way is waited for, and one that is not does not happen."""
        with self._starts:
            self._is_over = True
        if self._process is not None:
            _end(self._process)

    def _start(self) -> "tuple[subprocess.Popen[bytes], _Reader, _Reader]":
        with self._starts:
            if self._is_over:
                raise CancelledError
            self._process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            _RUNNING.add(self._process)
        process = self._process
        return process, _Reader(process.stdout), _Reader(process.stderr, drains=True)


class _Reader:
    """Reads a pipe on a thread of its own: the other one must not fill up meanwhile."""

    def __init__(self, pipe: IO[bytes] | None, *, drains: bool = False) -> None:
        assert pipe is not None  # noqa: S101 - asked for above
        self.octets = b""
        self._pipe, self._drains = pipe, drains
        self._thread = threading.Thread(target=self._read, name="crdb-sso-command", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe as pipe:
            self.octets = pipe.read(LARGEST_BYTES + 1)
            while self._drains and pipe.read(_CHUNK_BYTES):
                pass

    def join(self, until_s: float) -> None:
        """Wait for the end of the pipe.

        Raises:
            TooLateError: It is still open at that time.
        """
        self._thread.join(max(0.0, until_s - time.monotonic()))
        if self._thread.is_alive():
            raise TooLateError


_RUNNING: set["subprocess.Popen[bytes]"] = set()


def _end(process: "subprocess.Popen[bytes]") -> None:
    _RUNNING.discard(process)
    if process.poll() is None:
        process.kill()
        process.wait()


@atexit.register
def _end_all() -> None:
    for process in tuple(_RUNNING):
        _end(process)


os.register_at_fork(after_in_child=_RUNNING.clear)  # they belong to the other process
