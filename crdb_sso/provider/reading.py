"""From the engine's property bags to values, by the rows of `inputs`."""

from collections.abc import Mapping
from functools import partial

from pulumi.output import Unknown

from crdb_sso.desired.logins import Desired
from crdb_sso.desired.proof import Proof
from crdb_sso.desired.remembered import Remembered
from crdb_sso.provider.inputs import (
    CLUSTER_ID,
    DESIRED,
    INPUTS,
    INSTANCE,
    LEFTOVERS,
    LOGINS,
    PROOF,
    SOURCES,
    STATE,
    TARGET,
    TRUSTED,
    UNPROVEN,
)
from crdb_sso.provider.property_types import PropertyBag, Texts, items
from crdb_sso.provider.rows import Shape
from crdb_sso.provider.target import Target

_TARGET = Shape(Target, (*TARGET, CLUSTER_ID, INSTANCE))
_DESIRED = Shape(Desired, DESIRED)
_PROOF = Shape(Proof, PROOF)


def read_target(props: PropertyBag) -> Target:
    """Return the cluster that properties name; all of them have to be known."""
    return _TARGET.made(props)


def read_desired(props: PropertyBag) -> Desired:
    """Return what a program asks for; what is not known yet is UNKNOWN."""
    return _DESIRED.made(props)


def read_proof(props: PropertyBag) -> Proof:
    """Return which logins a program wants proven."""
    return _PROOF.made(props)


def read_unproven(state: PropertyBag) -> tuple[str, ...]:
    """Return the users whose logins failed the proof of the last `up`."""
    return Texts().read(state.get(UNPROVEN.name))


def read_remembered(state: PropertyBag) -> Remembered:
    """Return what a state says."""
    untrusted = frozenset(
        name
        for name, source in items(state.get(SOURCES.name))
        if not TRUSTED.type.read(dict(items(source)).get(TRUSTED.name))
    )

    return Shape(partial(Remembered, read_desired(state), untrusted), STATE).made(state)


def inputs_of(props: PropertyBag) -> dict[str, object]:
    """Return the inputs among properties: no engine internals, no outputs."""
    names = [row.name for row in INPUTS if row is not LEFTOVERS or props.get(row.name)]
    return {name: props[name] for name in names if name in props}


def has_whole_maps(props: PropertyBag) -> bool:
    """Tell whether the sources and logins are known.

    They are not when the engine asks what else a replacement would replace: then every property
    that depends on the replaced resource is unknown as a whole.
    """
    return not any(isinstance(props.get(row.name), Unknown) for row in (SOURCES, LOGINS))


def is_known(value: object) -> bool:
    """Tell whether everything in a value is known."""
    if isinstance(value, Mapping):
        return all(is_known(inner) for inner in value.values())
    if isinstance(value, list):
        return all(map(is_known, value))
    return not isinstance(value, Unknown)
