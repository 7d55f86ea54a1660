"""What a token is, and that nobody gets to see it."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload.tokens import Token
from crdb_sso.workload.tokens.token import expiry_of, without_secrets
from tests.unit.workload.token_texts import NEVER_SHOWN, jwt, part

TOKEN = jwt(sub="orders", exp=1_800_000_300)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(repr(Token(TOKEN)), id="repr"),
        pytest.param(str(Token(TOKEN)), id="str"),
        pytest.param(f"{Token(TOKEN)}", id="in a text"),
        pytest.param(repr(Token(TOKEN).value), id="repr of the value"),
        pytest.param(repr({"password": Token(TOKEN).value}), id="in a dict of parameters"),
    ],
)
def test_a_token_does_not_show_itself(shown: str) -> None:
    assert NEVER_SHOWN not in shown
    assert "[secret]" in shown


def test_its_value_is_the_text_that_a_driver_sends() -> None:
    assert Token(TOKEN).value == TOKEN
    assert f"{Token(TOKEN).value}" == TOKEN
    assert str(Token(TOKEN).value) == TOKEN
    assert json.dumps(Token(TOKEN).value) == f'"{TOKEN}"'


def test_blanks_around_it_are_not_a_part_of_it() -> None:
    assert Token(f"  {TOKEN}\n").value == TOKEN


@pytest.mark.parametrize("text", ["", " \n", "a b", "a\nb", "tök", "a\0b", f"token: {TOKEN}"])
def test_what_can_not_be_a_token_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(TokenUnavailable) as caught:
        Token(text)

    assert NEVER_SHOWN not in str(caught.value)


def test_what_the_token_says_of_its_end_counts_more_than_what_was_told() -> None:
    assert Token(TOKEN, 1.0).expires_at == 1_800_000_300.0
    assert Token("opaque", 7.0).expires_at == 7.0
    assert Token("opaque").expires_at is None


def test_it_is_valid_until_its_last_second_and_not_in_it() -> None:
    assert Token(TOKEN).is_valid(1_800_000_299.9)
    assert not Token(TOKEN).is_valid(1_800_000_300.0)
    assert not Token("opaque").is_valid(0.0)


@pytest.mark.parametrize(
    "exp", [None, "1800000300", True, -1, 0, 10**400, [1], math.inf, math.nan, {}]
)
def test_an_end_that_is_not_a_time_is_none(exp: object) -> None:
    assert expiry_of(jwt(exp=exp)) is None


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", f"a.{part([1])}.c", "a.bnVsbA.c"]
)
def test_what_is_not_a_jwt_has_no_end(text: str) -> None:
    assert expiry_of(text) is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert expiry_of(text) is None or text.count(".") == 2
    assert expiry_of(f"a.{part(text)}.c") is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_no_claim_breaks_the_reader(exp: object) -> None:
    end = expiry_of(jwt(exp=exp))

    assert end is None or (end == exp and 0 < end < math.inf)


@given(st.integers(12, len(TOKEN)))
def test_no_token_stays_in_a_foreign_text_whole_or_cut_off(length: int) -> None:
    assert without_secrets(f"got '{TOKEN[:length]}'") == "got '[secret]'"


def test_other_secrets_are_left_out_of_a_foreign_text_too() -> None:
    said = "client_secret=hunter2 is wrong (Authorization: Bearer abc.def)"

    assert without_secrets(said, "hunter2", "") == (
        "client_secret=[secret] is wrong (Authorization: Bearer [secret]"
    )
