"""Runs a small Pulumi program under mocks, each time as if nothing had run before.

`ROOT`, `SETTINGS`, `run_pulumi_func` and what a registration looks like on the wire are not
a documented API of the SDK: they are used here and nowhere else in the tests.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.settings import ROOT, SETTINGS
from pulumi.runtime.stack import run_pulumi_func
from typing_extensions import override

ORGANIZATION, PROJECT, STACK = "acme", "shop", "prod"
_STACK_TYPE = "pulumi:pulumi:Stack"
UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""What an exported value is that a preview does not know."""


@dataclass(frozen=True)
class Secret:
    """A secret value."""

    value: Any


@dataclass(frozen=True)
class Registered:
    """A resource as the engine would get it; secrets are `Secret`, unknown values `UNKNOWN`."""

    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any]
    protect: bool
    depends_on: frozenset[str] = frozenset()
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """What clouds would answer.

    Attributes:
        outputs: Outputs of a resource besides its inputs, by type.
        answers: The answer of a function, by token.
    """

    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass
class Run:
    """What a program registered, exported and logged."""

    resources: list[Registered] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def only(self, type_: str) -> Registered:
        (found,) = [r for r in self.resources if r.type == type_]
        return found

    def named(self, name: str) -> Registered:
        (found,) = [r for r in self.resources if r.name == name]
        return found


class _Echo(Mocks):
    """Returns inputs as outputs, and what clouds add."""

    def __init__(self, run: Run, world: World) -> None:
        self._run = run
        self._world = world

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return f"{args.name}_id", {**args.inputs, **self._world.outputs.get(args.typ, {})}

    def call(self, args: MockCallArgs) -> Any:
        self._run.calls.append((args.token, dict(args.args)))
        assert args.token in self._world.answers, f"nothing of ours calls {args.token}"
        return dict(self._world.answers[args.token])


class _Monitor(MockMonitor):
    """Records registrations as they come over the wire."""

    def __init__(self, run: Run, mocks: Mocks) -> None:
        super().__init__(mocks)
        self._run = run

    @override
    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return a URN as the engine makes it: with the types of all ancestors but the stack."""
        types = parent.split("::")[2].split("$") if parent else []
        chain = [each for each in types if each != _STACK_TYPE]
        return super().make_urn("", "$".join([*chain, type_]), name)

    @override
    def RegisterResource(self, request: Any) -> Any:
        if request.type != _STACK_TYPE:
            self._run.resources.append(
                Registered(
                    request.type,
                    request.name,
                    request.parent.rpartition("::")[2],
                    _from_wire(MessageToDict(request.object)),
                    request.protect,
                    frozenset(urn.rpartition("::")[2] for urn in request.dependencies),
                    request.deleteBeforeReplace,
                    tuple(request.ignoreChanges),
                )
            )
        with _loop_of_this_thread():
            return super().RegisterResource(request)

    @override
    def Invoke(self, request: Any) -> Any:
        with _loop_of_this_thread():
            return super().Invoke(request)

    @override
    def RegisterResourceOutputs(self, request: Any) -> Any:
        name = request.urn.rpartition("::")[2]
        self._run.outputs[name] = _from_wire(MessageToDict(request.outputs))
        return super().RegisterResourceOutputs(request)


@contextmanager
def _loop_of_this_thread() -> Iterator[None]:
    """Give the SDK an event loop; it would make one for this thread and never close it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class _Warnings(logging.Handler):
    def __init__(self, run: Run) -> None:
        super().__init__(logging.WARNING)
        self._run = run

    def emit(self, record: logging.LogRecord) -> None:
        self._run.warnings.append(record.getMessage())


def run(
    build: Callable[[], Mapping[str, Any] | None],
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    secret_keys: Iterable[str] = (),
    world: World | None = None,
) -> Run:
    """Run a program.

    Args:
        build: The program; it returns its exports.
        preview: Whether it is a preview: then outputs that the world does not have are unknown.
        config: Configuration: text by `namespace:key`.
        secret_keys: The keys that are stored encrypted.
        world: What clouds would answer; by default nothing.

    Raises:
        pulumi.RunError: As the program, or something it waits for, raised it.
    """
    done = Run()
    mocks = _Echo(done, world or World())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        _forget_other_runs()
        configure(config or {}, secret_keys)
        pulumi.runtime.set_mocks(
            mocks, PROJECT, STACK, preview, _logger(done), _Monitor(done, mocks), ORGANIZATION
        )

        async def program() -> None:
            for name, value in (build() or {}).items():
                done.exports[name] = await _settled(pulumi.Output.from_input(value))

        loop.run_until_complete(run_pulumi_func(program))
    finally:
        _close(loop)
    return done


def configure(config: Mapping[str, str], secret_keys: Iterable[str] = ()) -> None:
    """Change the configuration of a running program."""
    pulumi.runtime.set_all_config(dict(config), list(secret_keys))


def _forget_other_runs() -> None:
    SETTINGS.rpc_manager.clear()
    SETTINGS.outputs.clear()
    ROOT.set(None)


def _logger(done: Run) -> logging.Logger:
    logger = logging.Logger("program", logging.WARNING)  # noqa: LOG001 - one of its own each run
    logger.addHandler(_Warnings(done))
    return logger


async def _settled(output: pulumi.Output[Any]) -> Any:
    value = await output.future() if await output.is_known() else UNKNOWN
    return Secret(value) if await output.is_secret() else value


def _close(loop: asyncio.AbstractEventLoop) -> None:
    loop.set_exception_handler(lambda *_: None)  # dependants of what failed fail too, silently
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)


def _from_wire(value: Any) -> Any:
    if value == UNKNOWN_ON_WIRE:
        return UNKNOWN
    if isinstance(value, dict) and _SIGNATURE in value:
        return Secret(_from_wire(value.get("value")))
    if isinstance(value, dict):
        return {key: _from_wire(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_from_wire(inner) for inner in value]
    return value
