"""Memberships are refused where the role does not exist."""

from collections.abc import Collection, Mapping

from crdb_sso.desired.logins import membership_parts
from crdb_sso.errors import GuardRefused
from crdb_sso.registry.claims import Entry, Kind


def check_roles(wanted: Mapping[Entry, str], roles: Collection[str]) -> None:
    """Refuse memberships of roles that do not exist.

    Raises:
        GuardRefused: Names the roles, and the statements that make them.
    """
    asked = {membership_parts(e)[0] for e in wanted if e.kind is Kind.MEMBERSHIP}
    made_here = {e.name for e in wanted if e.kind is Kind.USER}
    missing = sorted(asked - made_here - set(roles))
    if missing:
        statements = " ".join(f'CREATE ROLE "{role}";' for role in missing)
        raise GuardRefused(
            f"no such role on the cluster: {', '.join(missing)}",
            hint=f"Roles and what they may do are not made here. Run: {statements}",
        )
