"""How the headers of an issuer's answer are read."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.emulator.issuer_client.freshness import read_freshness

NOW = 1_800_000_000.0


def at(unix_s: float) -> str:
    return format_datetime(datetime.fromtimestamp(unix_s, timezone.utc), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "delay_s", "lasts_s"),
    [
        pytest.param([("cache-control", "max-age=300")], 0, 300, id="max-age"),
        pytest.param([("cache-control", "max-age=300")], 2, 298, id="less the way"),
        pytest.param([("cache-control", "max-age=300"), ("age", "100")], 2, 198, id="less the age"),
        pytest.param(
            [("cache-control", "max-age=300"), ("date", at(NOW - 50))],
            2,
            250,
            id="less the time since its date",
        ),
        pytest.param(
            [("cache-control", "max-age=300"), ("date", at(NOW - 50)), ("age", "100")],
            0,
            200,
            id="the larger age counts",
        ),
        pytest.param(
            [("cache-control", "max-age=300"), ("date", at(NOW + 50))], 0, 300, id="from the future"
        ),
        pytest.param([("expires", at(NOW + 60))], 0, 60, id="Expires without a date"),
        pytest.param(
            [("expires", at(NOW + 60)), ("date", at(NOW - 40))], 0, 60, id="Expires less Date"
        ),
        pytest.param(
            [("expires", at(NOW + 60)), ("date", at(NOW)), ("age", "20")], 0, 40, id="and the age"
        ),
        pytest.param(
            [("expires", "Friday, 15-Jan-27 08:01:00 GMT")],
            0,
            60,
            id="an old form of dates",
        ),
        pytest.param(
            [("expires", "Fri Jan 15 08:01:00 2027")],
            0,
            60,
            id="another old form",
        ),
        pytest.param([("cache-control", "max-age=" + "9" * 5000)], 0, 2**31 - 1, id="for ages"),
    ],
)
def test_an_answer_lasts_as_long_as_it_says(
    headers: list[tuple[str, str]], delay_s: float, lasts_s: float
) -> None:
    found = read_freshness(headers, NOW - delay_s, NOW)
    assert found.is_fresh(NOW + lasts_s - 0.5)
    assert not found.is_fresh(NOW + lasts_s)


@pytest.mark.parametrize(
    "headers",
    [
        [("cache-control", "max-age=300"), ("date", "Sat, 01 Jan 1600 00:00:00 GMT")],
        [("cache-control", "max-age=300,max-age=300")],
        [("cache-control", "max-age=-99999999999999999999")],
        [("cache-control", "max-age=\u0663")],
        [("cache-control", 'max-age="300')],
        [("cache-control", 'max-age=300, x="a\\"')],
        [("expires", "tomorrow")],
        [("expires", "")],
        [],
    ],
    ids=str,
)
def test_what_is_unclear_is_not_fresh(headers: list[tuple[str, str]]) -> None:
    assert not read_freshness(headers, NOW, NOW).is_fresh(NOW)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("no-store", False),
        ("max-age=1, No-Store", False),
        ('x="open', False),
        ("no-cache", True),
        ('x="no-store"', True),
        ('x="\\", no-store"', True),
        ("", True),
    ],
)
def test_some_answers_may_not_even_be_kept(value: str, *, kept: bool) -> None:
    assert read_freshness([("cache-control", value)], NOW, NOW).may_be_kept is kept


NAMES = st.sampled_from(["cache-control", "expires", "date", "age", "vary", "x"])
VALUES = st.text(max_size=20) | st.lists(
    st.sampled_from(["max-age=", "60", '"', ",", "\\", "no-store", "*", " ", at(NOW), "s-maxage"]),
    max_size=6,
).map("".join)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.floats(0, 1e6))
def test_any_headers_are_read_and_freshness_only_ends(
    headers: list[tuple[str, str]], later_s: float
) -> None:
    found = read_freshness(headers, NOW, NOW)
    assert found.is_fresh(NOW) or not found.is_fresh(NOW + later_s)
    assert found.may_be_kept or not found.is_fresh(NOW)


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.text("abc=, ", max_size=10))
def test_max_age_counts_wherever_it_stands(max_age: int, age: int, other: str) -> None:
    headers = [("cache-control", f'x="{other}"'), ("cache-control", f"max-age={max_age}")]
    assert read_freshness([*headers, ("age", str(age))], NOW, NOW).is_fresh(NOW) is (age < max_age)
