"""A reader of this tree alone can look up every source that a test names."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
README = (TESTS / "contract/README.md").read_text()
SOURCES = re.compile(r"\bSources?: ((?:.|\n)*?)(?:\n\n|\"\"\"|;|\.\s)")
TAG = re.compile(r"[A-Z]{1,2}\d?")
PARTS = re.compile(r",|\band\b|\(")
ELSEWHERE = re.compile(r"\b[Ss]ections? \d[\d.]*[^.]{0,20} of the reference|\bOrder [AB]\b")
FILES = sorted(path for path in TESTS.rglob("*.py") if path != Path(__file__))


def tags_in(text: str) -> set[str]:
    """Return the tags that stand where sources are named."""
    named = (part for listed in SOURCES.findall(text) for part in PARTS.split(listed))
    return {name.strip() for name in named if TAG.fullmatch(name.strip())}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sources: #158294, RN, A3. That", {"RN", "A3"}),
        ("Source: JC (CockroachDB pkg/x.go, 2026). Which", {"JC"}),
        ("Sources: RFC 7628, S3\nand A1; PV", {"S3", "A1"}),
        ("Source: an ID of a VM, as `A`", set()),
        ("no source", set()),
    ],
)
def test_tags_are_found(text: str, expected: set[str]) -> None:
    assert tags_in(text) == expected


def test_every_tag_is_in_the_legend_and_every_tag_there_is_used() -> None:
    used = set().union(*(tags_in(path.read_text()) for path in FILES))
    assert used == set(re.findall(r"^\| ([A-Z]{1,2}\d?) \|", README, re.MULTILINE))


def test_no_test_names_a_section_of_a_document_outside_this_tree() -> None:
    assert [str(path) for path in FILES if ELSEWHERE.search(path.read_text())] == []
