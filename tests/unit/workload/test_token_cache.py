"""When a token is renewed, and the token at hand as long as it is valid."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import CrdbSsoError, TokenUnavailable
from crdb_sso.workload import tokens
from crdb_sso.workload.tokens.cache import margin_s
from tests.unit.workload.token_texts import NEVER_SHOWN, Issuer, VirtualClock, jwt, source_of

MANY = 32


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
