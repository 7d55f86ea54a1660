"""Durations as Go prints them: how they are written, and read back."""

from __future__ import annotations

import pytest

from dev.emulator.go.durations import duration_seconds, go_duration


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0s"),
        (7, "7µs"),
        (1_500, "1.5ms"),
        (250_000, "250ms"),
        (999_999, "999.999ms"),
        (15_000_000, "15s"),
        (90_000_000, "1m30s"),
        (90_500_000, "1m30.5s"),
        (7_200_000_000, "2h0m0s"),
        (604_800_000_000, "168h0m0s"),
    ],
)
def test_a_duration_is_written_as_go_does_and_read_back(microseconds: int, text: str) -> None:
    assert go_duration(microseconds) == text
    assert duration_seconds(text) == pytest.approx(microseconds / 1_000_000)


def test_a_negative_duration_has_a_minus() -> None:
    assert go_duration(-1_000_000) == "-1s"
