"""Whether the keys that issuers publish differ from those on a cluster, so that `up` is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crdb_sso.plan.key_retirement import is_expired
from crdb_sso.registry.claims import Claim, Entry, Kind
from crdb_sso.tokens.jwks import same_meaning


@dataclass(frozen=True, slots=True)
class Rotation:
    """How the published keys differ from one owner's keys on a cluster; kids in order.

    Attributes:
        new: Published, but not trusted yet; or published again; or another key is trusted under
            this kid.
        missing: Published and written, but gone from the cluster: taken away by hand.
        retired: No longer published, but still trusted without an end.
        due: No longer published, and still trusted after its time was over.
        waiting: No longer published, and trusted until the given time: nothing to do.
    """

    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    waiting: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def needs_up(self) -> bool:
        """Whether `pulumi up` has something to do, if need be after a refresh."""
        return bool(self.new or self.missing or self.retired or self.due)

    @property
    def needs_refresh(self) -> bool:
        """Whether it puts back a key that was taken away by hand only after `pulumi refresh`."""
        return bool(self.missing)


def rotation(
    published: Mapping[str, str],
    live: Mapping[str, str],
    claims: Mapping[Entry, Claim],
    now: datetime,
) -> Rotation:
    """Compare what is published with what an owner has on a cluster.

    Args:
        published: JWK text by kid, of all issuers of the owner.
        live: Raw JWK by kid, as the cluster has them.
        claims: The owner's claims.
        now: The cluster's time.
    """
    mine = {entry.name: claim for entry, claim in claims.items() if entry.kind is Kind.KEY}
    written = {
        kid
        for kid, text in published.items()
        if kid in mine and mine[kid].until is None and same_meaning(mine[kid].text, text)
    }
    gone = {kid: claim for kid, claim in sorted(mine.items()) if kid not in published}
    return Rotation(
        new=tuple(sorted(published.keys() - written)),
        missing=tuple(
            kid
            for kid in sorted(written)
            if kid not in live or not same_meaning(live[kid], published[kid])
        ),
        retired=tuple(kid for kid, claim in gone.items() if claim.until is None),
        due=tuple(kid for kid, claim in gone.items() if is_expired(claim, now)),
        waiting={
            kid: claim.until
            for kid, claim in gone.items()
            if claim.until is not None and not is_expired(claim, now)
        },
    )
