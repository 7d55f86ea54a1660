"""What a plugin does when the engine asks, in plain values: the protocol is in `provider.py`."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from dev.cloud import sdk
from dev.cloud.kinds import Asked, Config, Function, Kind, Package, Problem
from dev.cloud.packages import kind_of
from dev.cloud.store import Store
from dev.cloud.values import Values, changes, top_of
from dev.cloud.world import Entry, Refused, World


@dataclass(frozen=True, slots=True)
class Difference:
    """What new inputs mean for an object.

    Attributes:
        paths: `add`, `delete` or `update` by path of the property.
        replaces: The paths that need a replacement.
        delete_first: Whether the old object is deleted before the new one is created.
    """

    paths: dict[str, str]
    replaces: tuple[str, ...]
    delete_first: bool


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of one package on the clouds in a folder.

    Attributes:
        package: Knows the kinds and functions.
        store: The folder.
        config: The provider's configuration.
    """

    package: Package
    store: Store
    config: Config

    def check(self, type_: str, asked: Asked) -> tuple[Values, list[Problem]]:
        """Return completed inputs, and what is wrong with those that the program gave."""
        kind = self._kind(type_)
        self.store.meet_fault(type_, "check")
        said = {name: value for name, value in asked.news.items() if name not in kind.added}
        found = list(sdk.problems(sdk.resource_fields(kind.sdk), said))
        if found:
            return asked.news, found
        with self.store.world() as world:
            inputs = kind.defaults(world, asked, self.config)
        return inputs, list(kind.problems(inputs))

    def diff(self, type_: str, olds: Values, news: Values) -> Difference:
        """Return what changes from old inputs to new ones."""
        kind = self._kind(type_)
        self.store.meet_fault(type_, "diff")
        found = changes(_compared(kind, olds), _compared(kind, news))
        replaces = tuple(path for path in found if top_of(path) in kind.replaces)
        return Difference(found, replaces, bool(replaces) and kind.delete_first(olds, news))

    def create(self, type_: str, inputs: Values, *, preview: bool = False) -> tuple[str, Values]:
        """Make an object, and return its id and outputs; a preview makes none and has no id."""
        kind = self._kind(type_)
        if preview:
            return "", kind.planned_create(inputs, self.config)
        self.store.meet_fault(type_, "create")
        with self._turn(kind, inputs), self.store.world() as world:
            return _made(world, kind, inputs, self.config)

    def read(self, type_: str, id_: str) -> Entry | None:
        """Return the current object; None if it is gone."""
        kind = self._kind(type_)
        self.store.meet_fault(type_, "read")
        with self.store.world() as world:
            entry = world.objects.get(id_)
            if entry is None or entry.type != type_:
                return None
            return Entry(type_, kind.read(entry), kind.read_outputs(world, entry))

    def update(self, type_: str, id_: str, olds: Values, news: Values) -> Values:
        """Change an object, and return its outputs.

        Args:
            type_: Type token of its kind.
            id_: Which one.
            olds: Its previous inputs.
            news: Its new inputs.

        Raises:
            Refused: Its cloud says no.
        """
        kind = self._kind(type_)
        self.store.meet_fault(type_, "update")
        with self._turn(kind, news), self.store.world() as world:
            if id_ not in world.objects and kind.missing is not None:
                raise kind.missing(id_)
            if id_ not in world.objects:
                return _made(world, kind, news, self.config)[1]
            outputs = kind.update(world, id_, news, olds, self.config)
            world.objects[id_] = Entry(type_, news, outputs)
            return outputs

    def planned_update(self, type_: str, outputs: Values, olds: Values, news: Values) -> Values:
        """Return what a preview of an update knows of the outputs."""
        return self._kind(type_).planned_update(outputs, news, olds)

    def delete(self, type_: str, id_: str, inputs: Values) -> None:
        """Delete an object and everything that depends on it; it may already be gone."""
        kind = self._kind(type_)
        self.store.meet_fault(type_, "delete")
        with self._turn(kind, inputs), self.store.world() as world:
            if not kind.stays(inputs):
                remove(world, id_)

    def invoke(self, token: str, args: Values) -> tuple[Values, list[Problem]]:
        """Return a function's answer, or what is wrong with its arguments."""
        function = self._function(token)
        self.store.meet_fault(token, "invoke")
        found = list(sdk.problems(sdk.function_fields(function.sdk, function.required), args))
        if found:
            return {}, found
        with self.store.world() as world:
            return function.run(world, args, self.config), []

    def _kind(self, type_: str) -> Kind:
        kind = self.package.kind(type_)
        if kind is None:
            known = ", ".join(kind.token for kind in self.package.kinds)
            raise Refused(
                f"the stand-in for {self.package.name} does not know {type_}; it knows {known}"
            )
        return kind

    def _function(self, token: str) -> Function:
        function = self.package.function(token)
        if function is None:
            known = ", ".join(function.token for function in self.package.functions)
            raise Refused(
                f"the stand-in for {self.package.name} does not know the function {token};"
                f" it knows {known}"
            )
        return function

    def _turn(self, kind: Kind, inputs: Values) -> AbstractContextManager[None]:
        """Take a turn at writing, where a cloud allows one writer at a time."""
        if kind.one_writer is None:
            return nullcontext()
        key = kind.one_writer(inputs, self.config)
        return self.store.one_writer(key.lower(), kind.busy(key))


def remove(world: World, id_: str) -> None:
    """Remove an object and everything that depends on it from the world."""
    for gone in _with_dependents(world, id_):
        entry = world.objects.pop(gone, None)
        if entry is not None:
            kind_of(entry.type).deleted(world, entry)


def _with_dependents(world: World, id_: str) -> list[str]:
    """Return an id after those of its dependents and theirs, the innermost first."""
    entry = world.objects.get(id_)
    if entry is None:
        return []
    direct = kind_of(entry.type).dependents(world, id_)
    return [*(found for other in direct for found in _with_dependents(world, other)), id_]


def _made(world: World, kind: Kind, inputs: Values, config: Config) -> tuple[str, Values]:
    id_, outputs = kind.create(world, inputs, config)
    world.objects[id_] = Entry(kind.token, inputs, outputs)
    return id_, outputs


def _compared(kind: Kind, inputs: Values) -> Values:
    """Return the inputs that count in a comparison."""
    plain = {name: value for name, value in inputs.items() if not name.startswith("__")}
    return kind.canonical(plain)
