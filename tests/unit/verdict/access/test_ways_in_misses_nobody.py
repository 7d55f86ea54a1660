"""Whoever the judge lets in by the identity map has a way in: none is missed."""

import re2
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import user_named
from crdb_sso.crdb.settings import Setting
from crdb_sso.verdict.access.group_reach import first_group, has_group, may_make
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.access.ways_in import is_reserved, ways_in
from crdb_sso.verdict.cluster.mapping import map_rules, mapped
from crdb_sso.verdict.cluster.versions import rules_of
from tests.unit.verdict.logins import ISSUER, MAP, cluster

ATOMS = st.sampled_from(
    [
        *["a", "B", "\u0130", "\u0301", ".", "[a-z]", "[^b]", "[]a)]", r"\w", r"\W", r"\b", "x*"],
        *[
            "(a|B)",
            "(?:b|.)",
            "(?P<n>a.)",
            r"\Q(\E",
            r"\(",
            "(?i:a)",
            "(.*)",
            "^",
            "$",
            "[[:alpha:]]",
        ],
    ]
)
PATTERNS = st.lists(ATOMS, min_size=1, max_size=5).map("".join)
TEXTS = st.text("aAbBx(\u0130\u0301\u212ak", max_size=6)
USERS = st.sampled_from([r"\1", r"a\1", r"\1b", r"B\1x", r"\1\1", "app"])


def is_taken(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True


@given(PATTERNS.filter(is_taken), TEXTS, USERS, st.booleans())
def test_what_a_group_makes_of_a_principal_is_among_what_it_may_make(
    pattern, principal, user, folds
):
    line = MapLine(ISSUER, f"/{pattern}", user)
    made = user_named(line, principal, folds=folds)

    assert not (made and has_group(line)) or may_make(line, made)


@given(PATTERNS.filter(is_taken))
def test_the_first_group_is_found_as_re2_counts_them(pattern):
    group = first_group(pattern)

    assert (group is not None) == (re2.compile(pattern).groups > 0)
    assert group is None or is_taken(group)


@given(
    st.lists(st.tuples(st.one_of(PATTERNS.map("/{}".format), TEXTS), USERS), max_size=3),
    TEXTS.filter(bool),
    st.sampled_from(["25.2", "25.4", "26.1"]),
)
def test_every_principal_whom_the_map_lets_in_has_a_way(lines, principal, version):
    text = "\n".join(f"{ISSUER} {subject} {user}" for subject, user in lines if subject)
    view = AccessView(cluster(version, settings={MAP: text}), {"app": Account(), "a": Account()})
    folds = rules_of(view.cluster).folds_case
    rules = map_rules(view.cluster.text(Setting.IDENTITY_MAP))
    users = mapped(rules, ISSUER, (principal,), folds_case=folds).users
    ways = ways_in(view)

    for user in users:
        if is_reserved(user) or user not in (view.accounts or {}):
            continue
        assert any(
            way.user == user == way.user_of(principal, folds_case=folds) and way.works
            for way in ways
        )
