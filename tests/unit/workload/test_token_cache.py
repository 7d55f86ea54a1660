"""One request for however many need a token, and the token at hand as long as it is valid."""

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import CrdbSsoError, TokenUnavailable
from crdb_sso.workload import tokens
from crdb_sso.workload.tokens import Token
from crdb_sso.workload.tokens.cache import TokenCache, margin_s
from tests.unit.workload.token_texts import NEVER_SHOWN, Issuer, VirtualClock, jwt

MANY = 32


def source_of(issuer: Issuer) -> tokens.Source:
    return tokens.call(issuer, clock=issuer.clock)


@pytest.mark.parametrize(
    ("life_s", "margin"),
    [
        pytest.param(86_400, 300, id="a day, as Azure's"),
        pytest.param(3_600, 300, id="an hour, as Google's"),
        pytest.param(600, 120, id="ten minutes, as the shortest of Kubernetes"),
        pytest.param(300, 60, id="five minutes, as GitHub's"),
        pytest.param(0, 0, id="none"),
    ],
)
def test_the_margin_is_five_minutes_or_a_fifth_of_the_life(life_s: float, margin: float) -> None:
    assert margin_s(life_s) == margin


def test_nothing_is_asked_for_before_a_token_is_needed() -> None:
    issuer = Issuer(VirtualClock())
    source_of(issuer)

    assert issuer.asked == 0


def test_a_token_is_reused_until_its_margin_and_then_renewed() -> None:
    clock = VirtualClock()
    issuer = Issuer(clock, life_s=3600)
    source = source_of(issuer)

    first = source.token()
    clock.go_on(3299)
    assert source.token() is first
    clock.go_on(1)
    second = source.token()

    assert second.value != first.value
    assert issuer.asked == 2


def test_a_token_that_does_not_say_when_it_ends_is_not_reused() -> None:
    given = (f"opaque-{number}" for number in count())
    source = tokens.call(lambda: next(given))

    assert [source.token().value, source.token().value] == ["opaque-0", "opaque-1"]


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


def test_two_audiences_are_never_mixed() -> None:
    def asked_for(audience: str) -> Callable[[], str]:
        return lambda: jwt(exp=4e9, aud=audience)

    sources = {audience: tokens.call(asked_for(audience)) for audience in ("dev", "prod")}

    with ThreadPoolExecutor(MANY) as pool:
        wanted = ["dev", "prod"] * 50
        got = list(pool.map(lambda audience: sources[audience].token().value, wanted))

    assert got == [jwt(exp=4e9, aud=audience) for audience in wanted]


def test_a_source_that_raises_tells_each_caller_why() -> None:
    def function() -> str:
        raise RuntimeError(f"the vault is sealed; it had {jwt(exp=1)}")

    source = tokens.call(function)
    said = []
    for _ in range(2):
        with pytest.raises(TokenUnavailable) as caught:
            source.token()
        said.append(caught.value)

    assert said[0] is not said[1]
    assert "RuntimeError: the vault is sealed; it had [secret]" in str(said[0])
    assert "Next step: " in str(said[0])
    shown = repr([said, said[0].__cause__, said[0].__context__, source])
    assert NEVER_SHOWN not in shown


def test_the_reason_of_a_clean_error_is_chained() -> None:
    issuer = Issuer(VirtualClock())
    issuer.is_down = True

    with pytest.raises(TokenUnavailable, match="the issuer is down") as caught:
        asyncio.run(source_of(issuer).token_async())

    assert isinstance(caught.value.__cause__, ConnectionError)


def test_a_token_that_is_not_one_is_an_error_that_names_the_source() -> None:
    with pytest.raises(TokenUnavailable, match=r"^tokens.call\(function='.*'\): got nothing"):
        tokens.call(lambda: "").token()
    with pytest.raises(TokenUnavailable, match="the function returned int, not a token"):
        tokens.call(lambda: 7).token()  # type: ignore[arg-type] # as a user may


def test_a_token_that_has_expired_is_an_error() -> None:
    clock = VirtualClock()

    with pytest.raises(TokenUnavailable, match="expired 12 s ago, by this machine's clock"):
        source_of(Issuer(clock, life_s=-12)).token()


def test_while_the_issuer_is_down_the_token_at_hand_serves_to_its_last_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = VirtualClock()
    issuer = Issuer(clock, life_s=300)
    source = source_of(issuer)
    first = source.token()
    issuer.is_down = True

    with caplog.at_level(logging.WARNING, "crdb_sso.workload"):
        for _ in range(299):
            clock.go_on(1)
            assert source.token() is first

    assert issuer.asked == 1 + 6  # six tries within the margin of a minute
    assert "valid for another 60 s: ConnectionError: the issuer is down" in caplog.text
    assert NEVER_SHOWN not in caplog.text
    clock.go_on(1)
    with pytest.raises(TokenUnavailable, match="the issuer is down"):
        source.token()
    issuer.is_down = False
    assert source.token().is_valid(clock())


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


@given(st.lists(st.tuples(st.floats(0.1, 400), st.booleans()), max_size=60), st.integers(1, 4000))
def test_whoever_asks_gets_a_valid_token_as_long_as_there_is_one(
    day: list[tuple[float, bool]], life_s: int
) -> None:
    clock = VirtualClock()
    issuer = Issuer(clock, life_s)
    source = source_of(issuer)
    held = source.token()
    for pause_s, is_down in day:
        clock.go_on(pause_s)
        issuer.is_down = is_down
        try:
            got = source.token()
        except CrdbSsoError:
            assert is_down
            assert not held.is_valid(clock())
        else:
            assert got.is_valid(clock())
            held = got
