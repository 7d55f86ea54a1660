"""What lines of the identity map let in only where case does not count.

Anybody's lines are looked at here, at each preview. So the work is bounded, whatever they are: what
is found may not be all, and says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crdb_sso.crdb.expressions import Expression, expression, expression_once
from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import folded, user_let_in, user_of_match
from crdb_sso.crdb.named_principals import named_principals
from crdb_sso.crdb.patterns import ANY_CASE
from crdb_sso.crdb.user_names import NOBODY

MOST_EFFORT = 200_000
"""About how many pairs of a principal and a line are looked at."""

MOST_FOUND = 10_000
"""Further ones are not returned."""

_LONG = 100
"""So many characters of a principal are as much work as a line."""

_COMPILED = 20
"""To compile an expression is as much work as so many lines."""

_INSTRUCTIONS = 20
"""So many instructions of an expression are as much work to compile as a line."""

_TOO_LARGE = 20_000
"""To find that an expression is too large is as much work as so many lines."""


@dataclass(frozen=True, slots=True, order=True)
class Widening:
    """What a line lets in only where case does not count.

    Attributes:
        line: The line that lets in more.
        other: The line that names the principal, in a different case.
        principal: Who gets in.
        user: As whom.
    """

    line: MapLine
    other: MapLine
    principal: str
    user: str


@dataclass(frozen=True, slots=True)
class Widenings:
    """What some lines let in only where case does not count.

    Attributes:
        found: What is known of it, in order.
        is_all: Whether all lines were looked at: they may be too many, or too large.
    """

    found: tuple[Widening, ...]
    is_all: bool


class Effort:
    """How much may still be done."""

    def __init__(self, left: int = MOST_EFFORT) -> None:
        self._left = left

    @property
    def is_spent(self) -> bool:
        """Whether something was too much."""
        return self._left < 0

    def allows(self, work: int) -> bool:
        """Tell whether some work may be done, and count it as done."""
        if not self.is_spent:
            self._left -= work
        return not self.is_spent


def effort_for(principal: str) -> int:
    """Return how much work it is to ask a line for a principal."""
    return 1 + len(principal) // _LONG


def effort_to_ask(line: MapLine) -> int:
    """Return how much work it is to get ready to ask a line."""
    is_pattern = line.subject.startswith("/")
    return _effort_to_compile(expression(ANY_CASE + line.subject[1:])) if is_pattern else 1


def widenings(lines: Iterable[MapLine]) -> Widenings:
    """Return what some lines let in where case does not count, and did not where it does.

    Only principals that some line names are known. One that may log in as the user anyway gains
    nothing, so lines that differ in nothing but case and name one user are not among them. Issuers
    with few lines come first: nobody's lines keep those of another issuer from being looked at.
    """
    by_issuer: defaultdict[str, list[MapLine]] = defaultdict(list)
    for line in dict.fromkeys(lines):
        by_issuer[line.issuer].append(line)
    issuers = [_Issuer(own) for own in sorted(by_issuer.values(), key=len)]
    effort, room = Effort(), Effort(MOST_FOUND)
    for issuer in issuers:
        issuer.ask_literals(effort)
    for issuer in issuers:
        issuer.ask_patterns(effort)
    found = tuple(sorted(one for issuer in issuers for one in issuer.found(room)))
    is_all = not (effort.is_spent or room.is_spent or any(one.is_unjudged for one in issuers))
    return Widenings(found, is_all)


class _Issuer:
    """The lines of an issuer, and whom they let in.

    Attributes:
        is_unjudged: Whether an expression is too large to be asked.
    """

    def __init__(self, lines: Sequence[MapLine]) -> None:
        self.is_unjudged = False
        self._naming: defaultdict[str, list[MapLine]] = defaultdict(list)
        self._literals: defaultdict[str, list[MapLine]] = defaultdict(list)
        self._patterns: defaultdict[str, list[MapLine]] = defaultdict(list)
        self._asked: list[str] = []
        self._let_in: defaultdict[str, defaultdict[str, list[MapLine]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for line in lines:
            if line.subject.startswith("/"):
                self._patterns[line.subject].append(line)
            else:
                self._literals[folded(line.subject)].append(line)
            for principal in named_principals(line.subject):
                self._naming[principal].append(line)

    def ask_literals(self, effort: Effort) -> None:
        """Ask each literal for the principals that differ from it at most in case."""
        for principal in self._naming:
            for line in self._literals.get(folded(principal), ()):
                if not effort.allows(effort_for(principal)):
                    return
                self._note(principal, line, user_let_in(line, principal, folds=True))

    def ask_patterns(self, effort: Effort) -> None:
        """Ask each expression for each principal; each is compiled once, and forgotten."""
        for subject, lines in self._patterns.items():
            if effort.is_spent:
                return
            found = expression_once(f"{ANY_CASE}{subject[1:]}")
            self.is_unjudged |= found.is_too_large
            self._asked.append(subject)
            if not effort.allows(_effort_to_compile(found)):
                return
            for principal in self._naming if found.compiled else ():
                if not effort.allows(2 * effort_for(principal)):  # again where case counts
                    return
                if match := found.search(principal):
                    if not effort.allows(len(lines)):
                        return
                    for line in lines:
                        self._note(principal, line, user_of_match(line, match))

    def found(self, room: Effort) -> Iterator[Widening]:
        """Yield what is also let in, as long as there is room."""
        self._forget_those_let_in_before()
        for principal, by_user in self._let_in.items():
            for user, lines in by_user.items():
                for line in lines:
                    for other in self._naming[principal]:
                        if not room.allows(1):
                            return
                        yield Widening(line, other, principal, user)

    def _forget_those_let_in_before(self) -> None:
        for principal, by_user in self._let_in.items():
            for line in self._literals.get(folded(principal), ()):
                if line.subject == principal:
                    by_user.pop(user_let_in(line, principal, folds=False), None)
        for subject in self._asked:
            asking = [principal for principal, by_user in self._let_in.items() if by_user]
            if not asking:
                return
            found = expression_once(subject[1:])
            for principal in asking:
                if match := found.search(principal):
                    for line in self._patterns[subject]:
                        self._let_in[principal].pop(user_of_match(line, match), None)

    def _note(self, principal: str, line: MapLine, user: str) -> None:
        if user and user not in NOBODY:
            self._let_in[principal][user].append(line)


def _effort_to_compile(found: Expression) -> int:
    """Return how much work it was to compile an expression, and is again where case counts."""
    once = _COMPILED + found.size // _INSTRUCTIONS
    return 2 * (_TOO_LARGE if found.is_too_large else once)
