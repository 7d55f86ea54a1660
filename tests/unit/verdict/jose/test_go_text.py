"""Values and texts as Go prints and quotes them."""

import pytest

from crdb_sso.verdict.jose.go_text import GoTime, quoted, sprint
from tests.unit.verdict.logins import NOW_S


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (999_999.0, "999999"),
        (1_000_000.0, "1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (-0.5, "-0.5"),
        (0.0001, "0.0001"),
        (0.000015, "1.5e-05"),
        (100_000.5, "100000.5"),
        (1e21, "1e+21"),
        (-0.0, "-0"),
        (True, "true"),
        (None, "<nil>"),
        (["x", [1.0]], "[x [1]]"),
        ({"b": 1.0, "a": [None]}, "map[a:[<nil>] b:1]"),
        (GoTime(NOW_S), "2023-11-14 22:13:20 +0000 UTC"),
        (GoTime(0, 250_000_000), "1970-01-01 00:00:00.25 +0000 UTC"),
    ],
)
def test_values_are_printed_as_go_prints_them(value, text):
    assert sprint(value) == text


def test_texts_are_quoted_as_go_quotes_them():
    assert quoted('a"b\\\n\x01\u200b\u00e9') == '"a\\"b\\\\\\n\\x01\\u200b\u00e9"'
    assert quoted("\U000e0001") == '"\\U000e0001"'
