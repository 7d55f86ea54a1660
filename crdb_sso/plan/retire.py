"""The last step of a plan: which memberships, users and claims are removed."""

from collections.abc import Iterable

from crdb_sso.plan import key_retirement
from crdb_sso.plan.facts import PlanFacts
from crdb_sso.plan.owner_renames import past_renames
from crdb_sso.plan.steps import Retire
from crdb_sso.plan.user_removal import dropped_and_disabled, restored_states
from crdb_sso.registry.claims import Claim, Kind, memberships_among


def retirement(facts: PlanFacts) -> Retire:
    """Return the step that removes what nobody needs, and the claims on it."""
    wanted, users = facts.wanted, facts.live.users
    gone = tuple(e.name for e in facts.removable if e.kind is Kind.USER and e.name in users)
    dropped, disabled = dropped_and_disabled(gone, wanted.staying, users)
    return Retire(
        revokes=tuple(
            membership
            for membership in memberships_among(facts.removable)
            if facts.live.has(membership) and membership.user not in dropped
        ),
        alter_users={**dict(restored_states(facts)), **disabled},
        drop_users=dropped,
        claims=tuple(_claims_to_release(facts)),
        found_keys=facts.forgotten_keys,
        renames=() if wanted.is_new else past_renames(wanted, facts.renames),
    )


def _claims_to_release(facts: PlanFacts) -> Iterable[Claim]:
    """Yield our claims on what we no longer want or under a former name, and all expired claims."""
    wanted = facts.wanted
    for claim in facts.claims:
        is_ours = claim.owner in wanted.owners
        is_left = claim.entry not in wanted.entries or claim.owner != wanted.owner
        if is_left if is_ours else key_retirement.is_expired(claim, facts.live.now):
            yield claim
