"""What the installed SDK accepts: names, types and which arguments are required.

The real plugins have a schema; the stand-ins derive it from the installed classes, so a misspelt
argument fails here as it fails there. Only the SDK in question is loaded.
"""

import difflib
import importlib
import inspect
import re
import threading
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from pulumi import Output
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

from dev.cloud.kinds import Problem
from dev.cloud.values import UNKNOWN, Value, Values

Declared = Any
"""A type as the SDK declares it: a class, a union, a list or a mapping of these."""

_LOADING = threading.Lock()  # the SDKs load lazily, and are incomplete in the meantime
_SAID = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Field:
    """One argument: its type as the SDK declares it, and whether it must be given."""

    type: Declared
    required: bool


Fields = Mapping[str, Field]


@cache
def resource_fields(sdk: str) -> Fields:
    """Return the arguments of a resource class by Pulumi name.

    Args:
        sdk: Module and class, e.g. `pulumi_gcp.serviceaccount:Account`.
    """
    return _fields(_named(f"{sdk}Args"))


@cache
def function_fields(sdk: str, required: tuple[str, ...] = ()) -> Fields:
    """Return the arguments of a function by Pulumi name.

    Args:
        sdk: Module and function, e.g. `pulumi_gcp.serviceaccount:get_account`.
        required: Arguments that must be given, as the SDK's functions don't say.
    """
    function = _named(sdk)
    hints = typing.get_type_hints(function)
    parameters = inspect.signature(function).parameters
    hinted = {_camel(name): hints[name] for name in parameters if name != "opts"}
    return {name: Field(hint, name in required) for name, hint in hinted.items()}


def problems(fields: Fields, given: Values, path: str = "") -> Iterator[Problem]:
    """Yield unknown, mistyped and missing properties.

    Args:
        fields: The properties there may be.
        given: The properties there are; names that start with `__` are the engine's.
        path: Their place in the resource's inputs.
    """
    for name, value in given.items():
        if name.startswith("__"):
            continue
        field, inner = fields.get(name), f"{path}.{name}" if path else name
        if field is None:
            yield Problem(inner, f"unknown property '{name}'{_nearest(name, fields)}")
        else:
            yield from _mistyped(field.type, value, inner)
    for name, field in fields.items():
        if field.required and given.get(name) is None:
            inner = f"{path}.{name}" if path else name
            yield Problem(inner, f"missing required property '{name}'")


def _mistyped(declared: Declared, value: Value, path: str) -> Iterator[Problem]:
    """Yield that a value does not have the declared type; an unknown value may have any."""
    if value == UNKNOWN:
        return
    choices = _choices(declared)
    if len(choices) == 1:
        yield from _mistyped_as(choices[0], value, path)
    elif choices and all(any(_mistyped_as(choice, value, path)) for choice in choices):
        said = " or ".join(_said(choice) for choice in choices)
        yield Problem(path, f"should be {said}, but is {_shown(value)}")


def _mistyped_as(declared: Declared, value: Value, path: str) -> Iterator[Problem]:
    origin = _origin(declared)
    if declared is Any:
        return
    if inspect.isclass(origin) and is_input_type(origin) and isinstance(value, dict):
        yield from problems(_fields(origin), value, path)
    elif origin is Sequence and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _mistyped(typing.get_args(declared)[0], item, f"{path}[{index}]")
    elif origin is Mapping and isinstance(value, dict):
        for key, item in value.items():
            yield from _mistyped(typing.get_args(declared)[1], item, f"{path}.{key}")
    elif not _is_plain(origin, value):
        yield Problem(path, f"should be {_said(declared)}, but is {_shown(value)}")


def _is_plain(declared: Declared, value: Value) -> bool:
    """Tell whether a value has the declared type, if that is one without parts."""
    if isinstance(value, bool):
        return declared is bool
    if inspect.isclass(declared) and issubclass(declared, Enum):
        return value in [member.value for member in declared]
    if declared is float:
        return isinstance(value, int | float)
    return declared in (str, int) and isinstance(value, declared)


def _origin(declared: Declared) -> Declared:
    """Return a type without its arguments: `Sequence` for `Sequence[str]`."""
    return typing.get_origin(declared) or declared


def _choices(declared: Declared) -> list[Declared]:
    """Return the alternatives of a declared type, without None, Awaitable and Output."""
    if _origin(declared) is not typing.Union:
        return [declared]
    return [
        choice
        for choice in typing.get_args(declared)
        if choice is not type(None) and typing.get_origin(choice) not in (Awaitable, Output)
    ]


def _fields(args: type) -> Fields:
    """Return the properties of an input type."""
    python_names = {pulumi: py for py, pulumi in input_type_py_to_pulumi_names(args).items()}
    parameters = inspect.signature(args.__init__).parameters  # type: ignore[misc] # of a class, not of an object
    return {
        name: Field(type_, parameters[python_names[name]].default is inspect.Parameter.empty)
        for name, type_ in input_type_types(args).items()
    }


def _named(path: str) -> Declared:
    module, _, name = path.partition(":")
    with _LOADING:
        return getattr(importlib.import_module(module), name)


def _nearest(name: str, fields: Fields) -> str:
    """Suggest the nearest name; nested keys arrive as a dict has them, with underscores."""
    near = difflib.get_close_matches(_camel(name), fields, n=1, cutoff=0.0)
    return f"; did you mean '{near[0]}'?" if near else ""


def _camel(name: str) -> str:
    return re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), name)


def _said(declared: Declared) -> str:
    origin = _origin(declared)
    if origin is Sequence:
        return "a list"
    if origin in _SAID:
        return _SAID[origin]
    if inspect.isclass(origin) and issubclass(origin, Enum):
        return "one of " + ", ".join(repr(member.value) for member in origin)
    return "an object"


def _shown(value: Value) -> str:
    """Return a value's type; the value itself may be a secret."""
    if isinstance(value, list):
        return "a list"
    return _SAID.get(type(value), "an object")
