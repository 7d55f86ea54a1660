"""What the identity map ignores when it ignores case: the same as Go's regexp package."""

import json
import subprocess
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
import re2
from hypothesis import given, reject
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import MapLine, check_subject, map_lines
from crdb_sso.crdb.letter_case import (
    LoginsByLine,
    as_written,
    can_be_judged,
    folded,
    user_let_in,
)
from crdb_sso.crdb.named_principals import named_principals
from crdb_sso.crdb.user_names import NOBODY
from dev.emulator.setting_texts.identity_map import parse_identity_map
from dev.emulator.sqlerror import SqlError
from tests.support.go_programs import built
from tests.unit.crdb.subjects import subjects

IDP = "https://idp.example.com"

BEYOND = 0x20000
"""Where the planes begin in which no letter has another case."""

LETTERS = [
    char
    for char in map(chr, range(BEYOND))
    if unicodedata.category(char) != "Cs"
    and {char} != {char.lower(), char.upper(), char.casefold()}
]
"""All letters that have another case, by any rule of Unicode."""

_SPECIAL = [
    *("\u212a", "\u017f"),  # the Kelvin sign, the long s
    *("\N{LATIN SMALL LETTER SHARP S}", "\N{LATIN CAPITAL LETTER SHARP S}"),
    *("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}", "\N{GREEK SMALL LETTER FINAL SIGMA}"),
    *("\N{LATIN SMALL LETTER DOTLESS I}", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"),
    *("\N{LATIN SMALL LIGATURE FF}", "\N{LATIN SMALL LETTER N PRECEDED BY APOSTROPHE}"),
]
like_letters = st.sampled_from([*"kKsSiI-:/.*\\[", *_SPECIAL])
texts = st.text(like_letters | st.sampled_from(LETTERS), min_size=1, max_size=6)


def line(subject: str, user: str = "app", issuer: str = IDP) -> MapLine:
    return MapLine(issuer, subject, user)


def without_case(literal: str) -> str:
    """Return what CockroachDB compiles a literal to, from 26.1 on."""
    return f"(?i)^{re2.escape(literal)}$"


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        pytest.param("repo:Org/App", "repo:org/app", True, id="plain letters"),
        pytest.param("k", "\u212a", True, id="the Kelvin sign"),
        pytest.param("S", "\u017f", True, id="the long s"),
        pytest.param("Σ", "ς", True, id="the final sigma"),
        pytest.param("ß", "ẞ", True, id="the capital sharp s"),
        pytest.param("ß", "ss", False, id="not the sharp s and two s"),
        pytest.param("ﬀ", "ff", False, id="not a ligature and its letters"),
        pytest.param("i", "\N{LATIN SMALL LETTER DOTLESS I}", False, id="not the i without a dot"),
        pytest.param("I", "İ", False, id="not the I with a dot"),
        pytest.param("é", "e\u0301", False, id="not what differs in normal form"),
    ],
)
def test_case_is_what_go_takes_for_it(one: str, other: str, *, are_one: bool) -> None:
    assert (folded(one) == folded(other)) is are_one
    assert bool(re2.search(without_case(one), other)) is are_one


def test_no_letter_beyond_has_another_case() -> None:
    beyond = "".join(map(chr, range(BEYOND, sys.maxunicode + 1)))

    assert {beyond} == {beyond.lower(), beyond.upper(), beyond.casefold()}


def test_each_letter_folds_with_those_that_re2_takes_for_the_same() -> None:
    everything = "".join(LETTERS)
    ours: defaultdict[str, set[str]] = defaultdict(set)
    for letter in LETTERS:
        ours[folded(letter)].add(letter)
    for letter in LETTERS:
        same = set(re2.findall(f"(?i){re2.escape(letter)}", everything))
        assert {letter, *same} == ours[folded(letter)], hex(ord(letter))


@given(texts.filter(lambda text: not text.startswith("/")), st.lists(texts))
def test_a_literal_lets_in_whom_re2_lets_in(literal: str, principals: list[str]) -> None:
    pattern = re2.compile(without_case(literal))
    for principal in [*principals, literal.swapcase(), literal.casefold(), literal.upper()]:
        is_let_in = user_let_in(line(literal), principal, folds=True) == "app"
        assert is_let_in is bool(pattern.search(principal))
        is_let_in_before = user_let_in(line(literal), principal, folds=False) == "app"
        assert is_let_in_before is (principal == literal)


@pytest.fixture(scope="module")
def go_matcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that asks Go's regexp package."""
    return built(Path(__file__).with_name("match_patterns.go"), tmp_path_factory.mktemp("go"))


