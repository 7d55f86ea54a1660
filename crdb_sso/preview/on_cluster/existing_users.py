"""Which SQL users exist before a login opens them, and what they may do, in lines for people."""

from collections.abc import Iterator

from crdb_sso.crdb.privileges import ADMIN
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import LiveUser
from crdb_sso.registry.claims import Kind


def existing_lines(context: PlanContext) -> Iterator[str]:
    """Yield the users that this stack has not written yet, and that exist."""
    for entry in context.added:
        is_known = entry in context.mine or entry.name in context.wanted.known_users
        if entry.kind is Kind.USER and entry.name in context.live.users and not is_known:
            yield f"{entry.name}: exists, {_rights(context.live.users[entry.name])}"


def _rights(user: LiveUser) -> str:
    roles = sorted(user.roles - {ADMIN})
    member = [f"member of {', '.join(roles)}"] if roles else []
    return (
        ", ".join([*(one.words for one in user.privileges), *member]) or "not a member of any role"
    )
