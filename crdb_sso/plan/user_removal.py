"""What happens to users when the last claim on them is released.

A user that was created here is dropped; or it stays and is shut out (NOLOGIN), without the
memberships that were granted here. A user that was found gets back the login state it had. One that
is no longer as it was left here is somebody else's by now: it is kept, and that is said.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from crdb_sso.crdb.privileges import grouped
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.registry.claims import Entry, Kind, found_key, memberships_among


@dataclass(frozen=True, slots=True)
class RemovedUsers:
    """What happens to users that were created here and that nobody claims any more.

    Attributes:
        dropped: The users to drop.
        disabled: The new login state of those that are to stay.
        kept: Those that are no longer as they were left, with what is new about each.
    """

    dropped: tuple[str, ...] = ()
    disabled: Mapping[str, LoginState] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


def removed_users(facts: PlanFacts) -> RemovedUsers:
    """Return what happens to the users that nobody claims any more."""
    users, staying = facts.live.users, facts.wanted.staying
    gone = [e.name for e in facts.removable if e.kind is Kind.USER and e.name in users]
    leaving = [user for user in gone if user not in staying]
    remembered = _roles_by_user(facts.remembered)
    given = _roles_by_user({*facts.remembered, *(claim.entry for claim in facts.claims)})
    kept = {
        user: news
        for user in leaving
        if (news := _news(facts, user, remembered.get(user, set()), given.get(user, set())))
    }
    return RemovedUsers(
        dropped=tuple(user for user in leaving if user not in kept),
        disabled={
            user: LoginState.NOLOGIN for user in gone if user in staying and users[user].may_login
        },
        kept=kept,
    )


def _roles_by_user(entries: Iterable[Entry]) -> dict[str, set[str]]:
    return grouped((one.user, one.role) for one in memberships_among(entries))


def _news(facts: PlanFacts, user: str, remembered: set[str], given: set[str]) -> str:
    """Return what somebody has changed about a user since it was left here, "" if nothing.

    Whether it has a password, nobody can ask without being an admin. While group sync is on, the
    groups of tokens give and take roles: those say nothing about who changed it.

    Args:
        facts: The change.
        user: The SQL user.
        remembered: The roles that the state says it has.
        given: Those, and the ones that anybody claims for it.
    """
    live = facts.live.users[user]
    news = list(live.options)
    if not is_on(facts.live.settings, Setting.GROUP_SYNC):
        lost = [f"no longer a member of {role}" for role in sorted(remembered - live.roles)]
        news = [f"member of {role}" for role in sorted(live.roles - given)] + lost + news
    return ", ".join(news)


def restored_states(facts: PlanFacts) -> Iterator[tuple[str, LoginState]]:
    """Yield the login state that found users had, if they are as we left them.

    A user that others still claim stays as it is: what they want of it is theirs to write.
    """
    for entry in facts.released:
        user = facts.live.users.get(entry.name)
        before = facts.found_texts.get(found_key(entry.kind, entry.name))
        is_known = entry.kind is Kind.USER and before in set(LoginState)
        if not is_known or user is None or entry in facts.others:
            continue
        state = LoginState.of(may_login=before == LoginState.LOGIN)
        is_ours = facts.is_ours_to_end(entry) and facts.is_left_as_written(entry)
        if is_ours and user.state is not state:
            yield entry.name, state
