"""The principals that a subject names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.expressions import expression
from crdb_sso.crdb.identity_map import anchored_pattern
from crdb_sso.crdb.named_principals import MOST_NAMED, named_principals


@pytest.mark.parametrize(
    ("subject", "principals"),
    [
        pytest.param("AbC", ["AbC"], id="a literal"),
        pytest.param("/^AbC$", ["AbC"], id="an anchored text"),
        pytest.param(r"/(?-i)^my\x20App\x{2713}$", ["my App✓"], id="with escapes"),
        pytest.param(r"/\Arepo\:Org\/App\z", ["repo:Org/App"], id="other anchors"),
        pytest.param("/(?i)^abc$", ["abc"], id="one that ignores case"),
        pytest.param("/^(AbC)$", ["AbC"], id="a group"),
        pytest.param("/(^AbC$)", ["AbC"], id="a group with the anchors"),
        pytest.param("/^svc-(?P<who>Ab)-(?:C)$", ["svc-Ab-C"], id="groups within"),
        pytest.param(r"/^\Qa.b(\E$", ["a.b("], id="a quotation"),
        pytest.param(r"/^[A][.][\]]$", ["A.]"], id="classes of one character"),
        pytest.param("/^[ab]$", ["a", "b"], id="a class of two"),
        pytest.param("/^(a|b|)c$", ["ac", "bc", "c"], id="alternatives"),
        pytest.param("/^a$|^b$", ["a", "b"], id="alternatives with their anchors"),
        pytest.param("/^(?i:a)$", ["a"], id="a group with a flag"),
        pytest.param("/^(a|a)$", ["a"], id="each once"),
        pytest.param("/abc", [], id="not anchored"),
        pytest.param("/^a|b$", [], id="an alternative that is not anchored"),
        pytest.param("/^a$b$", [], id="an anchor within, so that it matches nobody"),
        pytest.param("/^a.c$", [], id="any character"),
        pytest.param(r"/^a\d$", [], id="a set"),
        pytest.param("/^[a-c]$", [], id="a range"),
        pytest.param("/^[^a]$", [], id="a class of others"),
        pytest.param("/^a*$", [], id="a repetition"),
        pytest.param("/^(a){2}$", [], id="a repetition by number"),
        pytest.param("/^(a", [], id="an open group"),
        pytest.param("/^a)$", [], id="a closed group"),
        pytest.param(r"/^\x{d800}$", [], id="half a pair"),
        pytest.param(r"/^\x{110000}$", [], id="no character at all"),
    ],
)
def test_a_subject_names_these_principals(subject: str, principals: list[str]) -> None:
    assert list(named_principals(subject)) == principals


@given(st.text("aB|()[]?:^$\\.QE-x{2}", max_size=12))
def test_whoever_is_named_is_let_in_and_nobody_else(core: str) -> None:
    subject = f"/^(?:{core})$"
    found = expression(subject[1:])
    named = named_principals(subject)

    for name in named:
        assert found.search(name)
    for other in ("", "a", "B", "aB", "aa", "|", "^", "x", *(f"{name}a" for name in named)):
        assert not named or bool(found.search(other)) is (other in named)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_subject_is_named_by_each_way_to_write_it(text: str) -> None:
    whole = anchored_pattern(text)

    assert named_principals(whole) == (text,)
    assert named_principals(f"/^({whole[2:-1]})$") == (text,)
    if "\\E" not in text and not text.endswith("\\"):
        assert named_principals(rf"/^\Q{text}\E$") == (text,)


def test_many_principals_are_nobody_in_particular() -> None:
    assert len(named_principals("/^" + "[ab]" * 6 + "$")) == MOST_NAMED
    assert named_principals("/^" + "[ab]" * 7 + "$") == ()
    assert named_principals("/^" + "[ab]" * 9_000 + "$") == ()
    assert named_principals("/^(" + "|".join(map(str, range(65))) + ")$") == ()
    assert named_principals(f"/^{'(' * 20_000}a{')' * 20_000}$") == ()
