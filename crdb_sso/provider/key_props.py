"""Properties of a ClusterLogins, beside those in `props.py`: about keys, mostly.

Shape (state remembers it: never rename a key)::

    retire_after_h: number     how long a key stays that is published no more; left out: 0
    claim: str                  which claim names the principal, left out: as it is
    take_over: true             whether what was found counts as made here, left out: no
    retiring: {source: {kid: time}}     output, ISO 8601 with zone: when those keys go
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from pulumi.output import Unknown

from crdb_sso.crdb import pem
from crdb_sso.desired.logins import Logins
from crdb_sso.tokens.jwks import same_meaning

_Bag = Mapping[str, Any]  # any: what the engine gives

KEY_INPUTS = ("retire_after_h", "claim", "take_over", "auto_provisioning", "group_sync")
"""What a program gives beside `props.INPUTS`."""

LONGEST_H = 24.0 * 366
"""Hours; whoever wants keys to stay for longer than a year wants no rotation."""


def retire_after(props: _Bag) -> timedelta:
    """Return how long keys stay that are published no more; while that is unknown, not at all."""
    hours = props.get("retire_after_h")
    return timedelta(hours=hours) if _is_time(hours) else timedelta(0)


def with_retiring(props: _Bag, logins: Logins) -> Logins:
    """Return logins with the retired keys that a state remembers."""
    remembered = props.get("retiring")
    if not isinstance(remembered, Mapping):
        return logins
    sources = dict(logins.sources)
    for name, kids in remembered.items():
        if name in sources:
            due = {kid: datetime.fromisoformat(time) for kid, time in kids.items()}
            sources[name] = replace(sources[name], retiring=due)
    return replace(logins, sources=sources)


def retiring_outputs(logins: Logins) -> dict[str, object]:
    """Return the outputs that say which keys are retired."""
    named = {
        name: {kid: due.isoformat() for kid, due in sorted(source.retiring.items())}
        for name, source in logins.sources.items()
        if source.retiring
    }
    return {"retiring": named} if named else {}


def key_problems(props: _Bag, wanted: Logins) -> Iterator[tuple[str, str]]:
    """Yield path and reason for whatever is wrong about keys."""
    yield from _time_problems(props)
    claim = props.get("claim")
    if not isinstance(claim, Unknown | None) and (not isinstance(claim, str) or not claim.strip()):
        yield "claim", "it is no name of a claim. Write e.g. 'email', or leave it out for `sub`."
    yield from _kid_problems(wanted)
    if wanted.fetched:
        yield from _fetch_problems(wanted)


def _time_problems(props: _Bag) -> Iterator[tuple[str, str]]:
    """Yield path and reason if the time that keys stay is none."""
    hours = props.get("retire_after_h")
    if hours is None or isinstance(hours, Unknown) or _is_time(hours):
        return
    reason = f"it is no number of hours from 0 to {LONGEST_H:.0f}. Write e.g. 24, or 0 for at once."
    yield "retire_after_h", reason


def _kid_problems(wanted: Logins) -> Iterator[tuple[str, str]]:
    """Yield path and reason for each kid that names two keys."""
    first: dict[str, tuple[str, str]] = {}
    for name, source in wanted.sources.items():
        for kid, text in (source.keys or {}).items():
            other, other_text = first.setdefault(kid, (name, text or ""))
            if text and other_text not in ("", text) and not same_meaning(other_text, text):
                reason = (
                    f"the kid {kid!r} names one key in {other} and another in {name}: a cluster"
                    " takes the first only. Let one issuer publish its key under another kid."
                )
                yield f'sources.{name}.keys["{kid}"]', reason


def _fetch_problems(wanted: Logins) -> Iterator[tuple[str, str]]:
    """Yield path and reason for each source whose keys no node could fetch."""
    for name, source in wanted.sources.items():
        if source.keys:
            reason = (
                "the nodes fetch the keys: pinned ones would count for nothing. Leave them out."
            )
            yield f"sources.{name}.keys", reason
        if source.ca and not pem.certificates(source.ca):
            yield (
                f"sources.{name}.ca",
                "there is no certificate in it (PEM: -----BEGIN CERTIFICATE)",
            )
        if source.issuer is None or source.jwks_uri is None:
            continue
        at, address = (
            ("jwks_uri", source.jwks_uri) if source.jwks_uri else ("issuer", source.issuer)
        )
        if not address.startswith("https://"):
            reason = (
                f"nodes can't fetch keys from {address!r}. Give the https URL of its keys as"
                ' `jwks_uri`, or take keys="pinned".'
            )
            yield f"sources.{name}.{at}", reason


def _is_time(hours: object) -> TypeGuard[float]:
    return (
        isinstance(hours, int | float) and not isinstance(hours, bool) and 0 <= hours <= LONGEST_H
    )
