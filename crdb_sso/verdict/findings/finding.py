"""What a finding is: something that is trusted more than most people mean it to be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry
from crdb_sso.verdict.findings.situation import Situation

MOST_NAMED = 5
"""Further names in a sentence are only counted."""


class Severity(str, Enum):
    """How much a finding matters; scripts rely on the words."""

    ERROR = "error"
    """Somebody whom nobody meant can log in, or can become an admin."""

    WARNING = "warning"
    """Trust is wider than it needs to be."""

    INFO = "info"
    """Good to know; there may be nothing to do."""


@dataclass(frozen=True, slots=True)
class LineSentence:
    """A sentence about one line of the identity map.

    Attributes:
        number: Where the line is; it moves as other lines come and go.
        behind: What follows the line.
        before: What precedes the line; "" if the sentence begins with it.
    """

    number: int
    behind: str
    before: str = ""

    def __str__(self) -> str:
        """Return it with the number of the line."""
        return self._about(f"{'l' if self.before else 'L'}ine {self.number}")

    @property
    def unplaced(self) -> str:
        """It without the number of the line."""
        return self._about(f"{'a' if self.before else 'A'} line")

    def _about(self, line: str) -> str:
        return f"{self.before}{line} of the identity map{self.behind}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule has found once.

    Attributes:
        sentence: What there is, and what it means.
        way_out: What to do about it.
        entries: What on the cluster it is about; empty if it is the cluster as a whole.
        severity: Unless it is that of the rule.
        conditions: What else has to be there for it, such as the trust in the issuer of a line: a
            change that adds that brings the finding, but who has claimed it has no part in it.
    """

    sentence: str | LineSentence
    way_out: str
    entries: tuple[Entry, ...] = ()
    severity: Severity | None = None
    conditions: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: What people accept, and scripts look for: never changes, and is never used again.
        severity: Of most of what it finds.
        title: What it is about, for lists.
        check: Yields what it finds.
        reads: The settings without which it can't tell.
        also: The severity of the rest of what it finds; None if there is only one.
        needs_claims: Whether it can't tell without the claims of stacks.
        needs_users: Whether it can't tell without the users and what they may do.
        is_previewed: Whether previews say what a change adds; about the others they have lines of
            their own, or say nothing.
        is_refused: Whether a stack has to accept it before it adds such an entry, if it is an
            error.
    """

    id: str
    severity: Severity
    title: str
    check: Callable[[Situation], Iterator[Found]]
    reads: tuple[Setting, ...]
    also: Severity | None = None
    needs_claims: bool = False
    needs_users: bool = False
    is_previewed: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Acceptance:
    """A stack that knows of a finding, and lives with it."""

    owner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        id: Of its rule.
        severity: How much it matters.
        sentence: What there is, and what it means.
        way_out: What to do about it.
        entries: What on the cluster it is about; empty if it is the cluster as a whole.
        owners: The stacks that have claimed some of that, sorted.
        accepted: Who lives with it, and why; empty if nobody has said so.
        conditions: What else has to be there for it.
        unplaced: The sentence without the number of a line, for those who compare clusters.
    """

    id: str
    severity: Severity
    sentence: str
    way_out: str
    entries: tuple[Entry, ...] = ()
    owners: tuple[str, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    conditions: tuple[Entry, ...] = ()
    unplaced: str = field(kw_only=True)


def listed(names: Iterable[str]) -> str:
    """Return some names for a sentence, sorted; of many only the first."""
    every = sorted(set(names))
    more = len(every) - MOST_NAMED
    if more <= 0:
        return ", ".join(every)
    return f"{', '.join(every[:MOST_NAMED])} and {more} more"
