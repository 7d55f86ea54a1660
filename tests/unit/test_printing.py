"""Foreign text: nothing that would command a terminal, hide or reverse text gets through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import ClusterRefused, CrdbSsoError, GuardRefused
from crdb_sso.printing import first_told, printable, printable_lines

any_text = st.text(st.characters(exclude_categories=()))  # surrogates too
nasty = st.text(
    st.sampled_from(
        "a \n\r\t\x00\x07\x1b\x7f\x85\x9b\xa0\u00ad\u200b\u202e\u2028\u2066\ufeff\ud800"
    )
)


def is_harmless(char: str) -> bool:
    """Tell, by its category in Unicode, whether a character shows itself and nothing else."""
    return char == " " or unicodedata.category(char)[0] not in "CZ"


@given(any_text | nasty)
def test_everything_that_is_printed_shows_itself(text: str) -> None:
    assert all(map(is_harmless, printable(text)))
    assert all(is_harmless(char) or char == "\n" for char in printable_lines(text))


@given(any_text | nasty)
def test_what_was_made_printable_stays_as_it_is(text: str) -> None:
    assert printable(printable(text)) == printable(text)
    assert printable_lines(printable(text)) == printable(text)


@given(any_text | nasty, any_text | nasty)
def test_what_errors_say_is_printable(what: str, hint: str) -> None:
    for error in (GuardRefused(what, hint=hint), ClusterRefused(what, hint=hint, written=["x"])):
        for text in (str(error), error.what, error.hint):
            assert all(is_harmless(char) or char == "\n" for char in text)


@pytest.mark.parametrize(
    "text",
    ["müller", "Ωmega", "日本語", "שלום", "नमस्ते", "e\u0301", "naïve “quoted”", "🙂", "a b"],
)
def test_ordinary_text_of_any_language_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[2Jgone", r"\x1b[2Jgone", id="an escape sequence"),
        pytest.param("\x9b2Jgone", r"\x9b2Jgone", id="the same in one C1 control"),
        pytest.param("safe\u202egpj.exe", r"safe\u202egpj.exe", id="right to left from here on"),
        pytest.param("a\u2066b\u2069c", r"a\u2066b\u2069c", id="an isolate"),
        pytest.param("a\nNext step: b", r"a\nNext step: b", id="a line of its own"),
        pytest.param("a\u2028b\u2029c", r"a\u2028b\u2029c", id="separators"),
        pytest.param("a\x7fb\x00c", r"a\x7fb\x00c", id="DEL and NUL"),
        pytest.param("a\ud800b", r"a\ud800b", id="half a pair of surrogates"),
        pytest.param("a\u200bb\ufeffc", r"a\u200bb\ufeffc", id="nothing to be seen"),
    ],
)
def test_what_does_something_else_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_an_error_keeps_the_lines_that_are_ours() -> None:
    error = CrdbSsoError("two keys\n  key \x1b1", hint="Run:\n    GRANT \x07;")

    assert str(error) == "two keys\n  key \\x1b1\n  Next step: Run:\n    GRANT \\x07;"


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([1, 2, 3], ["1.", "2.", "3."], id="just enough"),
        pytest.param([1, 2, 3, 4, 5], ["1.", "2.", "3.", "and 2 more"], id="the rest is counted"),
    ],
)
def test_a_long_list_is_told_in_part(items: list[int], expected: list[str]) -> None:
    assert list(first_told(items, "{}.".format, "and {count} more", most=3)) == expected
