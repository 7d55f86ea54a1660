"""`roles` are refused where group sync would revoke them again."""

from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.desired.provisioning import GROUP_SYNC
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import memberships_among


def check(context: PlanContext) -> None:
    """Refuse roles where group sync stays on, though no stack asks for it.

    A conflict with a stack that does is refused by `owner_conflicts`.

    Raises:
        GuardRefused: Names the memberships that the next logins would revoke.
    """
    asked = sorted(memberships_among(context.wanted.entries), key=lambda m: (m.user, m.role))
    if asked and is_on(context.after, Setting.GROUP_SYNC):
        named = ", ".join(f"{membership.user} in {membership.role}" for membership in asked)
        raise GuardRefused(
            "group sync is on here, set by somebody outside these stacks: the next login would"
            f" revoke what `roles` gives, if the token's groups do not name it: {named}",
            hint=f"SET CLUSTER SETTING {GROUP_SYNC.name} = false, if nobody relies on it. Or remove"
            " `roles` from the program, and let the groups of the tokens name these roles.",
        )
