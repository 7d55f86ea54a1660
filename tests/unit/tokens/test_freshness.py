"""How long a key set counts as fresh, as nodes that cache it read its headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.tokens.freshness import Freshness, freshness

NOON = ("Date", "Thu, 26 Nov 2026 12:00:00 GMT")
AN_HOUR_LATER = ("Expires", "Thu, 26 Nov 2026 13:00:00 GMT")


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        pytest.param([], 0, id="nothing said"),
        pytest.param([("Cache-Control", "max-age=3600")], 3600, id="an hour"),
        pytest.param([("cache-control", "public, Max-Age=60")], 60, id="in any case"),
        pytest.param([("Cache-Control", 'max-age="60"')], 60, id="quoted"),
        pytest.param([("Cache-Control", "s-maxage=60")], 0, id="for shared caches only"),
        pytest.param([("Cache-Control", "no-store, max-age=60")], 0, id="not to be stored"),
        pytest.param([("Cache-Control", "no-cache"), NOON, AN_HOUR_LATER], 0, id="not to be used"),
        pytest.param([("Cache-Control", "max-age=60, max-age=60")], 0, id="said twice"),
        pytest.param(
            [("Cache-Control", "max-age=60"), ("Cache-Control", "max-age=70")], 0, id="in two lines"
        ),
        pytest.param([("Cache-Control", "max-age=soon"), NOON, AN_HOUR_LATER], 0, id="no number"),
        pytest.param([("Cache-Control", "max-age=-1")], 0, id="negative"),
        pytest.param([("Cache-Control", "max-age=60"), ("Vary", "*")], 0, id="varies"),
        pytest.param([("Cache-Control", "max-age=60"), ("Vary", "Accept")], 60, id="by media type"),
        pytest.param([NOON, AN_HOUR_LATER], 3600, id="expires"),
        pytest.param([("Cache-Control", "max-age=60"), NOON, AN_HOUR_LATER], 60, id="both"),
        pytest.param([AN_HOUR_LATER], 0, id="expires, but since when"),
        pytest.param([NOON, AN_HOUR_LATER, AN_HOUR_LATER], 0, id="expires twice"),
        pytest.param([NOON, ("Expires", "0")], 0, id="has expired"),
        pytest.param(
            [("Date", AN_HOUR_LATER[1]), ("Expires", NOON[1])], 0, id="expired before it was made"
        ),
    ],
)
def test_a_key_set_is_fresh_for_as_long_as_it_says(
    headers: list[tuple[str, str]], expected_s: int
) -> None:
    assert freshness(headers).lasts_s == expected_s


def test_the_headers_are_shown_as_they_came() -> None:
    headers = [("Cache-Control", "public"), ("Cache-Control", "max-age=60"), AN_HOUR_LATER]

    assert freshness(headers) == Freshness("public, max-age=60", AN_HOUR_LATER[1], 60)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Cache-Control", "Expires", "Date", "Vary"]), st.text()),
        max_size=4,
    )
)
def test_any_header_can_be_read(headers: list[tuple[str, str]]) -> None:
    assert freshness(headers).lasts_s >= 0
