"""Whose an entry is: of stacks, found by them, or made by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.letter_case import LoginKey, login_key
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry


class Origin(str, Enum):
    """Whose an entry is."""

    OWNER = "owner"
    """One or more stacks claimed it, and it goes with the last of them."""

    FOUND = "found"
    """Stacks claimed what was there before them: it stays when they go."""

    BY_HAND = "by hand"
    """No stack has claimed it."""

    UNSEEN = "not seen"
    """The claims of stacks can't be read."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose an entry is.

    Attributes:
        origin: In which way.
        owners: The stacks that have claimed it, sorted.
    """

    origin: Origin
    owners: tuple[str, ...] = ()


class WhoseEntries:
    """Whose lines, issuers and users are.

    Args:
        registry: The claims of all stacks, None if there are none.
        folds: Whether the cluster ignores case in lines.
        is_seen: Whether it is known what stacks have claimed.
    """

    def __init__(self, registry: Registry | None, *, folds: bool, is_seen: bool) -> None:
        self._folds = folds
        self._is_seen = is_seen
        self._of_lines: dict[LoginKey, list[Claim]] = {}
        self._of_entries: dict[Entry, list[Claim]] = {}
        for claim in registry.claims if registry else ():
            self._of_entries.setdefault(claim.entry, []).append(claim)
            if isinstance(claim.entry.value, MapLine):
                key = login_key(claim.entry.value, folds=folds)
                self._of_lines.setdefault(key, []).append(claim)

    def of_line(self, line: MapLine) -> Whose:
        """Return whose a line is; one that says the same counts."""
        return self._whose(self._of_lines.get(login_key(line, folds=self._folds), ()))

    def of_issuer(self, issuer: str) -> Whose:
        """Return whose the trust in an issuer is."""
        return self._whose(self._of_entries.get(Entry(Kind.ISSUER, issuer), ()))

    def of_user(self, user: str) -> Whose:
        """Return whose a SQL user is."""
        return self._whose(self._of_entries.get(Entry(Kind.USER, user), ()))

    def _whose(self, claims: Sequence[Claim]) -> Whose:
        if not self._is_seen:
            return Whose(Origin.UNSEEN)
        owners = tuple(sorted({claim.owner for claim in claims}))
        if not owners:
            return Whose(Origin.BY_HAND)
        is_found = any(claim.found for claim in claims)
        return Whose(Origin.FOUND if is_found else Origin.OWNER, owners)
