"""A signal ends the wait of `crdb-sso token-file`, at whatever moment it comes."""

import os
import signal
import threading
from _thread import interrupt_main
from collections.abc import Iterator

import pytest

from crdb_sso.cli.token_file import stopping

PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Puts back who hears the signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_interrupts_no_call_ends_the_wait(number: signal.Signals) -> None:
    """One that comes right before the call that waits is only noted, as by `interrupt_main`."""
    over, late = threading.Event(), threading.Event()

    def come() -> None:
        interrupt_main(number)
        if not over.wait(PATIENCE_S):
            late.set()
            os.kill(os.getpid(), number)

    with stopping() as stop:
        coming = threading.Timer(0.2, come)
        coming.start()
        stop.wait(3 * PATIENCE_S)
    over.set()
    coming.join()

    assert not late.is_set()


def test_a_signal_before_the_wait_ends_it_at_once() -> None:
    with stopping() as stop:
        interrupt_main(signal.SIGTERM)
        stop.wait(3 * PATIENCE_S)
