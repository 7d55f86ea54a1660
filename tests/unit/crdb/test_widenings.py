"""What lines of the identity map let in only where case does not count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import user_let_in
from crdb_sso.crdb.named_principals import named_principals
from crdb_sso.crdb.widenings import MOST_FOUND, widenings
from tests.unit.crdb.subjects import subjects

IDP = "https://idp.example.com"


def line(subject: str, user: str = "app", issuer: str = IDP) -> MapLine:
    return MapLine(issuer, subject, user)


def said(*lines: MapLine) -> list[tuple[str, str, str]]:
    """Return subject of the line that lets in more, whom, and as whom."""
    return [(one.line.subject, one.principal, one.user) for one in widenings(lines).found]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([line("Ab", "a"), line("cd", "b")], [], id="different subjects"),
        pytest.param([line("Ab", "a"), line("Ab", "b")], [], id="one subject, two users"),
        pytest.param([line("Ab", "a"), line("aB", "a")], [], id="one user"),
        pytest.param(
            [line("Ab", "a"), line("aB", "b", f"{IDP}/")], [], id="issuers that differ in a slash"
        ),
        pytest.param(
            [line("Ab", "a"), line("aB", "b")],
            [("Ab", "aB", "a"), ("aB", "Ab", "b")],
            id="two literals",
        ),
        pytest.param(
            [line("Ab", "a"), line("aB", "b"), line("aB", "a")],
            [("aB", "Ab", "b")],
            id="who gets in as that user anyway gains nothing",
        ),
        pytest.param(
            [line("/^svc-[a-z]+$", "a"), line("SVC-x", "b")],
            [("/^svc-[a-z]+$", "SVC-x", "a")],
            id="an expression and a literal",
        ),
        pytest.param(
            [line("/^svc-[a-z]+$", "a"), line("svc-x", "b")], [], id="one that matched before"
        ),
        pytest.param(
            [line("/(?-i)^Ab$", "a"), line("/(?-i)^aB$", "b")], [], id="written to count case"
        ),
        pytest.param(
            [line("/(?-i)^Ab$", "a"), line("aB", "b")],
            [("aB", "Ab", "b")],
            id="one of them written so",
        ),
        pytest.param(
            [line("/^(Ab)$", "a"), line("/^(aB)$", "b")],
            [("/^(Ab)$", "aB", "a"), ("/^(aB)$", "Ab", "b")],
            id="in groups",
        ),
        pytest.param(
            [line(r"/^(?:cd|\QAb\E)$", "a"), line("/^[a]B$", "b")],
            [(r"/^(?:cd|\QAb\E)$", "aB", "a"), ("/^[a]B$", "Ab", "b")],
            id="quoted, in a class, and an alternative",
        ),
        pytest.param([line("/(?i)^Ab$", "a"), line("aB", "b")], [("aB", "Ab", "b")], id="(?i)"),
        pytest.param(
            [line(r"/[^\x00-\x{10FFFF}]", "public"), line("aB", "b")], [], id="a closed issuer"
        ),
    ],
)
def test_what_lines_let_in_besides_is_found(
    lines: list[MapLine], expected: list[tuple[str, str, str]]
) -> None:
    assert said(*lines) == expected


def test_expressions_that_are_too_large_together_are_looked_at_one_by_one() -> None:
    lines = [line(rf"/^\pL{{1,300}}{number}$") for number in range(1, 5)]

    assert said(*lines, line("Ab", "a"), line("aB", "b")) == [("Ab", "aB", "a"), ("aB", "Ab", "b")]


users = st.sampled_from(["one", "two", r"\1", "public"])


@given(st.lists(st.builds(line, subjects, users), max_size=6))
def test_all_that_is_let_in_besides_is_found_and_nothing_else(lines: list[MapLine]) -> None:
    def let_in(principal: str, *, folds: bool) -> set[str]:
        return {user_let_in(one, principal, folds=folds) for one in lines} - {""}

    principals = {name for one in lines for name in named_principals(one.subject)}
    expected = {
        (principal, user)
        for principal in principals
        for user in let_in(principal, folds=True) - let_in(principal, folds=False)
    }

    found = widenings(lines).found

    assert {(one.principal, one.user) for one in found} == expected
    assert all(user_let_in(o.line, o.principal, folds=True) == o.user for o in found)
    assert widenings(lines).is_all


LONG = "abcdefghijk"
MET = [line("Ab", "a", "https://a.example.com"), line("aB", "b", "https://a.example.com")]


@pytest.mark.parametrize(
    "many",
    [
        pytest.param(
            [
                *(line(f"s-{n}", f"u{n}") for n in range(1000)),
                *(line(f"/^(?:x{n}|.*)$", "h") for n in range(1000)),
            ],
            id="many literals, many expressions",
        ),
        pytest.param(
            [
                line("".join(c.upper() if n >> at & 1 else c for at, c in enumerate(LONG)), f"u{n}")
                for n in range(1 << len(LONG))
            ],
            id="one subject in every case",
        ),
        pytest.param(
            [line(*one) for n in range(1000) for one in (("Ab", f"u{n}"), ("aB", f"v{n}"))],
            id="two subjects, many users",
        ),
        pytest.param(
            [line(f"{'k' * 20_000}{n}", f"u{n}") for n in range(60)]
            + [line(f"/x{n}$", "h") for n in range(60)],
            id="long subjects",
        ),
        pytest.param(
            [line(rf"/^\pL{{1,1000}}{n}$", "h") for n in range(100)], id="large expressions"
        ),
        pytest.param(
            [line("/^" + r"\pL{1,1000}" * 6 + f"{n}$", "h") for n in range(100)],
            id="expressions that are too large",
        ),
    ],
)
def test_too_much_is_not_looked_at_and_keeps_no_other_issuer_from_it(many: list[MapLine]) -> None:
    looked = widenings([*many, *MET])

    assert not looked.is_all
    assert len(looked.found) <= MOST_FOUND
    assert [one.user for one in looked.found if one.line in MET] == ["a", "b"]


def test_an_expression_that_is_too_large_is_left_out() -> None:
    looked = widenings([*MET, line("/^" + r"\pL{1,1000}" * 6, "h", MET[0].issuer)])

    assert [one.user for one in looked.found] == ["a", "b"]
    assert not looked.is_all


def test_a_cluster_of_many_stacks_is_looked_at_whole() -> None:
    lines = [line(f"repo:acme/{n}", f"app_{n}") for n in range(2000)]
    patterns = [line(f"/^repo:acme/{n}:.*$", f"job_{n}") for n in range(20)]

    assert widenings([*lines, *patterns]).is_all
