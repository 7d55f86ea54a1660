"""When a login that was not let in is tried again, and when that is given up.

What was just written has to reach every node, and what was just granted every server of an issuer:
so a refusal at first says little. But where the judge names what does not fit, waiting for longer
than settings take to spread would not help.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from crdb_sso.desired.proof import KIND
from crdb_sso.desired.unknown import UNKNOWN, Text
from crdb_sso.verdict.outcome import Verdict
from crdb_sso.verdict.steps import Step

SPREAD_S = 10.0
"""Seconds that a refusal is not believed: settings reach all nodes within a few seconds."""

LONGEST_S = 60.0
"""Seconds after which a proof has failed: identities and grants at an issuer may need as many."""

ASKS_NOBODY = frozenset({"file", "kubernetes", "environment", "self_signed"})
"""Sources that find at once what there is: what is missing there will not spread."""

_CLOCKS = frozenset({Step.IAT.value, Step.NBF.value})
"""Checks that a token passes a little later."""


class Helps(Enum):
    """How long waiting may help."""

    NOTHING = "not at all"
    SPREADING = "while settings spread"
    ANYTHING = "until the proof ends"


@dataclass(frozen=True, slots=True)
class Failure:
    """A login that was tried, and failed.

    Attributes:
        user: As whom.
        said: In the words of the server or the token source; holds no token.
        helps: How long waiting may help.
        verdict: What the judge says of the token; None if there was none, or nobody to ask.
        hint: The next step, where the judge does not name one.
    """

    user: str
    said: str
    helps: Helps
    verdict: Verdict | None = None
    hint: str = ""


def waiting_helps(verdict: Verdict) -> Helps:
    """Return how long waiting may help a login that the server has refused."""
    failed = verdict.first_failure
    if failed is None or failed.name in _CLOCKS:
        return Helps.ANYTHING
    return Helps.SPREADING


def source_may_recover(source: Mapping[str, Text]) -> Helps:
    """Return how long waiting may help a source that gave no token."""
    named = source.get(KIND, "")
    return Helps.NOTHING if named is not UNKNOWN and named in ASKS_NOBODY else Helps.ANYTHING


def gives_up(failures: Collection[Failure], waited_s: float, longest_s: float) -> bool:
    """Tell whether nothing speaks for trying again.

    Args:
        failures: The logins that were not let in so far.
        waited_s: How long they have been tried, in seconds.
        longest_s: How long they may be tried at most.
    """
    patience_s = {
        Helps.NOTHING: 0.0,
        Helps.SPREADING: min(SPREAD_S, longest_s),
        Helps.ANYTHING: longest_s,
    }
    return all(waited_s >= patience_s[failure.helps] for failure in failures)
