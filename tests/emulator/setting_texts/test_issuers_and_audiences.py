"""Audiences and issuers: what may be stored, and what a stored value means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.emulator.setting_texts.issuers_and_audiences import (
    audience_list,
    issuer_list,
    validate_audience,
    validate_issuers,
)
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

INTO_LIST = "into Go value of type []string"
INTO_STRING = "into Go value of type string"
INTO_MAP = "into Go value of type jwtauthccl.issuerJWKSMap"
IN_MAP = "into Go struct field issuerJWKSMap.issuer_jwks_map of type"
MAP = '{"issuer_jwks_map":{"i":"u"}}'


@pytest.mark.parametrize(
    ("text", "audiences", "issuers"),
    [
        pytest.param("", [""], [""], id="nothing accepts the empty text"),
        pytest.param("https://idp/", ["https://idp/"], ["https://idp/"], id="a literal"),
        pytest.param("a,b", ["a,b"], ["a,b"], id="commas do not split"),
        pytest.param("['a']", ["['a']"], ["['a']"], id="single quotes are not JSON"),
        pytest.param("issuer1{}`[]!@#", ["issuer1{}`[]!@#"], ["issuer1{}`[]!@#"], id="any text"),
        pytest.param("[]", [], [], id="an empty list"),
        pytest.param('["a","b"]', ["a", "b"], ["a", "b"], id="a list"),
        pytest.param(' ["a"] ', ["a"], ["a"], id="a list with blanks around"),
        pytest.param('["a",null]', ["a", ""], ["a", ""], id="a null element is empty"),
        pytest.param("null", [], [], id="null"),
        pytest.param('["123"]', ["123"], ["123"], id="digits as text"),
        pytest.param('["\\u0061"]', ["a"], ["a"], id="an escape"),
        pytest.param('["a"]x', ['["a"]x'], ["a"], id="text after a list"),
        pytest.param(MAP + "x", [MAP + "x"], ["i"], id="text after a map"),
        pytest.param("nullx", ["nullx"], [], id="text after null"),
        pytest.param('"a"x', ['"a"x'], ['"a"x'], id="text after a text"),
        pytest.param('{"x":1}x', ['{"x":1}x'], ['{"x":1}x'], id="text after something else"),
        pytest.param('["a"', ['["a"'], ['["a"'], id="half a list"),
        pytest.param("NaN", ["NaN"], ["NaN"], id="not a number to Go"),
    ],
)
def test_a_legal_value_is_read_as(text: str, audiences: list[str], issuers: list[str]) -> None:
    validate_audience(text)
    validate_issuers(text)
    assert audience_list(text) == audiences
    assert issuer_list(text) == issuers


@pytest.mark.parametrize(
    ("text", "issuers"),
    [
        pytest.param("{}", [], id="an empty object"),
        pytest.param(MAP, ["i"], id="one issuer"),
        pytest.param('{"issuer_jwks_map":{"b":"1","a":"2"}}', ["b", "a"], id="two issuers"),
        pytest.param('{"ISSUER_jwks_Map":{"i":"u"}}', ["i"], id="the name in any case"),
        pytest.param('{"i\u017f\u017fuer_jw\u212as_map":{"i":"u"}}', ["i"], id="in any script"),
        pytest.param('{"issuer_jwks_map":null}', [], id="null as map"),
        pytest.param('{"issuer_jwks_map":{"i":null}}', ["i"], id="null as URL"),
        pytest.param(
            '{"issuer_jwks_map":{"a":"1"},"Issuer_jwks_map":{"b":"2"}}', ["a", "b"], id="twice"
        ),
    ],
)
def test_issuers_may_be_a_map_to_key_urls(text: str, issuers: list[str]) -> None:
    validate_issuers(text)
    assert issuer_list(text) == issuers


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param('"a"', f"cannot unmarshal string {INTO_LIST}", id="a JSON string"),
        pytest.param("123", f"cannot unmarshal number {INTO_LIST}", id="a number"),
        pytest.param("true", f"cannot unmarshal bool {INTO_LIST}", id="a bool"),
        pytest.param("{}", f"cannot unmarshal object {INTO_LIST}", id="an object"),
        pytest.param(MAP, f"cannot unmarshal object {INTO_LIST}", id="the issuer map"),
        pytest.param('["a",1]', f"cannot unmarshal number {INTO_STRING}", id="a number inside"),
        pytest.param('[["a"]]', f"cannot unmarshal array {INTO_STRING}", id="a list inside"),
    ],
)
def test_an_audience_in_json_has_to_be_a_list(text: str, reason: str) -> None:
    with pytest.raises(SqlError) as refusal:
        validate_audience(text)
    expected = f"JWT authentication audiences JSON not valid: json: {reason}"
    assert (refusal.value.message, refusal.value.sqlstate) == (expected, "XXUUU")
    assert audience_list(text) == [text]


@pytest.mark.parametrize(
    ("text", "not_a_list", "not_a_map"),
    [
        pytest.param(
            '"a"',
            f"cannot unmarshal string {INTO_LIST}",
            f"cannot unmarshal string {INTO_MAP}",
            id="a JSON string",
        ),
        pytest.param(
            "123",
            f"cannot unmarshal number {INTO_LIST}",
            f"cannot unmarshal number {INTO_MAP}",
            id="a number",
        ),
        pytest.param(
            '["a",1]',
            f"cannot unmarshal number {INTO_STRING}",
            f"cannot unmarshal array {INTO_MAP}",
            id="a number inside",
        ),
        pytest.param(
            '{"issuer_jwks_map":{"i":"u"},"x":1}',
            f"cannot unmarshal object {INTO_LIST}",
            'unknown field "x"',
            id="an unknown field",
        ),
        pytest.param(
            '{"redirect_urls":{"a":"b"}}',
            f"cannot unmarshal object {INTO_LIST}",
            'unknown field "redirect_urls"',
            id="another setting's map",
        ),
        pytest.param(
            '{"issuer_jwks_map":{"i":1}}',
            f"cannot unmarshal object {INTO_LIST}",
            f"cannot unmarshal number {IN_MAP} string",
            id="a number as URL",
        ),
        pytest.param(
            '{"issuer_jwks_map":[]}',
            f"cannot unmarshal object {INTO_LIST}",
            f"cannot unmarshal array {IN_MAP} map[string]string",
            id="a list as map",
        ),
    ],
)
def test_an_issuer_in_json_has_to_be_a_list_or_a_map(
    text: str, not_a_list: str, not_a_map: str
) -> None:
    with pytest.raises(SqlError) as refusal:
        validate_issuers(text)
    expected = f"JWT authentication: issuers JSON not valid: json: {not_a_list}\njson: {not_a_map}"
    assert (refusal.value.message, refusal.value.sqlstate) == (expected, "XXUUU")
    assert issuer_list(text) == [text]


@given(st.lists(st.text()))
def test_every_list_of_texts_is_read_back(values: list[str]) -> None:
    text = json.dumps(values)
    validate_audience(text)
    validate_issuers(text)
    assert audience_list(text) == issuer_list(text) == values


@given(st.dictionaries(st.text(), st.text()))
def test_every_issuer_map_is_read_back(uris: dict[str, str]) -> None:
    text = json.dumps({"issuer_jwks_map": uris})
    validate_issuers(text)
    assert issuer_list(text) == list(uris)


@given(st.text(alphabet='[]{}",:ab1 nulltrue\\'))
def test_any_text_is_either_refused_or_read(text: str) -> None:
    for validate, read in ((validate_audience, audience_list), (validate_issuers, issuer_list)):
        values = read(text)
        assert all(isinstance(value, str) for value in values)
        refused = _refusal(validate, text)
        assert refused is None or (refused.sqlstate, values) == ("XXUUU", [text])


def _refusal(validate: Callable[[str], None], text: str) -> SqlError | None:
    try:
        validate(text)
    except SqlError as refused:
        return refused
    return None
