"""What a stack makes a cluster trust more than meant, told by its inputs alone.

For policy packs, which see the inputs of a resource and no cluster: they are judged as if they were
the first thing ever written to a new cluster.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from pulumi.output import Unknown

from crdb_sso.crdb.privileges import ADMIN, MEMBER_OF_ADMIN
from crdb_sso.crdb.settings import SPECS, LiveSetting
from crdb_sso.desired.logins import Desired
from crdb_sso.errors import InvalidInput
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import ClusterState, LiveUser
from crdb_sso.plan.new_findings import new_findings
from crdb_sso.provider import log
from crdb_sso.provider.checking import problems
from crdb_sso.provider.engine_errors import told
from crdb_sso.provider.inputs import (
    ACCEPT,
    IDENTITIES,
    ISSUER,
    LOGINS,
    SOURCE_NAME,
    SOURCES,
    SUBJECT,
)
from crdb_sso.provider.property_types import PropertyBag, items
from crdb_sso.provider.reading import inputs_of
from crdb_sso.provider.requests import creation
from crdb_sso.provider.secret_inputs import secret_texts
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.findings import Finding

TYPE_TOKEN = "pulumi-python:dynamic/crdb-sso:ClusterLogins"  # noqa: S105 - a name of Pulumi
"""The type of the resource whose inputs these are."""

_NO_AUDIENCE = Entry(Kind.AUDIENCE, "")


def input_findings(props: PropertyBag, now: datetime) -> tuple[Finding, ...]:
    """Return what the inputs bring and do not accept; what is not known yet counts as absent.

    A user counts as an admin if the program itself makes it a member of admin, also where it says
    `allow_privileged`: only `accept` has a reason. No secret among the inputs is shown.

    Args:
        props: The inputs of a ClusterLogins, with `Unknown` for what is not known yet.
        now: The time.

    Raises:
        InvalidInput: They would not pass its check, so nobody can say what they bring.
    """
    with log.keeping(set(secret_texts(props))):
        _check(props)
    if isinstance(props.get(ACCEPT.name), Unknown):
        return ()  # any of them may be accepted
    change = creation(dict(_known_part(inputs_of(props))))
    request = change.request
    entries = {entry: text for entry, text in request.entries.items() if entry != _NO_AUDIENCE}
    wanted = replace(request, entries=entries, privileged=frozenset())
    found = new_findings(PlanContext(_new_cluster(change.desired, now), wanted), lambda _: True)
    with log.keeping(set(secret_texts(props))):
        return tuple(map(_as_shown, found))


def _check(props: PropertyBag) -> None:
    found = problems(props)
    if found:
        failure = told(found[0], props)
        where = f"`{failure.property}`: " if failure.property else ""
        raise InvalidInput(
            f"the inputs can't be judged: {where}{failure.reason}",
            hint="`pulumi preview` names every input that has to change.",
        )


def _as_shown(one: Finding) -> Finding:
    """Return a finding as people may see it: no cluster has the line that it gives a number."""
    sentence = log.without_secrets(one.unplaced)
    return replace(one, sentence=sentence, way_out=log.without_secrets(one.way_out))


def _new_cluster(desired: Desired, now: datetime) -> ClusterState:
    """Return a cluster of the newest version that has nothing but the users that are wanted."""
    settings = {
        spec.setting: LiveSetting(spec.setting.value, spec.default, is_default=True)
        for spec in SPECS
    }
    users = {
        user: LiveUser(
            login.may_login, login.roles, (MEMBER_OF_ADMIN,) if ADMIN in login.roles else ()
        )
        for user, login in desired.logins.items()
    }
    return ClusterState(settings, users=users, now=now)


def _known_part(props: PropertyBag) -> Iterator[tuple[str, object]]:
    """Yield the inputs without what is not known yet, and without what can't stand without it."""
    given = _maps(props.get(SOURCES.name))
    sources = {name: source for name, source in given if ISSUER.name in source}
    for name, value in props.items():
        if name == SOURCES.name:
            yield name, sources
        elif name == LOGINS.name:
            logins = _maps(value)
            yield name, {user: dict(_with_known_identities(bag, sources)) for user, bag in logins}
        elif name == ACCEPT.name:
            yield name, {id_: "" if isinstance(r, Unknown) else r for id_, r in items(value)}
        elif not isinstance(value, Unknown):
            yield name, _without_unknown(value)


def _with_known_identities(
    login: PropertyBag, sources: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    for name, value in login.items():
        if name == IDENTITIES.name:
            whole = {
                label: identity
                for label, identity in _maps(value)
                if identity.get(SOURCE_NAME.name) in sources and SUBJECT.name in identity
            }
            yield name, whole
        else:
            yield name, value


def _maps(value: object) -> Iterator[tuple[str, PropertyBag]]:
    """Yield the maps in a map by name, each without what is not known yet."""
    for name, inner in items(value):
        if isinstance(inner, Mapping):
            yield name, dict(items(_without_unknown(inner)))


def _without_unknown(value: object) -> object:
    if isinstance(value, list):
        return _known_elements(value)
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without_unknown(inner)
        for name, inner in value.items()
        if not isinstance(inner, Unknown)
    }


def _known_elements(values: list[object]) -> list[object]:
    return [_without_unknown(one) for one in values if not isinstance(one, Unknown)]
