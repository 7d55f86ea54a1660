"""Groups as a claim lists them, and the time limit for asking after them."""

from __future__ import annotations

from typing import Any

import pytest

from dev.emulator.go.durations import duration_seconds, go_duration
from dev.emulator.go.errors import GoError
from dev.emulator.login.groups import groups_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="a list"),
        pytest.param("a, b,,c d", ["a", "b", "c d"], id="a text is split at commas only"),
        pytest.param([" A ", "a", "B"], ["a", "b"], id="trimmed, folded, each once"),
        pytest.param(["", " "], [], id="blank ones are none"),
        pytest.param([1.0, True, None], ["1", "true", "<nil>"], id="printed as Go does"),
        pytest.param(["a,b"], ["a,b"], id="elements are not split"),
    ],
)
def test_groups_are_read(value: Any, expected: list[str]) -> None:
    assert groups_in(value) == expected


@pytest.mark.parametrize("value", [None, 5.0, True])
def test_other_values_are_no_groups(value: Any) -> None:
    with pytest.raises(GoError, match="groups claim must be array or string"):
        groups_in(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("15s", 15), ("1m30s", 90), ("250ms", 0.25), ("1.5ms", 0.0015), ("2h0m0s", 7200)],
)
def test_durations_are_read_back(text: str, seconds: float) -> None:
    assert duration_seconds(text) == pytest.approx(seconds)
    assert go_duration(round(seconds * 1_000_000)) == text
