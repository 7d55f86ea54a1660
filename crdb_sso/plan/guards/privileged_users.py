"""A login into a user that may do more than use data is refused, unless the login says so.

Such a user is a member of admin, or holds system privileges. What this stack has already written
stays as it is: only a new login, a new identity or a new role is looked at, so that a person who
gives a user more rights does not stop the stack, and above all no revocation.
"""

from collections.abc import Iterator

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.privileges import ADMIN
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind, lines_among, memberships_among


def check(context: PlanContext) -> None:
    """Refuse new ways into privileged users, and roles that would make users privileged.

    Raises:
        GuardRefused: Names the users, and what they may do.
    """
    found = [*_privileged(context), *_made_admin(context)]
    if found:
        raise GuardRefused(
            f"tokens would get more than access to data: {'; '.join(found)}",
            hint="Log in as another user, or without that role; or set"
            f" {Argument.ALLOW_PRIVILEGED} on the login if holders of such a token"
            " should have that power.",
        )


def _privileged(context: PlanContext) -> Iterator[str]:
    new = set(_users_with_new_ways_in(context)) - context.wanted.privileged
    for user in sorted(new & context.live.users.keys()):
        privileges = context.live.users[user].privileges
        if privileges:
            yield f"{user}: exists, {', '.join(one.words for one in privileges)}"


def _users_with_new_ways_in(context: PlanContext) -> Iterator[str]:
    for entry in context.wanted.entries:
        is_known = entry in context.mine or entry.name in context.wanted.known_users
        if entry.kind is Kind.USER and not is_known:
            yield entry.name
    there = context.live_entries[Setting.IDENTITY_MAP]
    for line in lines_among(context.wanted.entries):
        if Entry.of(line) not in context.mine and line.text not in there:
            yield line.user


def _made_admin(context: PlanContext) -> Iterator[str]:
    for membership in sorted(memberships_among(context.wanted.entries)):
        is_new = Entry.of(membership) not in context.mine and not context.live.has(membership)
        is_allowed = membership.user in context.wanted.privileged
        if membership.role in context.live.admin_roles and is_new and not is_allowed:
            what = "" if membership.role == ADMIN else ", which is a member of admin"
            yield f"{membership.user}: becomes a member of {membership.role}{what}"
