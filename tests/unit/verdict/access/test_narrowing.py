"""Which ways in a question is about."""

import pytest

from crdb_sso.verdict.access.narrowing import About, narrowed, near_issuer
from crdb_sso.verdict.access.ways_in import ways_in
from tests.unit.verdict.access.test_ways_in import view
from tests.unit.verdict.logins import ISSUER, PROVISIONING

LINES = f"{ISSUER} Batch app\n{ISSUER} /^x(.*)$ \\1\nhttps://other.example.com y app"


@pytest.mark.parametrize(
    ("about", "version", "lines"),
    [
        (About(), "25.2", [1, 2, 3]),
        (About(user="APP"), "25.2", [1, 2, 3]),
        (About(user="app", issuer=ISSUER), "25.2", [1, 2]),
        (About(user="nobody"), "25.2", []),
        (About(subject="batch"), "25.2", []),
        (About(subject="batch"), "26.1", [1]),
        (About(subject="xapp"), "25.2", [2]),
        (About(subject="xelse"), "25.2", []),
        (About(subject="y", issuer=ISSUER), "25.2", []),
        (About(issuer=f"{ISSUER}/"), "25.2", []),
    ],
)
def test_a_question_is_about_some_of_the_ways(about, version, lines):
    seen = view(LINES, version)

    assert sorted(way.line for way in narrowed(seen, ways_in(seen), about)) == lines


@pytest.mark.parametrize(
    ("about", "users"),
    [
        (About(user="app"), ["app"]),
        (About(subject="App"), ["app"]),
        (About(user="shut"), []),
        (About(user="new"), [""]),
        (About(subject="new"), [""]),
    ],
)
def test_any_other_user_is_none_of_those_that_exist(about, users):
    seen = view("", "25.4", settings={PROVISIONING: "true"})

    assert [way.user for way in narrowed(seen, ways_in(seen), about)] == users


@pytest.mark.parametrize(
    ("issuer", "near"),
    [
        (ISSUER, ""),
        ("https://nothing.like.it", ""),
        (f"{ISSUER}/", f"the same issuer without a slash at its end is known: {ISSUER}"),
    ],
)
def test_an_issuer_that_is_almost_known_is_named(issuer, near):
    seen = view(LINES)

    assert near_issuer(seen, ways_in(seen), issuer) == near
