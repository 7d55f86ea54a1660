"""Identity map lines: how they are read, made and refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import (
    MapLine,
    RawLine,
    anchored_pattern,
    check_subject,
    closed_line,
    map_line,
    map_lines,
    split_fields,
)
from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import InvalidMapLine
from dev.emulator.setting_texts.identity_map import parse_identity_map

IDP = "https://idp.example.com"
LINE = MapLine("i", "s", "u")


# reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param("\n", (RawLine("", None),), id="one blank line"),
        pytest.param("i s u", (RawLine("i s u", LINE),), id="no last line end"),
        pytest.param("i s u\n", (RawLine("i s u", LINE),), id="a last line end"),
        pytest.param(
            "\ti  s\x0bu  # who\r\n# note\n",
            (RawLine("\ti  s\x0bu  # who\r", LINE), RawLine("# note", None)),
            id="white space and comments",
        ),
        pytest.param("i s u#x", (RawLine("i s u#x", LINE),), id="a comment needs no blank"),
        pytest.param(
            "i\x1cs u v",
            (RawLine("i\x1cs u v", MapLine("i\x1cs", "u", "v")),),
            id="not white space to Go",
        ),
    ],
)
def test_lines_are_kept_unchanged_with_their_three_fields(
    text: str, expected: tuple[RawLine, ...]
) -> None:
    assert map_lines(text) == expected


def test_a_line_is_an_entry_named_by_its_three_fields_and_a_comment_is_not() -> None:
    assert [raw.entry for raw in map_lines(f"# x\n{IDP}  s\tu")] == ["", f"{IDP} s u"]


def test_a_line_is_read_back_from_the_text_that_stands_for_it() -> None:
    line = MapLine(IDP, r"/^a\d$", "app")

    assert line.text == rf"{IDP} /^a\d$ app"
    assert MapLine.read(line.text) == line


@pytest.mark.parametrize("text", ["", "i", "i s", "i s u v", "i  u", " s u", "i s ", "i\ts\tu"])
def test_a_text_that_is_not_three_fields_is_not_a_line(text: str) -> None:
    with pytest.raises(InvalidMapLine, match="is not a line of an identity map"):
        MapLine.read(text)


def test_only_the_sentinel_closes_an_issuer() -> None:
    assert closed_line(IDP).is_closing
    assert not MapLine(IDP, "s", "public").is_closing


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("i s", 1, id="two fields"),
        pytest.param("# a\n\ni s u v", 3, id="four fields"),
        pytest.param("i s #u", 1, id="a comment eats the user"),
        pytest.param(
            "i s u\n#" + "x" * 60_000, 2, id="a comment at which the cluster stops reading"
        ),
        pytest.param("i s " + "ü" * 30_000, 1, id="a line too long in bytes"),
    ],
)
def test_a_line_that_the_cluster_would_not_accept_is_named(text: str, number: int) -> None:
    with pytest.raises(UnreadableTextError, match=f"not accept line {number} .*`issuer subject "):
        map_lines(text)


@pytest.mark.parametrize("blank", ["\t", "\v", "\f", "\r", " ", "\x85", "\xa0", "\u2003", "\u3000"])
def test_fields_end_at_what_go_calls_white_space(blank: str) -> None:
    assert split_fields(f"{blank}a{blank}{blank}b") == ["a", "b"]


# writing


def test_a_line_is_issuer_subject_and_user() -> None:
    assert map_line(IDP, "1078", "app_orders").text == "https://idp.example.com 1078 app_orders"


def test_a_line_longer_than_the_cluster_reads_is_refused() -> None:
    with pytest.raises(InvalidMapLine, match="line of app is too long: 60027 bytes") as caught:
        map_line(IDP, "x" * 59_999, "app")
    assert "fit into 60000 bytes" in caught.value.hint


@given(st.text())
def test_the_closing_line_lets_nobody_in(subject: str) -> None:
    assert parse_identity_map(closed_line(IDP).text).users(IDP, subject) == []


def test_the_closing_line_is_one_that_anyone_can_recognise() -> None:
    assert closed_line(IDP).text == r"https://idp.example.com /[^\x00-\x{10FFFF}] public"


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("113794436627259432046", id="a Google service account"),
        pytest.param("system:serviceaccount:shop:orders", id="a Kubernetes service account"),
        pytest.param(
            "auth0|5f7c8ec7c33c6c004bbafe82", id="a bar in a literal is not an alternative"
        ),
        pytest.param("a$(b", id="any characters"),
        pytest.param(r"/^batch-\d+$", id="anchored"),
        pytest.param(r"/(?i)^3f2504e0$", id="anchored, in any case"),
        pytest.param(r"/^(?:a|b)$", id="alternatives in a group"),
        pytest.param(r"/^((a|b)c|d)$", id="alternatives in groups of groups"),
        pytest.param(r"/^[|]$", id="a bar in a class"),
        pytest.param(r"/^[]|[:alpha:]|]+$", id="bars and brackets in a class"),
        pytest.param(r"/^a\|b$", id="an escaped bar"),
        pytest.param(r"/^a\\$", id="an escaped backslash before the anchor"),
    ],
)
def test_a_subject_that_a_line_can_carry_is_accepted(subject: str) -> None:
    check_subject(subject)
    assert len(parse_identity_map(map_line(IDP, subject, "app").text).rules[IDP]) == 1


@pytest.mark.parametrize(
    ("subject", "message", "hint"),
    [
        pytest.param("", "the subject is empty", "Copy `sub` from a token", id="empty"),
        pytest.param(
            "my app",
            "the subject 'my app' has white space or `#`",
            r"Give the anchored regular expression instead: /^my\x20app$",
            id="a blank",
        ),
        pytest.param("a#1", "the subject 'a#1' has white", r"/^a\x231$", id="a hash"),
        pytest.param("a\u00a0b", r"the subject 'a\xa0b' has", r"/^a\xa0b$", id="a no-break space"),
        pytest.param(
            "/^a b$", "the regular expression '/^a b$' has", r"\x20 for", id="a blank in it"
        ),
        pytest.param(
            "/^a#b$", "the regular expression '/^a#b$' has", r"\x23 for", id="a hash in it"
        ),
        pytest.param("/batch", "not anchored", r"e.g. /^batch$ ; a literal", id="no anchor"),
        pytest.param("/", "not anchored", r"begins with / is /^\/$", id="everything"),
        pytest.param("/^a", "not anchored", "e.g. /^a$ ;", id="no end anchor"),
        pytest.param("/a$", "not anchored", "e.g. /^a$ ;", id="no start anchor"),
        pytest.param(r"/^a\$", "not anchored", r"e.g. /^a\$$ ;", id="an escaped end anchor"),
        pytest.param("/^a|b$", "not anchored", "e.g. /^(?:a|b)$ ;", id="ungrouped alternatives"),
        pytest.param("/(?i)^a|b$", "not anchored", "/(?i)^(?:a|b)$ ;", id="any case"),
        pytest.param("/^(a)|(b)$", "not anchored", "/^(?:(a)|(b))$ ;", id="between groups"),
        pytest.param("/^[(]a|b[)]$", "not anchored", "put alternatives into a group", id="classes"),
        pytest.param(r"/^\(a|b\)$", "not anchored", r"/^(?:\(a|b\))$ ;", id="escaped group"),
        pytest.param(
            "/^(.*)@.*$/", "not anchored", "Leave it out: /^(.*)@.*$ ;", id="a slash at the end"
        ),
        pytest.param("/batch/", "not anchored", "Leave it out: /^batch$ ;", id="between slashes"),
        pytest.param("//", "not anchored", "e.g. /^/$ ;", id="a slash alone"),
        pytest.param(r"/^foo\Q$", "not anchored", r"outside of \Q...\E", id="an anchor in quotes"),
        pytest.param(
            "/^foo(?m)$", "not anchored", "outside of \\Q...\\E and (?m)", id="end of a line"
        ),
        pytest.param("/(?m)^foo$", "not anchored", "and (?m), and put", id="ends of lines"),
        pytest.param(r"/^\Q[\E|x\Q]\E$", "not anchored", "into a group", id="brackets in quotes"),
        pytest.param("/^([9-0]*)$", "invalid character class range: 9-0", "RE2", id="of the docs"),
        pytest.param("/^(a$", "missing ): ^(a$", "RE2", id="an open group"),
        pytest.param("/^a{2000}$", "invalid repetition size: {2000}", "1000", id="repetitions"),
        pytest.param("/^(?=a)a$", "invalid perl operator: (?=", "no look-ahead", id="look-ahead"),
        pytest.param(r"/^(a)\1$", r"invalid escape sequence: \1", "references", id="a reference"),
        pytest.param("/^(?<n>a)$", "can't be judged at '(?<n>a)$'", "RE2", id="not before Go 1.22"),
        pytest.param(
            "/^[+-[:alpha:]|[x]]$", "can't be judged", r"\[ for a", id="a bracket in a class"
        ),
        pytest.param("/^a\ud800$", "half a surrogate pair", "Copy `sub`", id="not UTF-8"),
        pytest.param("a\ud800", "half a surrogate pair", "Copy `sub`", id="a literal, not UTF-8"),
        pytest.param("/^a\0$", "has a NUL", "Copy `sub`", id="NUL"),
        pytest.param("a\0", "has a NUL", "Copy `sub`", id="NUL in a literal"),
    ],
)
def test_a_subject_that_no_line_can_carry_gets_a_way_out(
    subject: str, message: str, hint: str
) -> None:
    with pytest.raises(InvalidMapLine) as caught:
        map_line(IDP, subject, "app")
    assert message in caught.value.what
    assert hint in caught.value.hint


@given(st.text(min_size=1), st.text())
def test_an_anchored_pattern_lets_in_one_subject_and_no_other(subject: str, other: str) -> None:
    users = parse_identity_map(map_line(IDP, anchored_pattern(subject), "app").text)

    assert users.users(IDP, subject) == ["app"]
    assert users.users(IDP, other) == (["app"] if other == subject else [])


@given(st.text(alphabet=" #/^$|ab\n\t.\\", min_size=1))
def test_a_checked_subject_is_read_back_as_one_line(subject: str) -> None:
    try:
        line = map_line(IDP, subject, "app")
    except InvalidMapLine:
        line = map_line(IDP, anchored_pattern(subject), "app")
    assert [raw.line for raw in map_lines(line.text)] == [line]
