"""What a state says of the cluster that it wrote to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crdb_sso.desired.logins import NOTHING, Desired, OnDelete

Retiring = Mapping[str, Mapping[str, datetime]]
"""When each key that is no longer published goes: time by kid by source."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was written last, or what the last refresh still found of it.

    Attributes:
        written: The wish; all of it is known.
        untrusted: Sources of which a refresh found the issuer gone, or the line that closes it, or
            a line where its subjects are user names.
        leftovers: Entries that an unfinished change left claimed though nobody wants them, as a
            refresh found them.
        retiring: The keys that stay though they are no longer published.
    """

    written: Desired = NOTHING
    untrusted: frozenset[str] = frozenset()
    leftovers: tuple[str, ...] = ()
    retiring: Retiring = field(default_factory=dict)


NOTHING_YET = Remembered()
"""What is remembered of a stack before its first `up`."""


def staying_users(remembered: Remembered) -> frozenset[str]:
    """Return the users that stay on the cluster, shut out, when their logins go."""
    logins = remembered.written.logins.items()
    return frozenset(user for user, login in logins if login.on_delete is OnDelete.DISABLE)
