"""Groups as a claim lists them."""

from __future__ import annotations

from typing import Any

import pytest

from dev.emulator.go.errors import GoError
from dev.emulator.login.groups import groups_in


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="a list"),
        pytest.param("a, b,,c d", ["a", "b", "c d"], id="a text is split at commas only"),
        pytest.param([" A ", "a", "B"], ["a", "b"], id="trimmed, folded, each once"),
        pytest.param(["", " "], [], id="blank ones do not count"),
        pytest.param([1.0, True, None], ["1", "true", "<nil>"], id="printed as Go does"),
        pytest.param(["a,b"], ["a,b"], id="elements are not split"),
    ],
)
def test_groups_are_read(value: Any, expected: list[str]) -> None:
    assert groups_in(value) == expected


@pytest.mark.parametrize("value", [None, 5.0, True])
def test_other_values_are_not_groups(value: Any) -> None:
    with pytest.raises(GoError, match="groups claim must be array or string"):
        groups_in(value)
