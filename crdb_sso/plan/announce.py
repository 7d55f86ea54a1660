"""The first step of a plan: what is claimed, and which users and memberships are created."""

from collections.abc import Iterable

from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.key_retirement import wanted_again
from crdb_sso.plan.owner_renames import new_renames, past_renames
from crdb_sso.plan.steps import Announce
from crdb_sso.registry.claims import Claim, Kind, found_key, memberships_among


def announcement(facts: PlanFacts) -> Announce:
    """Return the step that claims what an owner wants, and creates its users."""
    wanted, users = facts.wanted, facts.live.users
    states = _login_states(facts)
    return Announce(
        claims=tuple(_new_claims(facts)),
        found_texts=dict(_new_found_texts(facts)),
        create_users={user: state for user, state in states.items() if user not in users},
        alter_users={
            user: state
            for user, state in states.items()
            if user in users and users[user].state is not state
        },
        grants=tuple(m for m in memberships_among(wanted.entries) if not facts.live.has(m)),
        renames=dict(new_renames(wanted, facts.claims, facts.renames)),
        past_renames=past_renames(wanted, facts.renames) if wanted.is_new else (),
        wanted_again=tuple(wanted_again(wanted, facts.claims)),
    )


def _login_states(facts: PlanFacts) -> dict[str, LoginState]:
    """Return the state that each wanted user has to be in; an owner that shuts it out wins."""
    return {
        entry.name: LoginState.NOLOGIN if entry.name in facts.shut_out else LoginState(text)
        for entry, text in facts.wanted.entries.items()
        if entry.kind is Kind.USER
    }


def _new_claims(facts: PlanFacts) -> Iterable[Claim]:
    """Yield the claims that the owner does not have yet, or has with a different text or end."""
    wanted = facts.wanted
    for entry, text in wanted.entries.items():
        found = facts.is_found(entry, text)
        claim = Claim(entry, wanted.owner, text, found, until=wanted.until.get(entry))
        if facts.mine.get(entry) != claim:
            yield claim


def _new_found_texts(facts: PlanFacts) -> Iterable[tuple[str, str | None]]:
    """Yield what settings and users are now, if this is the first claim on them."""
    done = set(facts.found_texts)
    for entry in facts.wanted.entries:
        key = found_key(entry.kind, entry.name)
        if entry.kind is Kind.MEMBERSHIP or key in done:
            continue
        done.add(key)
        is_claimed = entry in facts.mine or entry in facts.others
        if entry.setting:
            setting = facts.live.settings[entry.setting]
            yield key, None if setting.is_default else setting.text
        elif entry.name in facts.live.users and not is_claimed:
            yield key, facts.live.users[entry.name].state.value
