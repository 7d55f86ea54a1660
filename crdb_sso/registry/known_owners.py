"""Whether the claim tables know an owner that somebody has named."""

from crdb_sso.errors import GuardRefused
from crdb_sso.registry.claims import Registry


def check_owner_known(registry: Registry | None, owner: str, *, sees_claims: bool = True) -> None:
    """Check that the claim tables know an owner.

    Args:
        registry: What the tables hold, None if there are none.
        owner: organization/project/stack/resource.
        sees_claims: Whether whoever asks may read them.

    Raises:
        GuardRefused: They do not; names the owners that they know.
    """
    known: set[str] = set()
    if registry is not None:
        known |= {claim.owner for claim in registry.claims}
        known |= {one.name for one in registry.owners.values()}
    if owner in known:
        return
    why = "" if sees_claims else ", as far as this operator may see"
    raise GuardRefused(
        f"{owner} has no claims on this cluster{why}",
        hint=f"Owners that have: {', '.join(sorted(known))}."
        if known
        else "No owner has any there: check which cluster and registry database are meant.",
    )
