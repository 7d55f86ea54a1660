"""Advice on lines of the identity map: which one almost matches, and how to write it."""

from collections.abc import Iterator

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import user_named
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.cluster.mapping import Rule
from crdb_sso.verdict.differences import difference

_ENDS = ("/", "$/", "$/i")


def near_lines(case: Case) -> str:
    """Return which line almost matches the token, and what is in the way; "" if none does."""
    issuer = case.token.issuer if case.token else ""
    names = case.principals.names if case.principals else ()
    lines = sorted(case.map_rules, key=lambda rule: rule.line.user != case.user)
    for rule in lines:
        for principal in names:
            if near := next(_near(case, rule, issuer, principal), ""):
                return f"line {rule.number} of the identity map {near}"
    own = [rule for rule in case.map_rules if rule.line.issuer == issuer]
    if own and all(rule.line.is_closing for rule in own):
        return "the issuer's only line matches nobody on purpose: it keeps the issuer closed"
    return ""


def new_line(case: Case, principal: str) -> str:
    """Return the line that lets a principal in."""
    issuer = case.token.issuer if case.token else ""
    return MapLine(issuer, principal, case.user).text


def _near(case: Case, rule: Rule, issuer: str, principal: str) -> Iterator[str]:
    """Yield what is in the way of a line, the likeliest first."""
    subject = rule.line.subject
    if rule.line.issuer != issuer:
        how = difference(issuer, rule.line.issuer)
        if how and rule.user_for(principal, folds_case=case.rules.folds_case):
            yield f"fits, but for the same issuer {how}: {rule.line.issuer}"
        return
    if rule.user_for(principal, folds_case=case.rules.folds_case) is not None:
        yield f"matches, but makes an empty name of it ({subject} {rule.line.user})"
    if rule.user_for(principal, folds_case=True) is not None:
        yield (
            f"matches in other letter case ({subject}); lines match without case only from"
            f" 26.1 on, here it has to be {principal!r}"
        )
    if rule.is_pattern:
        yield from _near_pattern(subject, principal)
    elif _matches(f"/{subject}", principal):
        yield (
            f"is a plain text ({subject}); as a regular expression, with / in front, it would match"
        )


def _near_pattern(subject: str, principal: str) -> Iterator[str]:
    for end in _ENDS:
        bare = subject.removesuffix(end) + ("$" if end.startswith("$") else "")
        if subject.endswith(end) and len(bare) > 1 and _matches(bare, principal):
            yield (
                f"can never match: in {subject} the {end.removeprefix('$')} at the end is a part of"
                " the regular expression"
            )
    if subject == principal or subject[1:] == principal:
        yield (f"names this very principal, but its / makes it a regular expression ({subject})")


def _matches(subject: str, principal: str) -> bool:
    return user_named(MapLine("", subject, "x"), principal, folds=False) is not None
