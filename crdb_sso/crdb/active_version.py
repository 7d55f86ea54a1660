"""The active version of a cluster: what decides where behaviour changed and no setting shows it."""

import re
from dataclasses import dataclass

VERSION = "version"
"""The cluster setting that shows it; it is read together with the others, and never written."""

Series = tuple[int, int]
"""Year and number: 26.1 is (26, 1)."""

INFERS_ALGORITHM_SINCE: Series = (23, 1)
"""The first version that verifies with a key that names no algorithm (#89989)."""

FOLDS_SINCE: Series = (26, 1)
"""The first version whose identity map ignores case (CockroachDB pull request #155531)."""

POINTERS_SINCE: Series = (26, 3)
"""The first version whose claim of principals may be a JSON Pointer (#165085; inferred)."""

CLOSES_ROOT_SINCE: Series = (26, 1)
"""The first version whose nodes may shut root out, by --disallow-root-login (#155216)."""

_RELEASE = re.compile(r"(\d+)\.(\d+)")
_RUNS = re.compile(r"\bv(\d+)\.(\d+)")

_DEVELOPMENT = 1_000_000
"""What a development build adds to the year."""


def active_series(shown: str) -> Series | None:
    """Return the version that a cluster behaves as, None if nobody can tell.

    While an upgrade is under way some nodes may behave as the version it leads to: that one counts.

    Args:
        shown: The value of VERSION: `25.4`, or `25.4-upgrading-to-26.1-step-004` during an upgrade.
    """
    return max(_series(shown), default=None)


@dataclass(frozen=True, slots=True)
class ClusterVersion:
    """What is known of the version of a cluster, and what follows from it.

    Attributes:
        active: The value of VERSION, "" if it is not known.
        node: What a node says that it runs, "" if it does not. It may be newer than `active`.
    """

    active: str = ""
    node: str = ""

    @property
    def folds_case(self) -> bool:
        """Whether the identity map ignores case; if nobody can tell, it counts so."""
        series = active_series(self.active)
        return series is None or series >= FOLDS_SINCE

    @property
    def takes_pointers(self) -> bool:
        """Whether every node reads a claim with a leading slash as a JSON Pointer.

        While an upgrade is under way, and if nobody can tell, some nodes may not.
        """
        return min(_series(self.active), default=(0, 0)) >= POINTERS_SINCE

    @property
    def infers_algorithm(self) -> bool:
        """Whether a key that names no algorithm verifies; if nobody can tell, it counts so."""
        return min(_series(self.active), default=INFERS_ALGORITHM_SINCE) >= INFERS_ALGORITHM_SINCE

    @property
    def may_close_root(self) -> bool:
        """Whether root may be shut out by a flag of the nodes, which no statement shows.

        A flag belongs to what a node runs. If one of the two is not known, it counts so.
        """
        active, runs = active_series(self.active), _RUNS.search(self.node)
        if active is None or runs is None:
            return True
        return max(active, (int(runs[1]), int(runs[2]))) >= CLOSES_ROOT_SINCE


def _series(shown: str) -> list[Series]:
    return [(int(year) % _DEVELOPMENT, int(number)) for year, number in _RELEASE.findall(shown)]
