"""Keys that an issuer publishes no more: how long they stay trusted, and when they go.

Tokens that were signed right before a rotation shall still log in. So a key that is no longer
published stays for a while, and then goes. The rules:

* The time stands with the claim, by the cluster's clock, and is a promise: a key goes then at the
  latest. A shorter wait takes it away sooner, a longer one changes nothing for it.
* Only keys of issuers that stay trusted are kept. With its issuer, and on `destroy`, a key goes at
  once.
* A retired key that is published again is simply wanted again.
* A claim whose time is over is nobody's: whoever writes next takes it away, and the key with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from crdb_sso.desired.logins import Logins
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind, owned


def kept_kids(before: Logins, after: Logins) -> dict[str, str]:
    """Return the kids that may stay for a while, each with the source that it is of from now on.

    Where the nodes fetch keys none does: they ignore pinned ones.
    """
    if after.fetched:
        return {}
    by_issuer = {s.issuer: name for name, s in after.sources.items() if s.keys is not None}
    published = {kid for source in after.sources.values() for kid in source.keys or {}}
    return {
        kid: by_issuer[source.issuer]
        for source in before.sources.values()
        if source.issuer is not None and source.issuer in by_issuer
        for kid in (*(source.keys or {}), *source.retiring)
        if kid not in published
    }


def due_at(until: datetime | None, now: datetime, wait: timedelta) -> datetime:
    """Return when a key goes.

    Args:
        until: When it goes by what was said before, None if it was published till now.
        now: The time.
        wait: How long keys stay.
    """
    return now + wait if until is None else min(until, now + wait)


def foreseen(before: Logins, after: Logins, now: datetime, wait: timedelta) -> Logins:
    """Return `after` with the keys that will stay for a while, as far as a preview can tell."""
    said = {kid: due for source in before.sources.values() for kid, due in source.retiring.items()}
    staying: dict[str, dict[str, datetime]] = {}
    for kid, name in kept_kids(before, after).items():
        due = due_at(said.get(kid), now, wait)
        if due > now:
            staying.setdefault(name, {})[kid] = due
    return _with(after, staying)


def stamped(before: Logins, after: Logins, due: Mapping[str, datetime]) -> Logins:
    """Return `after` with the keys that stay for a while, as a cluster has them.

    Args:
        before: What was wanted.
        after: What is wanted now.
        due: When each of the keys goes, by kid.
    """
    staying: dict[str, dict[str, datetime]] = {}
    for kid, name in kept_kids(before, after).items():
        if kid in due:
            staying.setdefault(name, {})[kid] = due[kid]
    return _with(after, staying)


def _with(logins: Logins, retiring: Mapping[str, Mapping[str, datetime]]) -> Logins:
    sources = {
        name: replace(source, retiring=retiring.get(name, {}))
        for name, source in logins.sources.items()
    }
    return replace(logins, sources=sources)


def is_due(remembered: Logins, now: datetime) -> bool:
    """Tell whether the time of a key is over that a state remembers as retired."""
    return any(
        due <= now for source in remembered.sources.values() for due in source.retiring.values()
    )


def with_staying_keys(wanted: OwnerRequest, claims: Iterable[Claim], now: datetime) -> OwnerRequest:
    """Return what is wanted together with the keys that stay for a while."""
    until: dict[Entry, datetime] = {}
    mine = owned(claims, wanted.owners)
    for entry, claim in mine.items():
        may_stay = entry.kind is Kind.KEY and entry.name in wanted.may_stay and not claim.found
        due = due_at(claim.until, now, wanted.retire_after)
        if may_stay and entry not in wanted.entries and due > now:
            until[entry] = due
    texts = {entry: mine[entry].text for entry in until}
    return replace(wanted, entries={**wanted.entries, **texts}, until=until)


def is_expired(claim: Claim, now: datetime) -> bool:
    """Tell whether the time of a claim is over."""
    return claim.until is not None and claim.until <= now


def split_expired(claims: Iterable[Claim], now: datetime) -> tuple[list[Claim], list[Claim]]:
    """Return the claims that stand, and those whose time is over."""
    standing: list[Claim] = []
    expired: list[Claim] = []
    for claim in claims:
        (expired if is_expired(claim, now) else standing).append(claim)
    return standing, expired


def wanted_again(wanted: OwnerRequest, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield an owner's claims with an end on what it wants without one."""
    for claim in claims:
        is_wanted = claim.entry in wanted.entries and claim.entry not in wanted.until
        if claim.owner == wanted.owner and claim.until and is_wanted:
            yield claim


def still_retiring(
    remembered: Mapping[str, datetime], claims: Mapping[Entry, Claim]
) -> dict[str, datetime]:
    """Return when the retired keys of a source go, by what the cluster says.

    Args:
        remembered: Due time by kid, as a state has it.
        claims: The claims of its owner.
    """
    found = {kid: claims.get(Entry(Kind.KEY, kid)) for kid in remembered}
    return {kid: claim.until for kid, claim in found.items() if claim and claim.until}
