"""What is refused before anything is written: one guard per module; each names the way out.

To add a guard, write a module with `check`, and add it to `GUARDS` where a person wants to hear of
it.
"""

from collections.abc import Callable

from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.guards import (
    fetched_keys,
    forced_sso,
    jwks_uris,
    keys,
    missing_settings,
    open_to_everybody,
    owner_conflicts,
    owner_names,
    passthrough,
    principal_claim,
    privileged_users,
    provisioning,
    roles,
    synced_admins,
    synced_roles,
    vendor_issuer,
)

Guard = Callable[[PlanContext], None]
"""Raises GuardRefused, or UnsupportedVersion, if a plan must not be carried out."""

GUARDS: tuple[Guard, ...] = (
    # what the cluster can't do at all
    missing_settings.check,
    # what another stack is called, or wants differently
    owner_names.check,
    owner_conflicts.check,
    # what would end logins of somebody outside these stacks, or can't work because of them
    keys.check,
    passthrough.check,
    roles.check,
    principal_claim.check,
    provisioning.check,
    fetched_keys.check,
    # what would give tokens more than was meant
    privileged_users.check,
    open_to_everybody.check,
    synced_admins.check,
    # what would shut out the operator
    forced_sso.check,
    # what the settings would be afterwards
    synced_roles.check,
    vendor_issuer.check,
    jwks_uris.check,
)
"""In the order in which a person wants to hear of them; only the first refusal is reported."""
