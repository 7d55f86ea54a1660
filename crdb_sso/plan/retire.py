"""The last step of a plan: which memberships, users and claims are removed."""

from collections.abc import Iterable

from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.steps import Retire
from crdb_sso.plan.user_removal import removed_users, restored_states
from crdb_sso.registry.claims import Claim, memberships_among


def retirement(facts: PlanFacts) -> Retire:
    """Return the step that removes what nobody needs, and the claims on it."""
    users = removed_users(facts)
    claims = tuple(_claims_to_release(facts))
    return Retire(
        revokes=tuple(
            membership
            for membership in memberships_among(facts.removable)
            if facts.live.has(membership) and membership.user not in users.dropped
        ),
        alter_users={**dict(restored_states(facts)), **users.disabled},
        drop_users=users.dropped,
        kept_users=users.kept,
        claims=claims,
        found_keys=facts.forgotten_keys,
        owners=tuple(sorted(_owners_that_are_gone(facts))),
    )


def _claims_to_release(facts: PlanFacts) -> Iterable[Claim]:
    """Yield our claims on what we no longer want, and those of another holder than ourselves."""
    wanted = facts.wanted
    for claim in facts.claims:
        is_ours = claim.holder in wanted.holders
        is_moved = claim.holder != wanted.holder
        if is_ours and (is_moved or (claim.entry not in wanted.entries and not wanted.is_new)):
            yield claim


def _owners_that_are_gone(facts: PlanFacts) -> frozenset[str]:
    """Return the other uuids under which we have had claims, such as those of killed creations."""
    return (facts.wanted.holders - {facts.wanted.holder}) & facts.live.owners.keys()
