r"""The identity map at a login: which users a principal of an issuer may be.

An issuer without any line has no map: then the principal itself is the user. Otherwise every line
counts, and each one that matches adds its user. Lines match without case from 26.1 on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol, cast

import re2

from crdb_sso.crdb.identity_map import split_fields
from crdb_sso.crdb.patterns import ANY_CASE
from crdb_sso.crdb.user_names import normalised

_FIELDS = 3
_LONGEST_LINE = 64 * 1024
"""Bytes: a line of this length, and all lines after it, are silently dropped."""

_GROUP = r"\1"
_MEMORY = 1 << 28


class _Found(Protocol):
    def group(self, number: int) -> str | None: ...


class _Pattern(Protocol):
    groups: int

    def search(self, text: str) -> _Found | None: ...


@dataclass(frozen=True, slots=True)
class Rule:
    r"""One line.

    Attributes:
        number: Of the line, from 1; comments and blank lines count.
        issuer: The map name.
        identity: What the principal has to be: a text, or `/` and a regular expression.
        user: Whom it makes; `\1` stands for what the first group matched.
    """

    number: int
    issuer: str
    identity: str
    user: str

    @property
    def text(self) -> str:
        """The line."""
        return f"{self.issuer} {self.identity} {self.user}"

    @property
    def is_pattern(self) -> bool:
        """Whether the identity is a regular expression."""
        return self.identity.startswith("/")

    def user_for(self, principal: str, *, folds_case: bool) -> str | None:
        """Return the user that a principal becomes by this line, None if it does not match.

        Args:
            principal: As the token says it.
            folds_case: Whether lines match without case.
        """
        pattern = self.identity[1:] if self.is_pattern else f"^{re2.escape(self.identity)}$"
        found = _search((ANY_CASE if folds_case else "") + pattern, principal)
        if found is None:
            return None
        before, mark, after = self.user.partition(_GROUP)
        return normalised(before + (found if mark else "") + after)


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
            yield Rule(number, *fields)


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
    own = [rule for rule in rules if rule.issuer == issuer]
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


def _search(pattern: str, text: str) -> str | None:
    """Return what the first group matched, None if the expression does not match."""
    compiled = _compiled(pattern)
    found = compiled.search(text) if compiled else None
    if found is None or compiled is None:
        return None
    return (found.group(1) or "") if compiled.groups else ""


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> _Pattern | None:
    """Return an expression, None if RE2 refuses it: then the cluster could not have stored it."""
    try:
        return cast("_Pattern", re2.compile(pattern, _options()))
    except (re2.error, UnicodeEncodeError):
        return None


@cache
def _options() -> object:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return options
