"""What becomes of users that were made here when the last claim on them goes.

In words: such a user is dropped, or it stays and is shut out (NOLOGIN), without the memberships
that were given here. A user that was found is neither: it gets back the login state it had.
"""

from collections.abc import Collection, Mapping, Sequence

from crdb_sso.steps import LiveUser


def parted(
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
