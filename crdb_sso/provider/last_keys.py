"""The keys of the last `up`, where an issuer does not give its keys now."""

from collections.abc import Mapping
from dataclasses import dataclass

from crdb_sso.desired.not_fetched import those_fetched, why_not_fetched
from crdb_sso.provider.inputs import ISSUER, JWKS_URI, KEYS, MODE, PINNED, SOURCES
from crdb_sso.provider.property_types import Problem, PropertyBag, items


@dataclass(frozen=True, slots=True)
class Completed:
    """Inputs that hold only keys.

    Attributes:
        props: The inputs.
        warnings: Whose keys are those of the last `up`, and why.
        problems: Whose keys could not be fetched, though they never were before.
    """

    props: PropertyBag
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def with_last_keys(olds: PropertyBag, news: PropertyBag) -> Completed:
    """Replace keys that could not be fetched by those of the same issuer in the state.

    Fetched keys of another component of the same source are kept. An issuer that had its keys
    pinned before keeps them, even if a refresh found none; a new one is a problem.

    Args:
        olds: The inputs that the state remembers; empty for a new resource.
        news: The inputs of the program.
    """
    sources: dict[str, object] = {}
    warnings: list[str] = []
    found: list[Problem] = []
    for name, source in items(news.get(SOURCES.name)):
        bag = dict(items(source))
        keys = dict(items(bag.get(KEYS.name)))
        reason = why_not_fetched(keys)
        if reason is None:
            continue
        last = _last(olds, name, bag.get(ISSUER.name))
        fetched = those_fetched(keys)
        if last is None:
            found.append(Problem("", reason))  # it names the component; the property says nothing
            sources[name] = {**bag, KEYS.name: fetched}
            continue
        warnings.append(f"{name}: its keys stay as the last `up` wrote them: {reason}")
        sources[name] = _completed(bag, fetched, last)
    if not sources:
        return Completed(news)
    props = {**news, SOURCES.name: {**news[SOURCES.name], **sources}}
    return Completed(props, tuple(warnings), tuple(found))


def _last(olds: PropertyBag, name: str, issuer: object) -> Mapping[str, object] | None:
    """Return a source with pinned keys of an issuer, first under its name; None without one."""
    if olds.get(MODE.name) != PINNED:
        return None
    sources = {old: dict(items(source)) for old, source in items(olds.get(SOURCES.name))}
    for old in (name, *sources):
        if old in sources and sources[old].get(ISSUER.name) == issuer:
            return sources[old]
    return None


def _completed(
    source: Mapping[str, object], fetched: Mapping[str, object], last: Mapping[str, object]
) -> dict[str, object]:
    """Return a source with what an issuer said the last time: its keys, and where they are."""
    keys = {**dict(items(last.get(KEYS.name))), **fetched}
    uri = JWKS_URI.name
    given = {name: value for name, value in source.items() if name != uri or value}
    where = {} if uri in given or uri not in last else {uri: last[uri]}
    return {**given, **where, KEYS.name: keys}
