"""The active version of a cluster: what decides where behaviour changed and no setting shows it."""

import re

VERSION = "version"
"""The cluster setting that shows it; it is read together with the others, and never written."""

Series = tuple[int, int]
"""Year and number: 26.1 is (26, 1)."""

FOLDS_SINCE: Series = (26, 1)
"""The first version whose identity map ignores case (CockroachDB pull request #155531)."""

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
    found = [(int(year) % _DEVELOPMENT, int(number)) for year, number in _RELEASE.findall(shown)]
    return max(found, default=None)


def folds_case(shown: str) -> bool:
    """Tell whether the identity map of a cluster ignores case; if nobody can tell, it counts so.

    Args:
        shown: The value of VERSION, "" if it is not known.
    """
    series = active_series(shown)
    return series is None or series >= FOLDS_SINCE


def may_close_root(shown: str, node: str) -> bool:
    """Tell whether root may be shut out by a flag of the nodes, which no statement shows.

    A flag belongs to what a node runs, which may be newer than the active version.

    Args:
        shown: The value of VERSION, "" if it is not known: then it counts so.
        node: What a node says that it runs, "" if it does not: then it counts so too.
    """
    active, runs = active_series(shown), _RUNS.search(node)
    if active is None or runs is None:
        return True
    return max(active, (int(runs[1]), int(runs[2]))) >= CLOSES_ROOT_SINCE
