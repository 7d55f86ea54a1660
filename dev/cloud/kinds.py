"""Kinds of resources, functions and packages, as data that `provider.py` works with."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dev.cloud.values import UNKNOWN, Values
from dev.cloud.world import Entry, Refused, World

Config = Mapping[str, str]
"""The provider's configuration: `project` for gcp, `subscriptionId` for azure-native, ..."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An input that is wrong.

    Attributes:
        path: The property, e.g. `api.requestedAccessTokenVersion`; empty for the resource.
        reason: What is wrong.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the engine wants checked.

    Attributes:
        name: The resource's name in the program.
        seed: The engine's random bytes for names; empty if it sends none.
        olds: The previous inputs; empty for a new resource.
        news: The program's inputs.
    """

    name: str
    seed: bytes
    olds: Values
    news: Values

    def random_suffix(self, digits: int) -> str:
        """Return that many hexadecimal digits, derived from the seed."""
        return hashlib.sha256(self.seed + self.name.encode()).hexdigest()[:digits]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    Attributes:
        token: Pulumi type token.
        sdk: Module and class of the installed SDK, e.g. `pulumi_gcp.serviceaccount:Account`.
        create: Makes an object, and returns its id and outputs, or raises `Refused`.
        replaces: Inputs that replace the object when they change.
        computed: Outputs that are not known before the object exists.
        renewed: Those of `computed` that an update may change, given old and new inputs.
        planned: Outputs other than the inputs that a preview knows.
        defaults: Completes the inputs: names, locations.
        added: Inputs that only `defaults` sets; they come back when something is imported.
        problems: Rules on inputs that the real provider checks before it asks its cloud.
        update: Changes an object to the first inputs from the second, and returns its outputs.
        missing: The refusal to update an object that is gone; without one, it is recreated.
        read: The current inputs of an object.
        read_outputs: The current outputs of an object.
        dependents: Ids of the objects that are deleted with it.
        deleted: Changes other objects when it is deleted.
        stays: Whether its cloud keeps it when the resource is destroyed.
        delete_first: Whether a replacement with these old and new inputs deletes first.
        canonical: Inputs in the form in which they are compared.
        one_writer: The id under which only one write at a time is allowed, by inputs and config.
        busy: The refusal of a concurrent write, by that id.
    """

    token: str
    sdk: str
    create: Callable[[World, Values, Config], tuple[str, Values]]
    replaces: frozenset[str] = frozenset()
    computed: tuple[str, ...] = ()
    renewed: Callable[[Values, Values], tuple[str, ...]] = field(default=lambda _old, _new: ())
    planned: Callable[[Values, Config], Values] = field(default=lambda _inputs, _config: {})
    defaults: Callable[[World, Asked, Config], Values] = field(
        default=lambda _world, asked, _config: asked.news
    )
    added: frozenset[str] = frozenset()
    problems: Callable[[Values], Iterator[Problem]] = field(default=lambda _inputs: iter(()))
    update: Callable[[World, str, Values, Values, Config], Values] = field(
        default=lambda world, id_, news, olds, _config: echoed(
            world.objects[id_].outputs, news, olds
        )
    )
    missing: Callable[[str], Refused] | None = None
    read: Callable[[Entry], Values] = field(default=lambda entry: entry.inputs)
    read_outputs: Callable[[World, Entry], Values] = field(
        default=lambda _world, entry: entry.outputs
    )
    dependents: Callable[[World, str], Iterator[str]] = field(default=lambda _world, _id: iter(()))
    deleted: Callable[[World, Entry], None] = field(default=lambda _world, _entry: None)
    stays: Callable[[Values], bool] = field(default=lambda _inputs: False)
    delete_first: Callable[[Values, Values], bool] = field(default=lambda _old, _new: False)
    canonical: Callable[[Values], Values] = field(default=lambda inputs: inputs)
    one_writer: Callable[[Values, Config], str] | None = None
    busy: Callable[[str], Refused] = field(default=Refused)

    def planned_create(self, inputs: Values, config: Config) -> Values:
        """Return the outputs that a preview of its creation shows."""
        unknown = dict.fromkeys(self.computed, UNKNOWN)
        return {**unknown, **self.planned(inputs, config), **shown(inputs)}

    def planned_update(self, outputs: Values, news: Values, olds: Values) -> Values:
        """Return the outputs that a preview of its update shows, given the current ones."""
        unknown = dict.fromkeys(self.renewed(olds, news), UNKNOWN)
        return {**echoed(outputs, news, olds), **unknown}


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a package.

    Attributes:
        token: Pulumi token.
        sdk: Module and name in the installed SDK, e.g. `pulumi_gcp.serviceaccount:get_account`.
        run: Returns the answer, or raises `Refused`.
        required: Arguments that must be given.
    """

    token: str
    sdk: str
    run: Callable[[World, Values, Config], Values]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """The kinds and functions of one provider plugin.

    Attributes:
        name: Pulumi package: `gcp`.
        distribution: Python package of the SDK: `pulumi_gcp`.
        kinds: The resources it knows.
        functions: The functions it knows.
    """

    name: str
    distribution: str
    kinds: tuple[Kind, ...]
    functions: tuple[Function, ...]

    def kind(self, token: str) -> Kind | None:
        """Return the kind with this type token, if the stand-in knows it."""
        return next((kind for kind in self.kinds if kind.token == token), None)

    def function(self, token: str) -> Function | None:
        """Return the function with this token, if the stand-in knows it."""
        return next((function for function in self.functions if function.token == token), None)


def shown(inputs: Values) -> Values:
    """Return the inputs that are outputs too: all but the marks of engine and provider."""
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def echoed(outputs: Values, news: Values, olds: Values) -> Values:
    """Return outputs with the new inputs in place of the old ones."""
    kept = {name: value for name, value in outputs.items() if name not in olds}
    return {**kept, **shown(news)}
