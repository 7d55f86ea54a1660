"""What a judge says: every check, what the client is told, and what to do about it.

A printer needs no more than this: a line for each of `checks`, then for `first_failure` what was
expected beside what was seen, then `near_miss`, `fix` and `notes`. All texts can be shown on a
terminal; none holds a token or a signature.
"""

from dataclasses import dataclass

from crdb_sso.printing import printable

REST = "..."
"""Stands for the words of a library, which are not known beforehand."""


@dataclass(frozen=True, slots=True)
class ClientError:
    """What the client is told.

    Attributes:
        message: The server's words.
        detail: The DETAIL; "" if there is none.
        sqlstate: Five characters.
        is_exact: Whether all of `detail` is known word for word. Otherwise it ends with "...",
            where the words of a library follow.
    """

    message: str
    detail: str
    sqlstate: str
    is_exact: bool = True

    @property
    def known_detail(self) -> str:
        """What is known of the DETAIL word for word; "" if nothing is."""
        return self.detail if self.is_exact else self.detail.removesuffix(REST)

    def __str__(self) -> str:
        """Return it in one line that does nothing to a terminal."""
        detail = f", DETAIL: {self.detail}" if self.detail else ""
        return printable(f"{self.message}{detail} (SQLSTATE {self.sqlstate})")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the server checks.

    Attributes:
        name: What it is, in a few words.
        passed: None if it was not looked at: a check before it failed that it depends on, or it
            can't be known from here.
        expected: What would pass.
        seen: What is there instead, or too.
        error: What the client is told if this is the first check that fails.
    """

    name: str
    passed: bool | None
    expected: str
    seen: str
    error: ClientError | None = None

    def __post_init__(self) -> None:
        """Make foreign text harmless."""
        object.__setattr__(self, "expected", printable(self.expected))
        object.__setattr__(self, "seen", printable(self.seen))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a login.

    Attributes:
        accepted: Whether the cluster lets it in, as far as is known.
        checks: In the order of the cluster's version. The server stops at the first that fails;
            the others are looked at as well, where that is possible.
        error: What the client is told; None if it gets in, or if that can't be known.
        near_miss: What almost fits; "" if nothing does.
        fix: What to do; "" if there is nothing to do.
        notes: What else to know, e.g. that the version is newer than this program.
    """

    accepted: bool
    checks: tuple[Check, ...]
    error: ClientError | None = None
    near_miss: str = ""
    fix: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make foreign text harmless."""
        object.__setattr__(self, "near_miss", printable(self.near_miss))
        object.__setattr__(self, "fix", printable(self.fix))
        object.__setattr__(self, "notes", tuple(map(printable, self.notes)))

    @property
    def first_failure(self) -> Check | None:
        """The check that the server stops at."""
        return next((check for check in self.checks if check.passed is False), None)

    @property
    def is_undecided(self) -> bool:
        """Whether nothing fails, but something can't be known from here."""
        return not self.accepted and self.first_failure is None
