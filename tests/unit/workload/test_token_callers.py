"""Many callers at once: one request for all of them, on threads, loops and after a fork."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from crdb_sso.workload.tokens import Token
from crdb_sso.workload.tokens.cache import TokenCache
from tests.unit.workload.token_texts import VirtualClock, jwt

MANY = 32


class Crowd:
    """Many callers who all ask before the first is answered."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = threading.Event()

    def __call__(self) -> str:
        self.asked += 1
        assert self.go.wait(60)
        return jwt(exp=4e9, jti=self.asked)

    async def until_asked(self) -> None:
        """Give the loop turns until the request is on its way: it holds no loop."""
        while not self.asked:  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0)


def test_32_threads_are_one_request() -> None:
    crowd = Crowd()
    source = tokens.call(crowd)
    waiting = threading.Barrier(MANY + 1)

    def ask() -> Token:
        waiting.wait(60)
        return source.token()

    with ThreadPoolExecutor(MANY) as pool:
        asking = [pool.submit(ask) for _ in range(MANY)]
        waiting.wait(60)
        crowd.go.set()
        got = {one.result(60).value for one in asking}

    assert crowd.asked == 1
    assert len(got) == 1


def test_32_tasks_are_one_request_and_the_loop_is_free_meanwhile() -> None:
    crowd = Crowd()
    source = tokens.call(crowd)

    async def program() -> list[Token]:
        asking = [asyncio.ensure_future(source.token_async()) for _ in range(MANY)]
        await crowd.until_asked()
        crowd.go.set()
        return await asyncio.gather(*asking)

    got = asyncio.run(program())

    assert crowd.asked == 1
    assert len({one.value for one in got}) == 1


def test_threads_and_tasks_share_a_request() -> None:
    crowd = Crowd()
    source = tokens.call(crowd)

    async def program() -> set[str]:
        loop = asyncio.get_running_loop()
        in_thread = loop.run_in_executor(None, source.token)
        await crowd.until_asked()
        in_task = asyncio.ensure_future(source.token_async())
        await asyncio.sleep(0)
        crowd.go.set()
        return {(await in_thread).value, (await in_task).value}

    assert len(asyncio.run(program())) == 1
    assert crowd.asked == 1


def test_a_task_that_gives_up_does_not_end_the_request_of_the_others() -> None:
    crowd = Crowd()
    source = tokens.call(crowd)

    async def program() -> Token:
        impatient = asyncio.ensure_future(source.token_async())
        patient = asyncio.ensure_future(source.token_async())
        await crowd.until_asked()
        impatient.cancel()
        await asyncio.sleep(0)
        crowd.go.set()
        return await patient

    assert asyncio.run(program()).expires_at == 4e9
    assert crowd.asked == 1


def test_an_async_function_runs_on_the_loop_of_its_caller() -> None:
    loops = []

    async def function() -> str:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return jwt(exp=4e9)

    async def program() -> asyncio.AbstractEventLoop:
        source = tokens.call(function)
        await asyncio.gather(*(source.token_async() for _ in range(MANY)))
        return asyncio.get_running_loop()

    assert loops == [asyncio.run(program())][: len(loops)]
    assert len(loops) == 1


def test_an_async_function_serves_threads_too() -> None:
    async def function() -> Token:
        await asyncio.sleep(0)
        return Token("opaque")

    assert tokens.call(function).token().value == "opaque"


def test_within_the_margin_only_one_caller_waits() -> None:
    clock = VirtualClock()
    release, asked = threading.Event(), threading.Event()
    is_first = iter([True, False])

    def function() -> str:
        if not next(is_first):
            asked.set()
            release.wait(60)
        return jwt(exp=clock() + 300)

    source = tokens.call(function, clock=clock)
    first = source.token()
    clock.go_on(250)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(source.token)
        assert asked.wait(60)
        assert source.token() is first
        release.set()
        assert renewing.result(60) is not first


def test_a_request_that_is_never_answered_is_given_up_and_asked_again() -> None:
    never = threading.Event()
    is_first = iter([True, False])

    def fetch() -> Token:
        if next(is_first):
            never.wait(60)
        return Token("opaque", 4e9)

    cache = TokenCache("tokens.test()", fetch, patience_s=0.05)
    with pytest.raises(TokenUnavailable, match=r"tokens.test\(\): no answer within 0.05 s"):
        cache.get()
    assert in_the_end(cache).value == "opaque"
    never.set()


def in_the_end(cache: TokenCache) -> Token:
    """Ask until an unanswered request is old enough to be given up."""
    while True:
        with suppress(TokenUnavailable):
            return asyncio.run(cache.get_async())


FORKED = """
import os, threading
from crdb_sso.workload import tokens

asked, release = threading.Event(), threading.Event()

def function():
    if not asked.is_set():
        asked.set()
        release.wait(60)
    return "opaque"

source = tokens.call(function)
threading.Thread(target=source.token, daemon=True).start()
assert asked.wait(60)
if os.fork() == 0:
    os._exit(0 if source.token().value == "opaque" else 1)
_, status = os.wait()
release.set()
raise SystemExit(status)
"""


def test_a_fork_while_a_request_is_on_its_way_can_ask_anew() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], timeout=60, check=False)

    assert done.returncode == 0
