"""The first step of a plan: what is claimed, and which users and memberships are created."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from crdb_sso.crdb.sql_users import LoginState
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.key_retirement import wanted_again
from crdb_sso.plan.steps import Announce
from crdb_sso.registry.claims import Claim, Kind, found_key, memberships_among


def announcement(facts: PlanFacts) -> Announce:
    """Return the step that claims what an owner wants, and creates its users."""
    wanted, users = facts.wanted, facts.live.users
    states = dict(_login_states(facts))
    claims = tuple(_new_claims(facts))
    created = {user: state for user, state in states.items() if user not in users}
    return Announce(
        owner=wanted.owner,
        instance=wanted.instance,
        claims=claims,
        replaced=tuple(facts.mine[c.entry] for c in claims if c.entry in facts.mine),
        found_texts=dict(_new_found_texts(facts)),
        create_users=created,
        alter_users={
            user: state
            for user, state in states.items()
            if user in users and users[user].state is not state
        },
        grants=tuple(
            membership
            for membership in memberships_among(facts.added)
            if not facts.live.has(membership)
            and (membership.user in created or membership.user in users)
        ),
        wanted_again=tuple(wanted_again(wanted, facts.claims)),
    )


def is_registered(facts: PlanFacts) -> bool:
    """Tell whether the claim tables have the owner as it is, with all its changes completed."""
    owner = facts.live.owners.get(facts.wanted.instance)
    if owner is None:
        return not facts.wanted.instance or not (facts.wanted.entries or facts.mine)
    is_leaving = not facts.wanted.entries and not facts.wanted.is_new
    return owner.name == facts.wanted.owner and owner.is_complete and not is_leaving


def _login_states(facts: PlanFacts) -> Iterator[tuple[str, LoginState]]:
    """Yield the state that each user has to be in that this change is about.

    An owner that has shut a user out wins.
    """
    for entry, text in facts.added.items():
        if entry.kind is Kind.USER:
            is_out = entry.name in facts.shut_out
            yield entry.name, LoginState.NOLOGIN if is_out else LoginState(text)


def _new_claims(facts: PlanFacts) -> Iterable[Claim]:
    """Yield the claims that the owner does not have yet, or has with a different text or end."""
    wanted = facts.wanted
    for entry, text in wanted.entries.items():
        found = facts.is_found(entry, text)
        until = wanted.until.get(entry)
        mine = facts.mine.get(entry)
        since = mine.since if mine else None
        claim = Claim(entry, wanted.owner, text, found, since, until, wanted.instance)
        if mine != claim:
            yield claim
    for entry, claim in facts.mine.items():  # what a killed creation has claimed, and is not wanted
        if wanted.is_new and entry not in wanted.entries and claim.holder != wanted.holder:
            yield replace(claim, owner=wanted.owner, instance=wanted.instance)


def _new_found_texts(facts: PlanFacts) -> Iterable[tuple[str, str | None]]:
    """Yield what settings and users are now, if this is the first claim on them."""
    done = set(facts.found_texts)
    for entry in facts.wanted.entries:
        key = found_key(entry.kind, entry.name)
        if not entry.kind.has_found_text or key in done:
            continue
        done.add(key)
        is_claimed = entry in facts.mine or entry in facts.others
        if entry.setting:
            setting = facts.live.settings[entry.setting]
            yield key, None if setting.is_default else setting.text
        elif entry.name in facts.live.users and not is_claimed:
            yield key, facts.live.users[entry.name].state.value
