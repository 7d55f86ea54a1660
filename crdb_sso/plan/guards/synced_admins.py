"""Group sync is refused where a group could make its members admins, unless the program says so.

Nothing keeps a token from naming a group `admin`, or any role that is a member of admin.
Only a change that turns group sync on, or takes the groups from elsewhere while it is on, is looked
at: every other change goes on, above all each revocation.
"""

from crdb_sso.argument_names import Argument
from crdb_sso.crdb.privileges import ADMIN
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.crdb.user_names import NEVER_A_LOGIN
from crdb_sso.desired.provisioning import GROUP_NAMES, GROUP_SYNC
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.printing import first_told


def check(context: PlanContext) -> None:
    """Refuse to turn group sync on, or to rename its claims, as some groups would make admins.

    Raises:
        GuardRefused: Names these groups.
    """
    if GROUP_SYNC not in context.wanted.entries or context.wanted.allows_admin_groups:
        return
    if is_on(context.live.settings, Setting.GROUP_SYNC):
        renamed = _renamed(context)
        if not renamed:
            return
        what = f"group sync is on, and would take groups from elsewhere ({renamed}), which lets"
    elif GROUP_SYNC in context.added:
        what = "group sync would let"
    else:
        return
    named = [ADMIN, *sorted(context.live.admin_roles - NEVER_A_LOGIN)]
    raise GuardRefused(
        f"{what} tokens make admins: at its login, a user becomes a member of admin"
        f" if the token's groups name {_or(list(first_told(named, str, '{count} more')))}",
        hint="Give roles by the `roles` of logins instead. Or see to it that no issuer lets anybody"
        f" into such a group, and set {Argument.ALLOW_PRIVILEGED} in {Argument.GROUP_SYNC}.",
    )


def _renamed(context: PlanContext) -> str:
    """Return what this change makes of the names of the claims, "" if they stay."""
    return ", ".join(
        f"{field}: {before.text!r} -> {after.text!r}"
        for field, setting in GROUP_NAMES.items()
        if (before := context.live.settings[setting]).text != (after := context.after[setting]).text
    )


def _or(names: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
