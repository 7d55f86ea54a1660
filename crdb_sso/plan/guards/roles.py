"""Memberships are refused where the role does not exist."""

from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Kind, memberships_among


def check(context: PlanContext) -> None:
    """Refuse memberships of roles that do not exist.

    Raises:
        GuardRefused: Names the roles, and the statements that create them.
    """
    wanted = context.wanted.entries
    asked = {membership.role for membership in memberships_among(wanted)}
    made_here = {entry.name for entry in wanted if entry.kind is Kind.USER}
    missing = sorted(asked - made_here - context.live.roles)
    if missing:
        statements = " ".join(f'CREATE ROLE "{role}";' for role in missing)
        whom = "this role does" if len(missing) == 1 else "these roles do"
        raise GuardRefused(
            f"{whom} not exist on the cluster: {', '.join(missing)}",
            hint=f"crdb-sso does not create roles or grant them privileges. Run: {statements}",
        )
