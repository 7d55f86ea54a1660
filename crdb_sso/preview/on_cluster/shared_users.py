"""SQL users that several stacks name: whose access comes together, in lines for people."""

from collections import defaultdict
from collections.abc import Iterator

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.sql_users import Membership
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Kind, memberships_among


def shared_lines(context: PlanContext) -> Iterator[str]:
    """Yield a line for each user of another stack to which this change gives somebody access."""
    theirs = [c for c in context.claims if c.holder not in context.wanted.holders]
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for claim in theirs:
        if claim.entry.kind is Kind.USER and claim.entry.name in context.live.users:
            owners[claim.entry.name].add(claim.owner)
    roles: defaultdict[str, set[str]] = defaultdict(set)
    for membership in memberships_among((*context.wanted.entries, *(c.entry for c in theirs))):
        roles[membership.user].add(membership.role)
    for user in sorted(owners.keys() & set(_users_with_more_access(context))):
        together = f", with all their roles: {', '.join(sorted(roles[user]))}"
        yield (
            f"SQL user {user}: shared with {', '.join(sorted(owners[user]))}: tokens of each of"
            f" these stacks log in as it{together if roles[user] else ''}"
        )


def kept_lines(context: PlanContext) -> Iterator[str]:
    """Yield a line for each user that this change leaves to the other stacks that name it."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for claim in context.claims:
        is_theirs = claim.holder not in context.wanted.holders
        if claim.entry.kind is Kind.USER and is_theirs and claim.entry in context.released:
            owners[claim.entry.name].add(claim.owner)
    for user in sorted(owners.keys() & context.live.users.keys()):
        yield f"kept: SQL user {user}: also needed by {', '.join(sorted(owners[user]))}"


def _users_with_more_access(context: PlanContext) -> Iterator[str]:
    for entry in context.added:
        if entry.kind is Kind.USER:
            yield entry.name
        elif isinstance(entry.value, Membership | MapLine):
            yield entry.value.user
