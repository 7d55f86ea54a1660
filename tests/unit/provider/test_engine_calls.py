"""What the provider learns of the engine's call from the server that answers it."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from crdb_sso.provider.engine_calls import answer_many_at_once, calls, garbage_kept, is_awaited
from crdb_sso.provider.engine_errors import for_engine

PATIENCE_S = 20.0


class Call:
    """What a server of gRPC has for each call."""

    def __init__(self, *, active: bool) -> None:
        self._active = active

    def abort(self, code: object, details: str) -> None:
        """End the call."""

    def is_active(self) -> bool:
        return self._active

    def set_trailing_metadata(self, metadata: Any) -> None:
        """Take what is sent together with the status."""


@pytest.mark.parametrize(
    ("context", "expected"),
    [(Call(active=True), True), (Call(active=False), False), (None, True), ("a text", True)],
)
def test_an_answer_is_awaited_until_the_engine_has_gone(context: object, *, expected: bool) -> None:
    def asked(context: object) -> bool:
        assert context is not asked
        return is_awaited()

    assert asked(context) is expected


def test_without_a_call_the_caller_waits() -> None:
    assert list(calls()) == []
    assert is_awaited()


def test_more_calls_are_answered_at_once_than_the_server_has_threads_for() -> None:
    together = Barrier(12)

    @for_engine
    def wait(_props: dict[str, object]) -> None:
        together.wait(PATIENCE_S)

    with ThreadPoolExecutor(4) as pool:
        pool.submit(for_engine(lambda _props: None), {}).result()  # such as a check
        waiting = [pool.submit(wait, {}) for _ in range(12)]
        for one in waiting:
            one.result()


def test_calls_that_wait_already_are_answered_too() -> None:
    together = Barrier(12)

    @for_engine
    def wait(_props: dict[str, object]) -> None:
        together.wait(PATIENCE_S)

    with ThreadPoolExecutor(4) as pool:
        held = Barrier(5)
        for _ in range(4):  # until twelve wait in line
            pool.submit(held.wait, PATIENCE_S)
        waiting = [pool.submit(wait, {}) for _ in range(12)]
        held.wait(PATIENCE_S)
        for one in waiting:
            one.result()


def test_outside_of_a_pool_nothing_happens() -> None:
    answer_many_at_once()


def test_garbage_is_collected_again_once_the_outermost_call_is_answered() -> None:
    with garbage_kept():
        with garbage_kept():
            pass
        assert not gc.isenabled()

    assert gc.isenabled()


def test_garbage_is_collected_again_after_a_call_that_has_failed() -> None:
    def fail() -> None:
        with garbage_kept():
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert gc.isenabled()