def test_whatever_go_takes_for_one_letter_is_one_here(go_matcher: Path) -> None:
    """Go may know fewer pairs: its tables are those of an older Unicode."""
    asked = [{"pattern": without_case(letter), "texts": LETTERS} for letter in LETTERS[::7]]

    ran = subprocess.run(
        [go_matcher],
        input="\n".join(map(json.dumps, asked)),
        text=True,
        capture_output=True,
        check=True,
    )

    for letter, answer in zip(LETTERS[::7], ran.stdout.splitlines(), strict=True):
        for other, place in zip(LETTERS, json.loads(answer), strict=True):
            assert place is None or folded(letter) == folded(other)


@given(texts)
def test_a_subject_as_written_lets_in_one_principal_on_every_version(principal: str) -> None:
    exactly = as_written(
        principal if not principal.startswith("/") else f"/^{re2.escape(principal)}$"
    )

    check_subject(exactly)
    assert named_principals(exactly) == (principal,)
    for folds in (False, True):
        assert user_let_in(line(exactly), principal, folds=folds) == "app"
        if (other := principal.swapcase()) != principal:
            assert user_let_in(line(exactly), other, folds=folds) == ""


@pytest.mark.parametrize(
    ("mapped", "principal", "before", "since"),
    [
        pytest.param(line("/^svc-(.*)$", r"x_\1"), "SVC-A", "", "x_a", id="a group"),
        pytest.param(line("/^(svc)|ops$", r"\1"), "OPS", "", "", id="a group that took no part"),
        pytest.param(line("/^[^a]$"), "A", "app", "", id="a negated set lets in less"),
        pytest.param(line("svc", "public"), "svc", "", "", id="nobody logs in as public"),
        pytest.param(line("/(?<=a)b"), "ab", "", "", id="what the cluster would not take"),
        pytest.param(line("svc", "App"), "SVC", "", "app", id="a user in upper case"),
        pytest.param(line(r"/^[0-9\pL]{1,999}$"), "a1", "app", "app", id="as large as Go takes"),
    ],
)
def test_a_line_lets_in_principals_as_the_cluster_does(
    mapped: MapLine, principal: str, before: str, since: str
) -> None:
    assert user_let_in(mapped, principal, folds=False) == before
    assert user_let_in(mapped, principal, folds=True) == since


def test_whom_an_expression_lets_in_is_not_known_only_if_it_is_far_too_large() -> None:
    assert can_be_judged(line(r"/^\pL{1,1000}$"))
    assert can_be_judged(line("/("))  # nobody: the cluster would not take it
    assert can_be_judged(line("app"))
    assert not can_be_judged(line("/^" + r"\pL{1,1000}" * 6))


def test_half_a_surrogate_pair_is_let_in_by_nobody() -> None:
    for folds in (False, True):
        assert user_let_in(line("/^.*$"), "a\ud800", folds=folds) == ""
        assert user_let_in(line("/^a\ud800$"), "a", folds=folds) == ""
        assert user_let_in(line("Ab"), "a\ud800", folds=folds) == ""


users = st.sampled_from(["one", "two", r"\1", "public"])


@pytest.mark.parametrize("folds", [False, True], ids=["before 26.1", "since 26.1"])
@given(lines=st.lists(st.builds(line, subjects, users), min_size=1, max_size=4), principal=texts)
def test_the_embedded_cluster_lets_in_the_same(
    lines: list[MapLine], principal: str, *, folds: bool
) -> None:
    try:
        served = parse_identity_map("\n".join(one.text for one in lines), folds=folds)
    except SqlError:
        reject()  # the cluster would not take such a map
    for name in (principal, *(one.subject for one in lines)):
        ours = {user_let_in(one, name, folds=folds) for one in lines}
        assert ours - {""} == set(served.users(IDP, name)) - NOBODY - {""}


def test_lines_that_differ_only_in_case_say_the_same_where_it_does_not_count() -> None:
    there = [raw.line for raw in map_lines(f"{IDP} AbC app\n{IDP} /^AbC$ app\n") if raw.line]
    respelled, pattern = line("aBc"), line("/^aBc$")
    for folds in (False, True):
        logins = LoginsByLine.of(there, folds=folds)
        assert line("AbC") in logins
        assert line("/^AbC$") in logins
        assert (respelled in logins) is folds
        assert pattern not in logins
        assert line("aBc", "other") not in logins
        assert line("aBc", issuer=IDP.upper()) not in logins
