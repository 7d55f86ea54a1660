"""What a plan notes and forgets of an owner that has another name now."""

from collections.abc import Collection, Iterator, Mapping

from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim


def new_renames(
    wanted: OwnerRequest, claims: Collection[Claim], renames: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the names whose claims are taken over, so that the state's old name still finds them.

    Should this break off, or never be told to the engine, a `destroy` comes with the old name.
    """
    former = wanted.former_owner
    is_holding = any(claim.owner == former for claim in claims)
    if wanted.entries and is_holding and renames.get(former) != wanted.owner:
        yield former, wanted.owner


def past_renames(wanted: OwnerRequest, renames: Mapping[str, str]) -> tuple[str, ...]:
    """Return the former names that concern an owner, but for the one its state remembers."""
    return tuple(
        former
        for former, now in sorted(renames.items())
        if wanted.owners & {former, now} and not (wanted.entries and former == wanted.former_owner)
    )
