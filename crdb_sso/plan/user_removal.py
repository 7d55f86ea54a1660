"""What happens to users when the last claim on them is released.

A user that was created here is dropped; or it stays and is shut out (NOLOGIN), without the
memberships that were granted here. A user that was found gets back the login state it had.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.registry.claims import Kind, found_key


def dropped_and_disabled(
    gone: Sequence[str], staying: Collection[str], live: Mapping[str, LiveUser]
) -> tuple[tuple[str, ...], dict[str, LoginState]]:
    """Return the users to drop, and the new login states of those that stay.

    Args:
        gone: Live users that were created here and that nobody claims any more.
        staying: Users that are to stay, shut out.
        live: The live users.
    """
    dropped = tuple(user for user in gone if user not in staying)
    disabled = {u: LoginState.NOLOGIN for u in gone if u in staying and live[u].may_login}
    return dropped, disabled


def restored_states(facts: PlanFacts) -> Iterator[tuple[str, LoginState]]:
    """Yield the login state of users we no longer claim: what others want, or what was found."""
    for entry, claim in facts.released.items():
        user = facts.live.users.get(entry.name)
        before = facts.found_texts.get(found_key(entry.kind, entry.name))
        if entry.kind is not Kind.USER or user is None:
            continue
        if entry in facts.others:
            state = LoginState.of(may_login=entry.name not in facts.shut_out)
        elif before is not None:
            state = LoginState.of(may_login=before == LoginState.LOGIN)
        else:
            continue
        is_as_we_left_it = user.may_login == (claim.text == LoginState.LOGIN)
        if is_as_we_left_it and user.state is not state:
            yield entry.name, state
