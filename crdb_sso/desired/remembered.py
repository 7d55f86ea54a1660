"""What the state of a stack says about the cluster it wrote to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crdb_sso.crdb.identity_map import closed_line
from crdb_sso.desired.logins import NOTHING, Desired, OnDelete, wanted_entries
from crdb_sso.desired.unknown import known
from crdb_sso.registry.claims import Entry, Kind

Retiring = Mapping[str, Mapping[str, datetime]]
"""When each key that is no longer published is removed: time by kid by source."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was written last, or what the last refresh still found of it.

    Attributes:
        written: The wish; all of it is known.
        untrusted: Sources that a refresh found broken: their issuer or their closing line is gone,
            or they have a line though their subjects are user names.
        leftovers: Entries that a refresh found claimed though nobody wants them, left behind by an
            unfinished change.
        retiring: The keys that are still trusted though they are no longer published.
    """

    written: Desired = NOTHING
    untrusted: frozenset[str] = frozenset()
    leftovers: tuple[str, ...] = ()
    retiring: Retiring = field(default_factory=dict)


NOTHING_YET = Remembered()
"""What is remembered before the first `up` of a stack."""


def staying_users(remembered: Remembered) -> frozenset[str]:
    """Return the users that stay on the cluster, shut out, when their logins are removed."""
    logins = remembered.written.logins.items()
    return frozenset(user for user, login in logins if login.on_delete is OnDelete.DISABLE)


def remembered_entries(remembered: Remembered) -> dict[Entry, str]:
    """Return the text of every entry that a state says is on the cluster.

    What a refresh has found missing is not among them, so that the next change puts it back.
    """
    written = remembered.written
    broken: set[Entry] = set()
    for name in remembered.untrusted & written.sources.keys():
        issuer = known(written.sources[name].issuer)
        broken |= {Entry(Kind.ISSUER, issuer), Entry.of(closed_line(issuer))}
    entries = wanted_entries(written)
    return {entry: text for entry, text in entries.items() if entry.name and entry not in broken}
