"""A signal at a chosen moment of a command's start, whose handler raises."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

PATIENCE_S = 20.0
Come = Callable[[], None]


class Interrupted(BaseException):
    """What the handler raises: like KeyboardInterrupt, nothing takes it for a failure."""


def before_the_start_is_noted(monkeypatch: pytest.MonkeyPatch, come: Come) -> None:
    """The command runs, and who started it does not know of it."""

    class Started(subprocess.Popen[Any]):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            come()

    monkeypatch.setattr(subprocess, "Popen", Started)


def before_the_start_is_waited_for(monkeypatch: pytest.MonkeyPatch, come: Come) -> None:
    """The command runs, and who asked for its start has no future of it."""
    submit = ThreadPoolExecutor.submit

    def submitted(pool: ThreadPoolExecutor, *args: Any) -> Future[Any]:
        future = submit(pool, *args)
        come()
        return future

    monkeypatch.setattr(ThreadPoolExecutor, "submit", submitted)


MOMENTS = (before_the_start_is_noted, before_the_start_is_waited_for)


@contextmanager
def interrupted(
    monkeypatch: pytest.MonkeyPatch,
    moment: Callable[[pytest.MonkeyPatch, Come], None],
    wait_until_it_runs: Callable[[], object],
) -> Iterator[None]:
    """Interrupt a block, which starts a command, at a moment of its start.

    Args:
        monkeypatch: Brings the signal in.
        moment: When it comes.
        wait_until_it_runs: Returns once the command is running.
    """
    heard = Event()

    def come() -> None:
        wait_until_it_runs()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert heard.wait(PATIENCE_S)

    def interrupt(*_: object) -> None:
        heard.set()
        raise Interrupted

    moment(monkeypatch, come)
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(Interrupted):
            yield
    finally:
        signal.signal(signal.SIGUSR1, before)
