"""Secrets of a program are shown in no form in which our texts repeat them."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import anchored_pattern
from crdb_sso.preview.masking import MASK, masked
from crdb_sso.printing import cut, printable

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40).filter(
    lambda text: text.strip() and not set(text) <= set("[secret]. \\'\"")
)


@given(secrets)
@example("000\\")  # printed by some with one backslash, by some with two
@example("0000000\\\x1f")  # two backslashes when printed: one of its own, one of an escape
def test_a_secret_is_masked_however_it_is_written(secret: str) -> None:
    forms = (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], anchored_pattern(secret)[2:-1])
    for form in (*forms, printable(secret), secret.upper() if secret.isascii() else secret):
        assert masked(f"before <{form}> after", [secret]) == f"before <{MASK}> after"


@given(secrets, st.integers(8, 40))
@example("00000000.0", 8)  # the dots of the cut begin like the rest of the secret
def test_a_secret_that_is_cut_off_is_masked_too(secret: str, longest: int) -> None:
    text = cut(secret, longest)

    shown = masked(f"it is {text}", [secret])
    assert shown.rstrip(".") == f"it is {MASK}"  # a secret may end in a dot itself


@given(st.text(), st.lists(st.text(max_size=5), max_size=3))
def test_a_text_without_secrets_stays(text: str, others: list[str]) -> None:
    absent = [f"{other}\ue000\ue001\ue002\ue003" for other in others]

    assert masked(text, [*absent, "", " "]) == text


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        pytest.param(
            "+ app: idp subject orders (audience crdb) may log in",
            ["orders", "crdb"],
            "+ app: idp subject [secret] (audience [secret]) may log in",
            id="in an effect line",
        ),
        pytest.param(
            "Give /^batch\\x20runner$ instead of 'batch runner'",
            ["batch runner"],
            "Give /^[secret]$ instead of '[secret]'",
            id="as the pattern that a hint offers",
        ),
        pytest.param(
            "Begin it with /^, e.g. /^batch$",
            ["/batch"],
            "Begin it with /^, e.g. /^[secret]$",
            id="the inside of a pattern",
        ),
        pytest.param(
            "map line idp /(?-i)^batch$ app, write /(?-i)^batch$",
            ["/(?-i)^batch$"],
            "map line idp [secret] app, write [secret]",
            id="a pattern that counts case",
        ),
        pytest.param(
            "Begin it with /^, e.g. /^(?-i)batch$",
            ["/(?-i)batch"],
            "Begin it with /^, e.g. /^(?-i)[secret]$",
            id="the inside of one",
        ),
        pytest.param("a and abc, a.b", ["a"], "[secret] and abc, [secret].b", id="a short one"),
        pytest.param("one secret", ["secret", "one s"], "[secret]", id="two that overlap"),
        pytest.param("ABCD", ["abcd"], "[secret]", id="as SQL folds it"),
    ],
)
def test_what_a_masked_text_looks_like(text: str, secrets: list[str], shown: str) -> None:
    assert masked(text, secrets) == shown
