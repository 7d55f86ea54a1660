"""Regular expressions of identity maps: what is taken, and what counts as anchored."""

import json
import subprocess
from pathlib import Path

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import check_subject
from crdb_sso.crdb.patterns import UnusablePatternError, anchoring
from crdb_sso.errors import InvalidMapLine
from tests.support.go_programs import built
from tests.unit.crdb.pattern_strategies import patterns, subjects


def compiled(pattern: str):
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


@pytest.mark.parametrize(
    "pattern",
    [
        "^$",
        "^a$",
        r"\Aa\z",
        r"(?m)\Aa\z",
        "(?i)^a$",
        "(?-i)^AbC$",
        "(?i:^a)$",
        "^(?m:a)a$",
        "^a$(?m)",
        "(?m)(?-m)^a$",
        "^(a|b)$",
        "(^a|^b)$",
        "(?:^a$|^b$)",
        "^(^a$)+$",
        "(^a$)+",
        "(?:^a$){1,2}",
        "^^a$$",
        r"\b^a$",
        r"^\Q$|\E$",
        r"^\Qa\\E$",
        "^[]$|]$",
        r"^[^\]|]+$",
        "^[[:^alpha:]|]$",
        "^[a-]]$",
        "^a{,2}{$",
        r"^\p{Lu}\PN\x{24}\044$",
        "^(?P<n>a)$",
        "^a*?b??c{2,}?$",
    ],
)
def test_a_pattern_that_matches_only_whole_texts_is_anchored(pattern: str) -> None:
    assert anchoring(pattern).is_whole


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a",
        "^a",
        "a$",
        "^a|b$",
        "^a$|",
        "|^a$",
        "(^a|b)$",
        "^(a$|b)",
        r"^a\Q$",
        r"^a\$",
        r"\^a$",
        r"^a[$]",
        "[^a]$",
        "^a(?m)$",
        "(?m)^a$",
        "(?m:^a$)",
        "^(?m:a$)",
        "^(?:a|(?m)b)(?m)$",
        r"^\Q[\E|x\Q]\E$",
        "^?a$",
        "^*a$",
        "^{0}a$",
        "^a$?",
        "(^a$)*",
        "(^a$)?",
        "(?:^a$){0,3}",
        r"^a\b",
        r"\Ba$",
        "a^b$c",
    ],
)
def test_a_pattern_that_matches_a_part_of_a_text_is_not(pattern: str) -> None:
    assert not anchoring(pattern).is_whole


@pytest.mark.parametrize(
    "pattern",
    [
        "^(?<n>a)$",  # Go before 1.22
        r"^\C$",  # not in Go
        r"^\p{Kawi}$",  # newer than some Go
        "^\ud800$",  # no text of a cluster can hold it
        "^[a-[]$",
        "^[[:a]$",
        r"^\Q\E*$",
        "^(?i)*$",
        "^(?P<é>a)$",
        "^a)$",
        "^(a$",
        "^a**$",
        "^a{1001}$",
        "^(a{40}){40}$",
        "^[9-0]$",
        "^(?=a)$",
        r"^(a)\1$",
        "^((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9})$",
    ],
)
def test_what_cannot_be_judged_is_refused(pattern: str) -> None:
    with pytest.raises(UnusablePatternError):
        anchoring(pattern)


def test_deep_nesting_ends_in_an_answer() -> None:
    assert anchoring(f"^{'(' * 200}a{')' * 200}$").is_whole
    with pytest.raises(UnusablePatternError, match="nested more than 200 deep"):
        anchoring(f"^{'(' * 9000}a{')' * 9000}$")


@settings(max_examples=1000)
@given(patterns, st.lists(subjects, min_size=5, max_size=20))
def test_what_counts_as_anchored_never_matches_a_part_of_a_text(
    pattern: str, texts: list[str]
) -> None:
    try:
        known = anchoring(pattern)
    except UnusablePatternError:
        return
    for text in texts:
        for found in compiled(pattern).finditer(text):
            assert found.start() == 0 or not known.starts
            assert found.end() == len(text) or not known.ends
            assert found.start() == found.end() or not known.is_empty


@given(patterns, st.lists(subjects, min_size=3, max_size=10))
def test_an_offered_pattern_is_accepted_and_matches_what_was_meant(
    pattern: str, texts: list[str]
) -> None:
    if pattern.split() != [pattern] or "#" in pattern:
        return
    try:
        check_subject(f"/{pattern}")
    except InvalidMapLine as exc:
        _, _, rest = exc.hint.partition("e.g. /")
        offer = rest.partition(" ; ")[0]
        if not offer:
            return
        check_subject(f"/{offer}")
        for text in texts:
            if compiled(pattern).fullmatch(text):
                assert compiled(offer).search(text)


@settings(max_examples=20)
@given(asked=st.lists(st.tuples(patterns, st.lists(subjects, min_size=5)), min_size=50))
def test_go_takes_what_is_taken_and_matches_no_part_of_a_text_either(
    go_matcher: Path, asked: list[tuple[str, list[str]]]
) -> None:
    taken = [(pattern, texts) for pattern, texts in asked if is_taken(pattern)]
    lines = [json.dumps({"pattern": pattern, "texts": texts}) for pattern, texts in taken]

    ran = subprocess.run(
        [go_matcher], input="\n".join(lines), text=True, capture_output=True, check=True
    )

    for (pattern, texts), answer in zip(taken, ran.stdout.splitlines(), strict=True):
        known, found = anchoring(pattern), json.loads(answer)
        assert found is not None, pattern
        for text, place in zip(texts, found, strict=True):
            assert place is None or place[0] == 0 or not known.starts
            assert place is None or place[1] == len(text.encode()) or not known.ends


def is_taken(pattern: str) -> bool:
    try:
        anchoring(pattern)
    except UnusablePatternError:
        return False
    return True


@pytest.fixture(scope="module")
def go_matcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that asks Go's regexp package."""
    return built(Path(__file__).with_name("match_patterns.go"), tmp_path_factory.mktemp("go"))
