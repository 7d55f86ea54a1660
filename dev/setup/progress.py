"""Long set-up steps: quiet in a log file, a line now and then for the person who waits."""

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEARTBEAT_S = 12.0  # a waiting person sees at least this often that something happens
_STOP_GRACE_S = 5.0
_TELLING = re.compile(r"\berror\b|^go: (?!downloading)", re.IGNORECASE)


class SetupFailed(Exception):
    """A step of the set-up can't go on; the text is one line that says what to do."""


class StepFailed(Exception):
    """A command of a step failed or took too long; the text is its most telling line."""


def say(text: str) -> None:
    """Tell the person one line; on stderr, because stdout may be read by a shell."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A long command, and how to tell a person about it.

    Attributes:
        argv: The command.
        label: What a waiting person reads, e.g. `building the Pulumi engine`.
        log: File that takes the command's output; overwritten.
        cwd: Folder to run in; the current one when not given.
        env: The whole environment; the current one when not given.
        limit_s: The command and its children are ended after so many seconds.
        measure: Makes a short progress text out of what the log holds so far.
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
    """Run a command with its output in a log file; say every few seconds that it still runs.

    Raises:
        StepFailed: The command doesn't start, ends with another status than 0, or takes too long.
    """
    step.log.parent.mkdir(parents=True, exist_ok=True)
    with step.log.open("wb") as sink:
        try:
            process = subprocess.Popen(
                step.argv,
                cwd=step.cwd,
                env=step.env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as exc:
            raise StepFailed(f"{step.argv[0]} does not start: {exc}") from exc
        try:
            _wait(process, step)
        finally:
            _stop(process)
    if process.returncode != 0:
        raise StepFailed(_one_reason(step.log, process.returncode))


def _wait(process: subprocess.Popen[bytes], step: Step) -> None:
    """Wait for the end of a command, with a line at each heartbeat."""
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
    """End a command that still runs, with everything it started in its process group."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, signum)
        try:
            process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            continue


def _one_reason(log: Path, status: int) -> str:
    """Return the line of a failed command's output that a person should read first."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or [f"ended with status {status}"])[-1]
