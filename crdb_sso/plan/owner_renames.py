"""What a plan records, and later forgets, about an owner that was renamed."""

from collections.abc import Collection, Iterator, Mapping

from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim


def new_renames(
    wanted: OwnerRequest, claims: Collection[Claim], renames: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the former name whose claims are taken over, with the new one.

    If the operation fails halfway, or the engine never learns of its success, `destroy` uses the
    name that the state remembers, and still has to find the claims.
    """
    former = wanted.former_owner
    is_holding = any(claim.owner == former for claim in claims)
    if wanted.entries and is_holding and renames.get(former) != wanted.owner:
        yield former, wanted.owner


def past_renames(wanted: OwnerRequest, renames: Mapping[str, str]) -> tuple[str, ...]:
    """Return the former names of an owner, except the one that its state remembers."""
    return tuple(
        former
        for former, now in sorted(renames.items())
        if wanted.owners & {former, now} and not (wanted.entries and former == wanted.former_owner)
    )
