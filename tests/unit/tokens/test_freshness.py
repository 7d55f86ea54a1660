"""How long a key set counts as fresh, as nodes that cache it read its headers."""

from datetime import datetime, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crdb_sso.preview.commands.rotation import freshness_lines
from crdb_sso.tokens.freshness import Freshness, freshness

NOON = ("Date", "Thu, 26 Nov 2026 12:00:00 GMT")
CAME_AT = datetime(2026, 11, 26, 12, 30, tzinfo=timezone.utc)
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
        pytest.param([AN_HOUR_LATER], 1800, id="expires, without a date: made when it came"),
        pytest.param([("Date", "noon"), AN_HOUR_LATER], 1800, id="a date that can't be read"),
        pytest.param(
            [NOON, ("Expires", "Thursday, 26-Nov-26 13:00:00 GMT")], 3600, id="an old form of dates"
        ),
        pytest.param(
            [NOON, ("Expires", "Thu Nov 26 13:00:00 2026")], 3600, id="another old form of dates"
        ),
        pytest.param(
            [NOON, ("Expires", "Thu, 26 Nov 2026 13:00:00 +0000")], 0, id="no form of HTTP"
        ),
        pytest.param([NOON, ("Expires", "Thu, 99 Nov 2026 13:00:00 GMT")], 0, id="no such day"),
        pytest.param([("Cache-Control", 'max-age="60')], 0, id="an open quote"),
        pytest.param([("Cache-Control", 'x="a", max-age=60, y="')], 0, id="an open quote later"),
        pytest.param([("Cache-Control", 'x="no-store, \\"", max-age=60')], 60, id="inside quotes"),
        pytest.param([("Cache-Control", "max-age=60"), ("Vary", "accept, *")], 0, id="varies too"),
        pytest.param([("Cache-Control", f"max-age={'9' * 400}")], 2**31 - 1, id="for ages"),
        pytest.param([("Cache-Control", f"max-age={'9' * 5000}")], 2**31 - 1, id="for aeons"),
        pytest.param([("Cache-Control", "max-age=2147483648")], 2**31 - 1, id="a little longer"),
        pytest.param([("Cache-Control", f"max-age={'0' * 5000}60")], 60, id="zeros in front"),
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
    assert freshness(headers, CAME_AT).lasts_s == expected_s


def test_the_headers_are_shown_as_they_came() -> None:
    headers = [("Cache-Control", "public"), ("Cache-Control", "max-age=60"), AN_HOUR_LATER]

    assert freshness(headers, CAME_AT) == Freshness("public, max-age=60", AN_HOUR_LATER[1], 60)


VALUES = st.text() | st.builds(
    "{}{}{}".format,
    st.sampled_from(["max-age=", 'max-age="', 'x="', "", "max-age=0"]),
    st.integers(0, 6000).map("9".__mul__) | st.integers(),
    st.sampled_from(["", '"', ",", " GMT"]),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Cache-Control", "Expires", "Date", "Vary"]), VALUES),
        max_size=4,
    )
)
@example([("Cache-Control", f"max-age={'9' * 400}")])
@example([("Cache-Control", f"max-age={'9' * 5000}")])
def test_any_header_can_be_read_and_shown(headers: list[tuple[str, str]]) -> None:
    found = freshness(headers, CAME_AT)
    assert 0 <= found.lasts_s < 2**31
    (line,) = freshness_lines({"https://idp": found})
    assert len(line) < 700
