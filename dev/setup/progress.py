"""Long set-up steps: output goes to a log file, the waiting person gets a line now and then."""

import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HEARTBEAT_S = 12.0  # how often a waiting person sees that something happens
_STOP_GRACE_S = 5.0
_TELLING = re.compile(r"\berror\b|^go: (?!downloading)", re.IGNORECASE)


class SetupFailed(Exception):
    """A step of the set-up can't continue; the text is one line that says what to do."""


class StepFailed(Exception):
    """A command failed or took too long; the text is the most telling line of its output."""


def say(text: str) -> None:
    """Print one line for the person; on stderr, because a shell may read stdout."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A long command, and how to report on it.

    Attributes:
        argv: The command.
        label: What a waiting person reads, e.g. `building the Pulumi engine`.
        log: File for the command's output; overwritten.
        cwd: Folder to run in; by default the current one.
        env: The whole environment; by default the current one.
        limit_s: The command and its children are ended after this many seconds.
        measure: Makes a short progress text from the log so far.
        heartbeat_s: Seconds between two lines.
    """

    argv: Sequence[str]
    label: str
    log: Path
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    limit_s: float | None = None
    measure: Callable[[str], str] | None = None
    heartbeat_s: float = HEARTBEAT_S


def run_step(step: Step) -> None:
    """Run a command with its output in a log file; report every few seconds that it still runs.

    Raises:
        StepFailed: The command does not start, fails, or takes too long.
    """
    step.log.parent.mkdir(parents=True, exist_ok=True)
    with step.log.open("wb") as sink:
        command = _Command(step, sink)
        try:
            process = command.start()
            _wait(process, step)
        finally:
            command.stop()
    if process.returncode != 0:
        raise StepFailed(_one_reason(step.log, process.returncode))


class _Command:
    """A command that can be stopped whatever interrupts its start.

    Ctrl-C is for the main thread: there, it could come between the start of a command and our note
    of it. So another thread starts it and takes the note.
    """

    def __init__(self, step: Step, sink: IO[bytes]) -> None:
        self._step, self._sink = step, sink
        self._starts = threading.Lock()
        self._is_over = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start it.

        Raises:
            StepFailed: It can't be started.
        """
        try:
            with ThreadPoolExecutor(1) as starter:
                return starter.submit(self._start).result()
        except OSError as exc:
            raise StepFailed(f"{self._step.argv[0]} does not start: {exc}") from exc

    def stop(self) -> None:
        """Stop it; a start that is under way is waited for, and one that is not does not happen."""
        with self._starts:
            self._is_over = True
        if self._process is not None:
            _stop(self._process)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._starts:
            if self._is_over:
                raise CancelledError
            self._process = subprocess.Popen(
                self._step.argv,
                cwd=self._step.cwd,
                env=self._step.env,
                stdin=subprocess.DEVNULL,
                stdout=self._sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            return self._process


def _wait(process: subprocess.Popen[bytes], step: Step) -> None:
    """Wait for a command to end, with a line at each heartbeat."""
    started = time.monotonic()
    elapsed_s = 0.0
    while step.limit_s is None or elapsed_s < step.limit_s:
        left_s = math.inf if step.limit_s is None else step.limit_s - elapsed_s
        try:
            process.wait(min(step.heartbeat_s, left_s))
        except subprocess.TimeoutExpired:
            elapsed_s = time.monotonic() - started
            log = step.log.read_text(errors="replace")
            done = f", {step.measure(log)}" if step.measure else ""
            say(f"  {step.label}: {elapsed_s:.0f} s{done}")
        else:
            return
    raise StepFailed(f"no result within {step.limit_s:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a command that still runs, with everything in its process group."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, signum)
        try:
            process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            continue


def _one_reason(log: Path, status: int) -> str:
    """Return the line of a failed command's log that a person should read first."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or [f"ended with status {status}"])[-1]
