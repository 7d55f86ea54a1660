"""The calls of the engine that are being answered, and how many are answered at once.

The engine's own server (`pulumi.dynamic`) passes neither its calls nor its threads on. Both are
looked up in the frames that lead here; where they are not found, everything works, with less.
"""

import gc
import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, runtime_checkable

AT_ONCE = 64
"""Calls. The server begins with 4 threads: a program with more clusters would wait for them."""


@runtime_checkable
class Call(Protocol):
    """The part of `grpc.ServicerContext` that is used."""

    def abort(self, code: object, details: str) -> None:
        """End the call."""

    def is_active(self) -> bool:
        """Tell whether somebody waits for the answer."""

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        """Set what is sent together with the status."""


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Collect no garbage until the end: with ten thousand logins, half of a call is looking for it.

    Nearly all that a call makes lives until it is answered.
    """
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def calls() -> Iterator[Call]:
    """Yield the calls that are being answered in this thread, the innermost first."""
    for frame in _frames():
        call = frame.f_locals.get("context")
        if isinstance(call, Call):
            yield call


def is_awaited() -> bool:
    """Tell whether the engine still waits for the answer: one that was killed saves no state."""
    return all(call.is_active() for call in calls())


def answer_many_at_once() -> None:
    """Let the server that answers this call use more threads: those of one cluster take turns."""
    for frame in _frames():
        found = frame.f_locals.get("executor_reference")  # of a thread of the pool
        pool = found() if callable(found) else None
        if isinstance(pool, ThreadPoolExecutor):
            if pool._max_workers < AT_ONCE:  # noqa: SLF001 - there is no other way
                pool._max_workers = AT_ONCE  # noqa: SLF001 - see above
                for _ in range(AT_ONCE):  # calls that wait already get their threads now
                    pool.submit(_do_nothing)
            return


def _do_nothing() -> None:
    """Be something that a pool may need another thread for."""


def _frames() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
