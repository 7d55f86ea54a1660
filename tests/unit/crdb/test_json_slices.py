"""Raw JSON slices are moved byte for byte, as Go reads them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.json_slices import (
    Member,
    NotJsonError,
    decoded,
    elements,
    is_json,
    joined_list,
    joined_object,
    members,
    quoted,
    raw_member,
    value_end,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('["a"]', True, id="a list"),
        pytest.param(' \t\r\n{"a":1} \n', True, id="white space around"),
        pytest.param("null", True, id="null"),
        pytest.param("9" * 5000, True, id="an integer of more digits than Python reads"),
        pytest.param("1e999", True, id="a number beyond floats"),
        pytest.param("", False, id="nothing"),
        pytest.param(" ", False, id="a blank"),
        pytest.param('["a"]x', False, id="text after it"),
        pytest.param("['a']", False, id="single quotes"),
        pytest.param("NaN", False, id="Python reads NaN, Go does not"),
        pytest.param("[Infinity]", False, id="Python reads Infinity, Go does not"),
        pytest.param("[-Infinity]", False, id="Python reads -Infinity, Go does not"),
        pytest.param('"a\nb"', False, id="a raw line end in a string"),
        pytest.param('\u00a0["a"]', False, id="a no-break space is not JSON white space"),
        pytest.param("[1,]", False, id="a trailing comma"),
        pytest.param("[" * 100_000, False, id="nested too deeply"),
    ],
)
def test_json_is_what_go_reads_as_one_json_value(text: str, *, expected: bool) -> None:
    assert is_json(text) is expected


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        pytest.param('["a"]x', 0, 5, id="text after it is left alone"),
        pytest.param('x  "y" z', 1, 6, id="white space before the value is skipped"),
    ],
)
def test_a_value_ends_after_its_last_character(text: str, start: int, expected: int) -> None:
    assert value_end(text, start) == expected


def test_without_a_value_there_is_no_end() -> None:
    with pytest.raises(NotJsonError, match="Expecting value"):
        value_end("[1] ?", 3)


def test_a_decoded_value_is_one_whole_value() -> None:
    assert decoded(' {"a": [1, null, "ä"]} ') == {"a": [1.0, None, "ä"]}
    with pytest.raises(NotJsonError, match="one JSON value is expected"):
        decoded("1 2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[]", (), id="empty"),
        pytest.param(" [ ] ", (), id="empty with blanks"),
        pytest.param('["a", "b"]', ('"a"', '"b"'), id="two"),
        pytest.param(
            r'[ "\u0061" , 1.50 ]', (r'"\u0061"', "1.50"), id="escapes and number formats"
        ),
        pytest.param('[{"a" : [1 , 2]},null]', ('{"a" : [1 , 2]}', "null"), id="inner white space"),
    ],
)
def test_elements_are_raw_slices(text: str, expected: tuple[str, ...]) -> None:
    assert elements(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", (), id="empty"),
        pytest.param(
            '{"a":1,"b":[2]}',
            (Member("a", "1", '"a":1'), Member("b", "[2]", '"b":[2]')),
            id="two",
        ),
        pytest.param(
            r'{ "h\/t" : "x" , "h/t":null }',
            (Member("h/t", '"x"', r'"h\/t" : "x"'), Member("h/t", "null", '"h/t":null')),
            id="a name in two spellings occurs twice",
        ),
    ],
)
def test_members_are_raw_slices_with_decoded_names(text: str, expected: tuple[Member, ...]) -> None:
    assert members(text) == expected


@pytest.mark.parametrize("text", ['{"a":1}', "null", '["a"] x', "", '"["'])
def test_only_a_list_has_elements(text: str) -> None:
    with pytest.raises(NotJsonError, match=r"begins with \["):
        elements(text)


@pytest.mark.parametrize("text", ['["a"]', "null", "{} x", ""])
def test_only_an_object_has_members(text: str) -> None:
    with pytest.raises(NotJsonError, match=r"begins with \{"):
        members(text)


def test_a_new_member_is_quoted_as_json() -> None:
    assert raw_member('say "ä"', "[1]") == r'"say \"ä\"":[1]'
    assert quoted("a\nb") == r'"a\nb"'


@given(st.lists(json_values, max_size=5), st.sampled_from([None, 1]))
def test_the_slices_of_a_list_make_it_again(values: list[object], indent: int | None) -> None:
    slices = elements(json.dumps(values, indent=indent))

    assert [json.loads(raw) for raw in slices] == values
    assert elements(joined_list(slices)) == slices


@given(st.dictionaries(st.text(), json_values, max_size=5), st.sampled_from([None, 1]))
def test_the_slices_of_an_object_make_it_again(
    values: dict[str, object], indent: int | None
) -> None:
    found = members(json.dumps(values, indent=indent))

    assert {m.name: json.loads(m.value) for m in found} == values
    assert members(joined_object(tuple(m.raw for m in found))) == found
