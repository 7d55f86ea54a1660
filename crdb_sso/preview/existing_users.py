"""Which SQL users exist before a login opens them, and what they may do, in lines for people."""

from collections.abc import Iterator

from crdb_sso.crdb.privileges import ADMIN
from crdb_sso.desired.logins import Desired
from crdb_sso.plan.inputs import ClusterState, LiveUser, OwnerRequest
from crdb_sso.registry.claims import Kind, owned


def adds_access(before: Desired, after: Desired) -> bool:
    """Tell whether a change gives somebody a login, an identity or a role."""
    for user, login in after.logins.items():
        old = before.logins.get(user)
        if old is None or login.roles - old.roles or login.identities != old.identities:
            return True
    return False


def existing_lines(wanted: OwnerRequest, live: ClusterState) -> Iterator[str]:
    """Yield the users that this stack has not written yet, and that exist."""
    mine = owned(live.claims, wanted.owners)
    for entry in wanted.entries:
        is_known = entry in mine or entry.name in wanted.known_users
        if entry.kind is Kind.USER and entry.name in live.users and not is_known:
            yield f"{entry.name}: exists, {_rights(live.users[entry.name])}"


def _rights(user: LiveUser) -> str:
    roles = sorted(user.roles - {ADMIN})
    member = [f"member of {', '.join(roles)}"] if roles else []
    return ", ".join([*user.privileges, *member]) or "not a member of any role"
