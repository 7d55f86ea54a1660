"""Starts servers and commands, reads what they print, and leaves none of them behind.

    with Processes() as processes:
        cluster = processes.serve([sys.executable, "-m", "dev.emulator", "--dir", folder], ...)
        for line in processes.run(["pulumi", "up"], ...):
            print(line)

Every program gets its own session. So Ctrl-C reaches only this process, which then stops its
programs in reverse order, each with everything it started.
"""

import atexit
import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any

from typing_extensions import Self

from dev import process_tree

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAIL_LINES = 15
_LEFTOVERS_GRACE_S = 2.0  # for what a program started and did not end itself
_LOOK_S = 0.2  # how often a silent program is checked


class ProgramFailed(Exception):
    """A program ended, or was ended, without doing its job.

    Attributes:
        reason: One line: which program, and what happened.
        tail: The last lines that the program printed.
    """

    def __init__(self, reason: str, tail: Sequence[str] = ()) -> None:
        super().__init__("\n".join([reason, *(f"    {line}" for line in tail)]))
        self.reason = reason
        self.tail = tuple(tail)


@dataclass(frozen=True, slots=True)
class _Program:
    """A started program, and the signal that asks it to end."""

    process: subprocess.Popen[bytes]
    name: str
    stop_signal: signal.Signals


class Processes:
    """Programs that end with this block.

    The first SIGINT, SIGTERM or SIGHUP becomes a `KeyboardInterrupt` at a moment when no program is
    half started; `signum` then names it. Later ones are ignored: stopping is already under way.

    Args:
        grace_s: How many seconds a program may take to end after it was asked to.
    """

    def __init__(self, *, grace_s: float = 20.0) -> None:
        self.signum: int | None = None
        self._grace_s = grace_s
        self._raised = False
        self._held = False
        self._running: list[_Program] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        atexit.register(self.stop_all)  # for a signal right before __exit__ begins
        if threading.current_thread() is threading.main_thread():
            for signum in _STOP_SIGNALS:
                self._handlers[signum] = signal.signal(signum, self._on_signal)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        with self._signals_held():
            self.stop_all()
            for signum, handler in self._handlers.items():
                signal.signal(signum, handler)
            atexit.unregister(self.stop_all)

    def serve(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        ready_within_s: float = 60.0,
    ) -> dict[str, Any]:
        """Start a server that prints one line of JSON when it is ready.

        Args:
            argv: The command.
            log: File for the server's stderr.
            cwd: Folder to run in.
            env: The whole environment; by default the current one.
            ready_within_s: Time limit for the line.

        Returns:
            What the line says.

        Raises:
            ProgramFailed: The server ended, was too slow, or printed something else.
        """
        with log.open("ab") as sink:
            program = self._start(argv, cwd, env, sink, signal.SIGTERM)
        try:
            return _ready_line(program, ready_within_s)
        except ProgramFailed as exc:
            raise ProgramFailed(exc.reason, _tail(log)) from exc

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        limit_s: float = 600.0,
        ends_with: int = 0,
    ) -> Iterator[str]:
        """Run a command, and yield each line that it prints (stdout and stderr) immediately.

        Args:
            argv: The command.
            cwd: Folder to run in.
            env: The whole environment; by default the current one.
            limit_s: The command is stopped after this many seconds.
            ends_with: The status that it ends with if all is well.

        Yields:
            The lines without line ends.

        Raises:
            ProgramFailed: It failed or took too long.
        """
        program = self._start(argv, cwd, env, subprocess.STDOUT, signal.SIGINT)
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        try:
            for line in _lines(program, limit_s):
                tail.append(line)
                yield line
            status = program.process.wait(limit_s)
        except ProgramFailed as exc:
            raise ProgramFailed(exc.reason, tail) from exc
        finally:
            self._stop(program)
        if status != ends_with:
            raise ProgramFailed(f"{program.name} ended with status {status}", tail)

    def stop_all(self) -> None:
        """Stop what still runs, the latest first; calling it again is harmless."""
        while self._running:
            self._stop(self._running[-1])

    def _start(
        self,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str] | None,
        stderr: IO[bytes] | int,
        stop_signal: signal.Signals,
    ) -> _Program:
        """Start a program, and register it before a signal can come between."""
        name = _name(argv)
        with self._signals_held():
            try:
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    start_new_session=True,
                )
            except OSError as exc:
                raise ProgramFailed(f"{name} does not start: {exc}") from exc
            program = _Program(process, name, stop_signal)
            self._running.append(program)
        return program

    def _stop(self, program: _Program) -> None:
        """Ask a program to end, then end whatever is left of it."""
        process = program.process
        family = process_tree.descendants(process.pid)
        if process.poll() is None:
            process.send_signal(program.stop_signal)
            process_tree.gone_within(self._grace_s, process_tree.itself(process.pid))
        family |= process_tree.itself(process.pid) | process_tree.session(process.pid)
        process_tree.end(family, grace_s=_LEFTOVERS_GRACE_S)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if program in self._running:
            self._running.remove(program)

    def _on_signal(self, signum: int, _frame: FrameType | None) -> None:
        """Remember the first stop signal, and raise it unless signals are held."""
        if self.signum is None:
            self.signum = signum
            self._raise_noted_signal()

    def _raise_noted_signal(self) -> None:
        if self.signum is not None and not self._held and not self._raised:
            self._raised = True
            raise KeyboardInterrupt

    @contextmanager
    def _signals_held(self) -> Iterator[None]:
        """Hold signals until the end of this block."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self._raise_noted_signal()


def _name(argv: Sequence[str]) -> str:
    """Return a command's name for people: `dev.emulator`, `pulumi up`."""
    if "-m" in argv[:-1]:
        return argv[argv.index("-m") + 1]
    return " ".join([Path(argv[0]).name, *argv[1:2]])


def _ready_line(program: _Program, within_s: float) -> dict[str, Any]:
    """Return what a server prints when it is ready."""
    line = next(_lines(program, within_s), None)
    if line is None:
        raise ProgramFailed(f"{program.name} ended before it was ready")
    try:
        ready = json.loads(line)
    except json.JSONDecodeError as exc:
        raise ProgramFailed(f"{program.name} did not print JSON but {line!r}") from exc
    if not isinstance(ready, dict):
        raise ProgramFailed(f"{program.name} did not print a JSON object but {line!r}")
    return ready


def _lines(program: _Program, limit_s: float) -> Iterator[str]:
    """Yield the lines of a program's stdout as they come; `ProgramFailed` after the time limit.

    They end with the program, even if something it left behind keeps the pipe open.
    """
    deadline = time.monotonic() + limit_s
    pending = b""
    for chunk in _chunks(program.process, deadline):
        *complete, pending = (pending + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip() for line in complete)
    if pending:
        yield pending.decode(errors="replace")
    if time.monotonic() >= deadline and program.process.poll() is None:
        raise ProgramFailed(f"{program.name} took longer than {limit_s:.0f} s")


def _chunks(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    """Yield what a program prints, until it closes its stdout, ends, or time is up."""
    if process.stdout is None:
        return
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left_s := deadline - time.monotonic()) > 0:
            ended = process.poll() is not None  # checked first: then all output is in the pipe
            if selector.select(0 if ended else min(left_s, _LOOK_S)):
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    return
                yield chunk
            elif ended:
                return


def _tail(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
