"""What happens to users when the last claim on them is released.

A user that was created here is dropped; or it stays and is shut out (NOLOGIN), without the
memberships that were granted here. A user that was found gets back the login state it had. One that
is no longer as it was left here is somebody else's by now: it is kept, and that is said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.registry.claims import Kind, found_key, memberships_among


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
    kept = {user: news for user in leaving if (news := _news(facts, user))}
    return RemovedUsers(
        dropped=tuple(user for user in leaving if user not in kept),
        disabled={
            user: LoginState.NOLOGIN for user in gone if user in staying and users[user].may_login
        },
        kept=kept,
    )


def _news(facts: PlanFacts, user: str) -> str:
    """Return what somebody has changed about a user since it was left here, "" if nothing.

    Whether it has a password, nobody can ask without being an admin. While group sync is on, the
    groups of tokens give and take roles: those say nothing about who changed it.
    """
    live = facts.live.users[user]
    roles = () if is_on(facts.live.settings, Setting.GROUP_SYNC) else _news_of_roles(facts, user)
    return ", ".join([*roles, *live.options])


def _news_of_roles(facts: PlanFacts, user: str) -> Iterator[str]:
    claimed = {*facts.remembered, *(claim.entry for claim in facts.claims)}
    given = {m.role for m in memberships_among(claimed) if m.user == user}
    roles = facts.live.users[user].roles
    for role in sorted(roles - given):
        yield f"member of {role}"
    for membership in sorted(memberships_among(facts.remembered)):
        if membership.user == user and membership.role not in roles:
            yield f"no longer a member of {membership.role}"


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
