"""Where a JSON Pointer into the claims of a token leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import Json, Object, whole_value
from dev.emulator.jose.pointers import Absent, pointed_at
from dev.emulator.setting_texts.claim import validate_claim
from dev.emulator.sqlerror import SqlError

Way = list[str | int]

NAMES = st.text("ab/~01.é ", min_size=1, max_size=6)
WAYS = st.lists(NAMES | st.integers(0, 3), max_size=8)


def built(way: Way, leaf: str) -> Json:
    """A value in which a way leads to a leaf."""
    if not way:
        return leaf
    inside = built(way[1:], leaf)
    step = way[0]
    if isinstance(step, int):
        return [*["other"] * step, inside]
    return Object(((step, inside), (step + "x", 1.0)))


def written(way: Way) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in way)


@given(NAMES, WAYS, st.text(max_size=5))
def test_a_way_that_is_escaped_leads_to_its_end(first: str, way: Way, leaf: str) -> None:
    pointer = written([first, *way])
    assert pointed_at({first: built(way, leaf)}, pointer) == leaf
    validate_claim(pointer)


@given(st.text("ab/~01-+", max_size=30))
def test_every_pointer_that_can_be_set_leads_somewhere_or_is_refused(text: str) -> None:
    claims: dict[str, Json] = {"a": ["x", ["y"]], "b": whole_value('{"a":{"b":1},"~":[]}')}
    try:
        validate_claim(f"/{text}")
        pointed_at(claims, f"/{text}")
    except (Absent, GoError, SqlError):
        return


@pytest.mark.parametrize(("place", "found"), [("0", "x"), ("2", "z")])
def test_a_place_in_a_list_is_a_plain_number(place: str, found: str) -> None:
    assert pointed_at({"a": ["x", "y", "z"]}, f"/a/{place}") == found


@pytest.mark.parametrize(
    "place",
    [
        "00",
        "01",
        "-1",
        "+1",
        "-0",
        "+0",
        "+01",
        "-",
        "+",
        "1.0",
        "1e0",
        "0x1",
        "1_0",
        "\u0661",
        "9" * 19,
        "1" * 5000,
    ],
)
def test_other_places_are_refused(place: str) -> None:
    with pytest.raises(GoError) as refused:
        pointed_at({"a": ["x", "y", "z"]}, f"/a/{place}")
    assert str(refused.value) == f'JSON pointer: invalid array index "{place}"'


def test_the_last_of_two_members_with_one_name_counts() -> None:
    claims = {"a": whole_value('{"b":1,"b":"last"}')}
    assert pointed_at(claims, "/a/b") == "last"
