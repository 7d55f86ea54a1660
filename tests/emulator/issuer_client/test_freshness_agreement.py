"""`rotate --check` and the embedded cluster read the headers of an answer alike."""

from __future__ import annotations

import math
from datetime import datetime, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crdb_sso.tokens.freshness import freshness
from dev.emulator.issuer_client.freshness import read_freshness

LONGEST_S = 2**31 - 1
CAME_AT = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
FORMS = (
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S +0000",
    "%a, %d %b %Y %H:%M:%S gmt",
    "%a, %d %b %Y %H:%M:%S EST",
    "%a, %d %b %Y %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
)
"""The three of HTTP, and some that others write."""

DATES = st.builds(
    lambda when, form: when.strftime(form),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001 - GMT by the form
        lambda when: when.replace(microsecond=0)
    ),
    st.sampled_from(FORMS),
)
CACHE_CONTROL = st.lists(
    st.sampled_from(
        [
            "max-age=",
            "MAX-AGE = ",
            "60",
            "-",
            '"',
            ",",
            "\\",
            "no-store",
            "no-cache",
            " ",
            "x=",
            "=",
            "9" * 400,
        ]
    ),
    max_size=6,
).map("".join)
HEADER = (
    st.tuples(st.just("cache-control"), CACHE_CONTROL)
    | st.tuples(st.sampled_from(["expires", "date"]), DATES | st.just("0"))
    | st.tuples(st.just("vary"), st.sampled_from(["*", "accept", "accept, *", ""]))
)


def lasts_s(headers: list[tuple[str, str]]) -> tuple[int, int]:
    """Return for how many seconds an answer is fresh: by the product, by the embedded cluster."""
    now = CAME_AT.timestamp()
    theirs = read_freshness(headers, now, now).lifetime_s or 0
    ours = freshness(headers, CAME_AT).lasts_s
    return ours, min(LONGEST_S, max(0, math.ceil(theirs)))


@given(st.lists(HEADER, max_size=4))
@example([("cache-control", f"max-age={'9' * 5000}")])
def test_product_and_embedded_cluster_read_headers_alike(headers: list[tuple[str, str]]) -> None:
    ours, theirs = lasts_s(headers)
    assert ours == theirs


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ([("expires", "Fri, 27 Nov 2026 12:00:00 GMT")], 86400),
        ([("expires", "Fri Nov 27 12:00:00 2026")], 86400),
        ([("expires", "Friday, 27-Nov-26 12:00:00 GMT")], 86400),
        ([("expires", "Fri, 27 Nov 2026 12:00:00 +0000")], 0),
        ([("expires", "Fri, 27 Nov 2026 12:00:00 gmt")], 0),
        ([("cache-control", "max-age=60"), ("vary", "accept, *")], 0),
        ([("cache-control", 'max-age="60')], 0),
        ([("cache-control", 'max-age=60, x="')], 0),
    ],
    ids=str,
)
def test_both_read_what_they_once_read_otherwise(
    headers: list[tuple[str, str]], expected_s: int
) -> None:
    assert lasts_s(headers) == (expected_s, expected_s)
