r"""The identity map at a login: which users a principal of an issuer may be.

An issuer without any line has no map: then the principal itself is the user. Otherwise every line
counts, and each one that matches adds its user. Lines match without case from 26.1 on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from crdb_sso.crdb.identity_map import MapLine, split_fields
from crdb_sso.crdb.letter_case import user_named
from crdb_sso.crdb.user_names import normalised

_FIELDS = 3
_LONGEST_LINE = 64 * 1024
"""Bytes: a line of this length, and all lines after it, are silently dropped."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line, and where it stands.

    Attributes:
        number: Of the line, from 1; comments and blank lines count.
        line: What it says.
    """

    number: int
    line: MapLine

    @property
    def is_pattern(self) -> bool:
        """Whether it has a regular expression."""
        return self.line.subject.startswith("/")

    def user_for(self, principal: str, *, folds_case: bool) -> str | None:
        """Return the user that a principal becomes by this line, None if it does not match.

        Args:
            principal: As the token says it.
            folds_case: Whether lines match without case.
        """
        return user_named(self.line, principal, folds=folds_case)


@dataclass(frozen=True, slots=True)
class Mapped:
    """Who principals may log in as.

    Attributes:
        has_map: Whether the issuer has a line.
        users: Normalised, each once, in the order of the lines.
        matching: The lines that match.
    """

    has_map: bool
    users: tuple[str, ...]
    matching: tuple[Rule, ...] = ()


def map_rules(text: str) -> tuple[Rule, ...]:
    """Return the lines of the setting that the cluster looks at."""
    return tuple(_rules(text))


def _rules(text: str) -> Iterator[Rule]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line.encode("utf-8", "surrogatepass")) >= _LONGEST_LINE:
            return
        fields = split_fields(line.partition("#")[0])
        if len(fields) == _FIELDS:
            yield Rule(number, MapLine(*fields))


def mapped(
    rules: tuple[Rule, ...], issuer: str, principals: tuple[str, ...], *, folds_case: bool
) -> Mapped:
    """Return who the principals of an issuer may log in as.

    Args:
        rules: All lines.
        issuer: The `iss`, byte for byte.
        principals: As the token says them.
        folds_case: Whether lines match without case.
    """
    own = [rule for rule in rules if rule.line.issuer == issuer]
    if not own:
        return Mapped(has_map=False, users=tuple(dict.fromkeys(map(normalised, principals))))
    users: dict[str, None] = {}
    matching: dict[Rule, None] = {}
    for principal in principals:
        for rule in own:
            user = rule.user_for(principal, folds_case=folds_case)
            if user is not None:
                matching[rule] = None
            if user:
                users[user] = None
    return Mapped(has_map=True, users=tuple(users), matching=tuple(matching))


def matches_all(rule: Rule) -> bool:
    """Tell whether a regular expression takes every text, as far as odd samples show."""
    samples = ("", "x", "0", "\u00e9\U0001f600", "a b/c:d|e", "\n\t", "-" * 200)
    return rule.is_pattern and all(
        rule.user_for(one, folds_case=False) is not None for one in samples
    )
