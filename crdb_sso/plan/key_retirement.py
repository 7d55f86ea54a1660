"""Keys that an issuer no longer publishes: how long they stay trusted, and when they are removed.

Tokens that were signed right before a rotation must still log in. So a key that is no longer
published stays for a while, and is then removed. The rules:

* The claim says when it ends, by the cluster's clock, and that is a promise: the key is removed
  then at the latest. A shorter wait removes it sooner; a longer one does not keep it longer.
* Only keys of issuers that stay trusted are kept. A key is removed together with its issuer, and on
  `destroy`.
* A retired key that is published again is simply wanted again.
* Only its owner removes a key: others change nothing that is not theirs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from crdb_sso.desired.logins import Desired
from crdb_sso.desired.remembered import Remembered, Retiring
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind, owned


def kept_kids(before: Remembered, after: Desired) -> dict[str, str]:
    """Return the kids that may stay for a while, each with the source it belongs to from now on.

    If the nodes fetch keys, no kid stays: they ignore pinned keys.
    """
    if after.fetched:
        return {}
    by_issuer = {s.issuer: name for name, s in after.sources.items() if s.keys is not UNKNOWN}
    published = {kid for source in after.sources.values() for kid in source.known_keys}
    return {
        kid: by_issuer[source.issuer]
        for name, source in before.written.sources.items()
        if source.issuer is not UNKNOWN and source.issuer in by_issuer
        for kid in (*source.known_keys, *before.retiring.get(name, ()))
        if kid not in published
    }


def due_at(until: datetime | None, now: datetime, wait: timedelta) -> datetime:
    """Return when a key is removed.

    Args:
        until: What its claim says so far, None if it was published until now.
        now: The current time.
        wait: How long retired keys stay.
    """
    return now + wait if until is None else min(until, now + wait)


def foreseen(before: Remembered, after: Desired, now: datetime) -> Retiring:
    """Return the retired keys that will stay for a while, as far as a preview can tell."""
    said = {kid: due for kids in before.retiring.values() for kid, due in kids.items()}
    due = {kid: due_at(said.get(kid), now, after.retire_after) for kid in kept_kids(before, after)}
    return stamped(before, after, {kid: until for kid, until in due.items() if until > now})


def stamped(before: Remembered, after: Desired, due: Mapping[str, datetime]) -> Retiring:
    """Return the keys that stay for a while, by the source they belong to from now on.

    Args:
        before: What was wanted.
        after: What is wanted now.
        due: When each of the keys is removed, by kid.
    """
    staying: dict[str, dict[str, datetime]] = {}
    for kid, name in kept_kids(before, after).items():
        if kid in due:
            staying.setdefault(name, {})[kid] = due[kid]
    return staying


def is_due(remembered: Remembered, now: datetime) -> bool:
    """Tell whether any key that a state remembers as retired has expired."""
    return any(due <= now for kids in remembered.retiring.values() for due in kids.values())


def with_staying_keys(wanted: OwnerRequest, claims: Iterable[Claim], now: datetime) -> OwnerRequest:
    """Return a request with the keys that stay for a while among its entries."""
    until: dict[Entry, datetime] = {}
    mine = owned(claims, wanted.holders)
    for entry, claim in mine.items():
        may_stay = entry.kind is Kind.KEY and entry.name in wanted.may_stay and not claim.found
        due = due_at(claim.until, now, wanted.retire_after)
        if may_stay and entry not in wanted.entries and due > now:
            until[entry] = due
    texts = {entry: mine[entry].text for entry in until}
    return replace(wanted, entries={**wanted.entries, **texts}, until=until)


def is_expired(claim: Claim, now: datetime) -> bool:
    """Tell whether a claim has expired."""
    return claim.until is not None and claim.until <= now


def wanted_again(wanted: OwnerRequest, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield an owner's claims that have an end, though the owner wants the key without one."""
    for claim in claims:
        is_wanted = claim.entry in wanted.entries and claim.entry not in wanted.until
        if claim.holder == wanted.holder and claim.until and is_wanted:
            yield claim


def still_retiring(remembered: Retiring, claims: Mapping[Entry, Claim]) -> Retiring:
    """Return when retired keys are removed, according to the cluster.

    Args:
        remembered: Due times, as a state has them.
        claims: The claims of its owner.
    """
    until = {entry.name: claim.until for entry, claim in claims.items() if entry.kind is Kind.KEY}
    found = {
        name: {kid: due for kid in kids if (due := until.get(kid)) is not None}
        for name, kids in remembered.items()
    }
    return {name: kids for name, kids in found.items() if kids}
