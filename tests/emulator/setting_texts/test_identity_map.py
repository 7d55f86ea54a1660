"""The identity map: its grammar, its errors, and whom an identity may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.emulator.setting_texts.identity_map import parse_identity_map, validate_identity_map
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import normalise

GOOGLE = "https://accounts.google.com"
ENTRA = "https://login.microsoftonline.com/tid/v2.0"
NUMBER = "113794436627259432046"
GUID = "3F2504E0-4F89-11D3-9A0C-0305E82C3301"
GUID_SMALL = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
LONG = "x" * 65_536


@pytest.mark.parametrize(
    ("text", "identity", "users"),
    [
        pytest.param("", NUMBER, [NUMBER], id="no map: the identity itself"),
        pytest.param("", "Ann", ["ann"], id="no map: normalised"),
        pytest.param("m x y", "Ann", ["ann"], id="a map of another name"),
        pytest.param(f"{GOOGLE} {NUMBER} kyle", NUMBER, ["kyle"], id="a literal"),
        pytest.param(f"{GOOGLE} {NUMBER} kyle", "42", [], id="a map without a match"),
        pytest.param(f"{GOOGLE} {NUMBER} Kyle", NUMBER, ["kyle"], id="users are normalised"),
        pytest.param(
            f"{GOOGLE}/ {NUMBER} kyle", NUMBER, [NUMBER], id="one more slash is another map"
        ),
        pytest.param(f"{GOOGLE} a u", "A", [], id="a literal's case matters"),
        pytest.param(f"{GOOGLE} a.c u", "abc", [], id="a literal is not an expression"),
        pytest.param(f"{GOOGLE} b u", "abc", [], id="a literal is the whole identity"),
        pytest.param(
            f"{GOOGLE} /^([0-9]+)$ gcp_\\1", NUMBER, [f"gcp_{NUMBER}"], id="an expression"
        ),
        pytest.param(
            f"{GOOGLE} {NUMBER} kyle\n{GOOGLE} /^([0-9]+)$ gcp_\\1",
            NUMBER,
            ["kyle", f"gcp_{NUMBER}"],
            id="all lines count, in order",
        ),
        pytest.param(f"{GOOGLE} a u\n{GOOGLE} a u", "a", ["u"], id="once each"),
        pytest.param(f"{GOOGLE} /b u", "abc", ["u"], id="an expression is not anchored"),
        pytest.param(f"{GOOGLE} / u", "anything", ["u"], id="an empty expression matches all"),
        pytest.param(f"{GOOGLE} /^(a)?b$ \\1", "b", [], id="an empty name is dropped"),
        pytest.param(f"{GOOGLE} /^(.*)$ \\1x\\1", "a", [r"ax\1"], id="the first substitution only"),
        pytest.param(f"{GOOGLE} /^(.*)$ \\11", "a", ["a1"], id="group 1 and a digit"),
        pytest.param(f"{GOOGLE} /^(.)(.)$ \\2\\1", "ab", [r"\2a"], id="no other group"),
        pytest.param(f"{GOOGLE} /^a$ u", "a\n", [], id="the dollar is the very end"),
        pytest.param(
            f"{GOOGLE} /^(.*)@corp\\.com$ \\1", "Ann.Lee@corp.com", ["ann.lee"], id="mail"
        ),
        pytest.param(f"{GOOGLE} /(.*)@corp.com \\1", "x@corpXcom.evil", ["x"], id="unsafe mail"),
        pytest.param(f"{GOOGLE} /(?i)^{GUID_SMALL}$ svc", GUID, ["svc"], id="(?i)"),
        pytest.param(
            f"{GOOGLE} /^([0-9A-Fa-f-]{{36}})$ az_\\1", GUID, [f"az_{GUID_SMALL}"], id="a GUID"
        ),
        pytest.param(f"# x\n\n \t {GOOGLE}\t a \f u # why\r\n", "a", ["u"], id="blanks, comments"),
        pytest.param(f"{GOOGLE} a\u00a0b u", "a\u00a0b", ["u"], id="a wide blank splits nothing"),
        pytest.param(f"\u00a0{GOOGLE} a u\u2003", "a", ["u"], id="wide blanks around are trimmed"),
        pytest.param(
            f"{GOOGLE} a u\n{LONG}\n{GOOGLE} a v", "a", ["u"], id="64 KiB end the reading"
        ),
        pytest.param(
            f"{GOOGLE} a u\n#{LONG[:65534]}\n{GOOGLE} a v", "a", ["u", "v"], id="just below 64 KiB"
        ),
    ],
)
def test_an_identity_becomes_these_users(text: str, identity: str, users: list[str]) -> None:
    validate_identity_map(text)
    assert parse_identity_map(text).users(GOOGLE, identity) == users


@pytest.mark.parametrize(
    ("text", "identity", "with_case", "without"),
    [
        pytest.param(f"{GOOGLE} Ann u", "aNN", [], ["u"], id="a literal"),
        pytest.param(f"{GOOGLE} /^Ann u", "aNNa", [], ["u"], id="an expression"),
        pytest.param(f"{GOOGLE} /^x$|Ann u", "aNN", [], ["u"], id="an alternative"),
        pytest.param(f"{GOOGLE} a.c u", "ABC", [], [], id="a dot of a literal is a dot"),
        pytest.param(f"{GOOGLE} ann u", "ann\n", [], [], id="a literal is the whole identity"),
        pytest.param(f"{GOOGLE} /(?-i)^Ann$ u", "ann", [], [], id="(?-i)"),
        pytest.param(rf"{GOOGLE} /^\pL{{1,1000}}$ u", "x", ["u"], ["u"], id="as large as Go takes"),
        pytest.param(f"{GOOGLE} {'k' * 60_000} u", "k", [], [], id="a long literal"),
        pytest.param(f"{GOOGLE} KS u", "\u212a\u017f", [], ["u"], id="Kelvin and long s"),
        pytest.param(f"{GOOGLE} ß u", "ss", [], [], id="one letter for one"),
        pytest.param(f"{GOOGLE} i u", "\u0130", [], [], id="an i with a dot is another letter"),
        pytest.param(f"{GOOGLE.upper()} a u", "a", ["a"], ["a"], id="the name of a map"),
        pytest.param(
            f"{GOOGLE} a U\n{GOOGLE} a u", "a", ["u", "u"], ["u"], id="one name, written twice"
        ),
    ],
)
def test_letter_case_stopped_counting(
    text: str, identity: str, with_case: list[str], without: list[str]
) -> None:
    assert parse_identity_map(text).users(GOOGLE, identity) == with_case
    assert parse_identity_map(text, folds=True).users(GOOGLE, identity) == without


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a", 'unable to parse line 1: "a"', id="one field"),
        pytest.param(" a  b ", 'unable to parse line 1: "a  b"', id="two fields, trimmed"),
        pytest.param("a b c d", 'unable to parse line 1: "a b c d"', id="four fields"),
        pytest.param("a b#c d", 'unable to parse line 1: "a b"', id="a comment inside a field"),
        pytest.param('a\t"', r'unable to parse line 1: "a\t\""', id="quoted as Go quotes"),
        pytest.param("# x\n\na b c\nx", 'unable to parse line 4: "x"', id="all lines are counted"),
        pytest.param(
            "a /^([9-0]*)$ u",
            "unable to parse line 1: error parsing regexp: invalid character class range: `9-0`",
            id="a range backwards",
        ),
        pytest.param(
            "a /(?=x) u",
            "unable to parse line 1: error parsing regexp: "
            "invalid or unsupported Perl syntax: `(?=`",
            id="look-ahead",
        ),
        pytest.param(
            r"a /(x)\1 u",
            r"unable to parse line 1: error parsing regexp: invalid escape sequence: `\1`",
            id="back-reference",
        ),
        pytest.param(
            "a /( u",
            "unable to parse line 1: error parsing regexp: missing closing ): `(`",
            id="missing )",
        ),
        pytest.param(
            "a /[x u",
            "unable to parse line 1: error parsing regexp: missing closing ]: `[x`",
            id="missing ]",
        ),
        pytest.param(
            "a /x) u",
            "unable to parse line 1: error parsing regexp: unexpected ): `x)`",
            id="unexpected )",
        ),
        pytest.param(
            "a /* u",
            "unable to parse line 1: error parsing regexp: "
            "missing argument to repetition operator: `*`",
            id="nothing to repeat",
        ),
        pytest.param(
            "a /x** u",
            "unable to parse line 1: error parsing regexp: "
            "invalid nested repetition operator: `**`",
            id="repeated twice",
        ),
        pytest.param(
            "a /x{1001} u",
            "unable to parse line 1: error parsing regexp: invalid repeat count: `{1001}`",
            id="repeated too often",
        ),
        pytest.param(
            "a /x\\ u",
            "unable to parse line 1: error parsing regexp: "
            "trailing backslash at end of expression: ``",
            id="a backslash at the end",
        ),
        pytest.param(
            r"a /\C u",
            r"unable to parse line 1: error parsing regexp: invalid escape sequence: `\C`",
            id="an escape of the other RE2",
        ),
        pytest.param(
            r"a b \1",
            r"saw \1 substitution on line 1, but pattern contains no subexpressions",
            id="a literal has no group",
        ),
        pytest.param(
            "\na /^(?:x)$ p_\\1",
            r"saw \1 substitution on line 2, but pattern contains no subexpressions",
            id="an expression without group",
        ),
    ],
)
def test_a_map_that_does_not_parse_is_refused(text: str, message: str) -> None:
    with pytest.raises(SqlError) as refusal:
        validate_identity_map(text)
    assert (refusal.value.message, refusal.value.sqlstate) == (message, "XXUUU")


FIELD = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="#\x7f\x85\xa0"),
    min_size=1,
)
LITERAL = FIELD.filter(lambda text: not text.startswith("/"))
USER = FIELD.filter(lambda text: r"\1" not in text)


@given(st.lists(st.tuples(st.sampled_from("abc"), LITERAL, USER)), st.sampled_from(" \t"))
def test_every_literal_line_that_is_written_is_found(
    lines: list[tuple[str, str, str]], blank: str
) -> None:
    found = parse_identity_map("\n".join(blank.join(line) + f"{blank}# why" for line in lines))
    for name, identity, _ in lines:
        users = [normalise(u) for n, i, u in lines if (n, i) == (name, identity)]
        assert list(dict.fromkeys(found.users(name, identity))) == list(dict.fromkeys(users))


@given(st.lists(st.tuples(LITERAL, USER), min_size=1), st.data())
def test_what_matched_with_letter_case_matches_without(
    lines: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "\n".join(f"{GOOGLE} {identity} {user}" for identity, user in lines)
    identity, _ = data.draw(st.sampled_from(lines))
    before = parse_identity_map(text).users(GOOGLE, identity)
    assert set(before) <= set(parse_identity_map(text, folds=True).users(GOOGLE, identity))


@given(st.text(alphabet="ab /\\1()[]*+.#\n\r\t"))
def test_any_text_is_either_refused_with_its_line_or_read(text: str) -> None:
    refused = _refusal(text)
    if refused is None:
        assert all(isinstance(user, str) for user in parse_identity_map(text).users("a", "b"))
    else:
        assert "line " in refused.message
        assert refused.sqlstate == "XXUUU"


def _refusal(text: str) -> SqlError | None:
    try:
        validate_identity_map(text)
    except SqlError as refused:
        return refused
    return None
