r"""Whom a line of the identity map lets in where case counts, and where it does not.

From 26.1 on CockroachDB puts `(?i)` in front of every regular expression and literal, so that two
subjects that differ only in case are one principal. Case is what Go's regexp package takes for it:
simple folding (Unicode CaseFolding.txt, C and S). `K` is also the Kelvin sign, `s` also the long s,
but `ss` is not a sharp s. The name of a map, the issuer, counts byte for byte on every version. An
expression that begins with `(?-i)` means the same on all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any  # any: what google-re2 makes, which ships no types

from crdb_sso.crdb.expressions import expression
from crdb_sso.crdb.identity_map import MapLine, anchored_pattern
from crdb_sso.crdb.patterns import ANY_CASE
from crdb_sso.crdb.user_names import NOBODY, normalised

LoginKey = tuple[str, str, str]
"""Issuer, subject and user of a line, the subject folded where case does not count."""

GROUP = r"\1"
"""What stands for the text of the first group in the user of a line."""

AS_WRITTEN = "(?-i)"
"""What lets case count within an expression, on every version."""

# Python's tables have no simple folding for these; Unicode has since 15.1.
_LATER_PAIRS = {"\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06"}


def folded(text: str) -> str:
    """Return a text in which letters that differ only in case are the same; for comparison only."""
    return "".join(map(_folded_letter, text))


@lru_cache(maxsize=4096)
def _folded_letter(char: str) -> str:
    """Return the simple folding of a letter; one whose full folding is longer has a lower case."""
    forms = (_LATER_PAIRS.get(char, char.casefold()), char.lower())
    return next((form for form in forms if len(form) == 1), char)


def login_key(line: MapLine, *, folds: bool) -> LoginKey:
    r"""Return what two lines have in common that say the same: who logs in as whom.

    Expressions say the same only if they are equal: case may change what one means (`\d`, `\D`).

    Args:
        line: The line.
        folds: Whether the cluster ignores case.
    """
    is_literal = not line.subject.startswith("/")
    return line.issuer, folded(line.subject) if folds and is_literal else line.subject, line.user


@dataclass(frozen=True, slots=True)
class LoginsByLine:
    """Who logs in as whom, by some lines.

    Attributes:
        keys: What each of them says.
        folds: Whether their cluster ignores case.
    """

    keys: frozenset[LoginKey]
    folds: bool

    @classmethod
    def of(cls, lines: Iterable[MapLine], *, folds: bool) -> "LoginsByLine":
        """Return what some lines say."""
        return cls(frozenset(login_key(line, folds=folds) for line in lines), folds)

    def __contains__(self, line: MapLine) -> bool:
        """Tell whether one of them says the same as a line."""
        return login_key(line, folds=self.folds) in self.keys


def as_written(subject: str) -> str:
    """Return a subject that lets in the same principals on every version: those with this case."""
    pattern = subject if subject.startswith("/") else anchored_pattern(subject)
    return f"/{AS_WRITTEN}{pattern[1:]}"


def can_be_judged(line: MapLine) -> bool:
    """Tell whether it can be told whom a line lets in: not if its expression is too large."""
    subject = line.subject
    return not (subject.startswith("/") and expression(subject[1:]).is_too_large)


def user_let_in(line: MapLine, principal: str, *, folds: bool) -> str:
    """Return the user as which a line lets a principal of its issuer log in, "" if it does not.

    Args:
        line: The line.
        principal: The principal.
        folds: Whether the cluster ignores case.
    """
    user = user_named(line, principal, folds=folds) or ""
    return "" if user in NOBODY else user


def user_named(line: MapLine, principal: str, *, folds: bool) -> str | None:
    """Return whom a line makes of a principal of its issuer, who may be nobody that logs in.

    Args:
        line: The line.
        principal: The principal.
        folds: Whether the cluster ignores case.

    Returns:
        The user, normalised; None if the line does not match the principal, or `can_be_judged`
        says no.
    """
    if line.subject.startswith("/"):
        match = expression(f"{ANY_CASE if folds else ''}{line.subject[1:]}").search(principal)
        if match is None:
            return None
        return user_of_match(line, match)
    is_same = line.subject == principal
    is_same = is_same or (folds and folded(line.subject) == folded(principal))
    return normalised(line.user) if is_same else None


def user_of_match(line: MapLine, match: Any) -> str:  # noqa: ANN401 # any: of google-re2
    """Return the user, normalised, that a line makes of a match of its expression."""
    group = (match.group(1) or "") if match.re.groups and GROUP in line.user else ""
    return normalised(line.user.replace(GROUP, group, 1))
