"""What becomes of users that were made here when the last claim on them goes.

In words: such a user is dropped, or it stays and is shut out (NOLOGIN), without the memberships
that were given here. A user that was found is neither: it gets back the login state it had.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from crdb_sso.desired.logins import LOGIN
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.registry.claims import Claim, Entry, Kind, found_key


def dropped_and_disabled(
    gone: Sequence[str], staying: Collection[str], live: Mapping[str, LiveUser]
) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """Return who is dropped, and the login states of those who stay.

    Args:
        gone: Live users that were made here and that nobody claims any more.
        staying: Users that shall stay, shut out.
        live: The users as they stand.

    Returns:
        Names to drop; and name with False for each that stays and may log in until now.
    """
    dropped = tuple(user for user in gone if user not in staying)
    disabled = tuple((u, False) for u in gone if u in staying and live[u].may_login)
    return dropped, disabled


def given_back(
    released: Mapping[Entry, Claim],
    others: Collection[Entry],
    shut_out: Collection[str],
    found_texts: Mapping[str, str | None],
    live: Mapping[str, LiveUser],
) -> Iterator[tuple[str, bool]]:
    """Yield the login state of users that we claim no more: as others want it, or as found.

    Args:
        released: Our claims on what we no longer want.
        others: What others claim.
        shut_out: Users that others shut out.
        found_texts: How users stood before their first claim.
        live: The users as they stand.
    """
    for entry, claim in released.items():
        user = live.get(entry.name)
        before = found_texts.get(found_key(entry.kind, entry.name))
        if entry.kind is not Kind.USER or user is None:
            continue
        if entry in others:
            may_login = entry.name not in shut_out
        elif before is not None:
            may_login = before == LOGIN
        else:
            continue
        changed_by_us = user.may_login == (claim.text == LOGIN)
        if changed_by_us and user.may_login != may_login:
            yield entry.name, may_login
