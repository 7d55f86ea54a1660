"""Properties of a ClusterLogins that are about keys, beside those in `props.py`.

Shape (state remembers it: never rename a key)::

    retire_keys_after_hours: number     how long a key stays that is published no more; left out: 0
    retiring: {source: {kid: time}}     output, ISO 8601 with zone: when those keys go
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from pulumi.output import Unknown

from crdb_sso.jwks import same_meaning
from crdb_sso.logins import Logins

_Bag = Mapping[str, Any]  # any: what the engine gives

KEY_INPUTS = ("retire_keys_after_hours",)
"""What a program gives beside `props.INPUTS`."""

LONGEST_H = 24.0 * 366
"""Hours; whoever wants keys to stay for longer than a year wants no rotation."""


def retire_after(props: _Bag) -> timedelta:
    """Return how long keys stay that are published no more; while that is unknown, not at all."""
    hours = props.get("retire_keys_after_hours")
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


def time_problems(props: _Bag) -> Iterator[tuple[str, str]]:
    """Yield path and reason if the time that keys stay is none."""
    hours = props.get("retire_keys_after_hours")
    if hours is None or isinstance(hours, Unknown) or _is_time(hours):
        return
    reason = f"it is no number of hours from 0 to {LONGEST_H:.0f}. Write e.g. 24, or 0 for at once."
    yield "retire_keys_after_hours", reason


def kid_problems(wanted: Logins) -> Iterator[tuple[str, str]]:
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


def _is_time(hours: object) -> TypeGuard[float]:
    return (
        isinstance(hours, int | float) and not isinstance(hours, bool) and 0 <= hours <= LONGEST_H
    )
