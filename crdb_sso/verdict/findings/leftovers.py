"""Findings about what is trusted though no stack wants it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.findings.finding import Found, listed
from crdb_sso.verdict.findings.situation import Situation

LONG = timedelta(days=30)
"""How long stacks must have looked after a cluster before what none of them claims is left over."""

_KINDS = (Kind.ISSUER, Kind.LINE, Kind.AUDIENCE, Kind.KEY)
_PLURALS = {
    Kind.ISSUER: "Issuers",
    Kind.LINE: "Identity map lines",
    Kind.AUDIENCE: "Audiences",
    Kind.KEY: "Pinned keys",
}


def unclaimed_entries(situation: Situation) -> Iterator[Found]:
    """Yield what nobody claims on a cluster that stacks have looked after for long."""
    since = _looked_after_since(situation)
    if since is None or situation.now - since < LONG:
        return
    for kind in _KINDS:
        left = [e for e in _live(situation, kind) if e not in situation.claims_on]
        if left:
            yield Found(
                f"{_PLURALS[kind]} that no stack has claimed since {since:%Y-%m-%d}:"
                f" {listed(entry.name for entry in left)}.",
                "If somebody needs them, adopt them (`crdb-sso adopt`); if nobody does, remove them"
                " by hand.",
            )


def _looked_after_since(situation: Situation) -> datetime | None:
    """Return when the first stack came that is still there; None if there is none."""
    return min((claim.since for claim in situation.claims if claim.since), default=None)


def _live(situation: Situation, kind: Kind) -> Iterator[Entry]:
    if kind is Kind.LINE:
        yield from dict.fromkeys(Entry.of(one.line) for one in situation.lines)
    else:
        names = {
            Kind.ISSUER: situation.issuers,
            Kind.AUDIENCE: situation.audiences,
            Kind.KEY: tuple(key.kid for key in situation.keys),
        }[kind]
        yield from (Entry(kind, name) for name in names)
