"""Property bags as the engine sends them: plain values, unknowns, and the difference of two."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.rpc import UNKNOWN, _special_secret_sig, _special_sig_key

Value = Any
"""A JSON value."""

Values = dict[str, Any]
"""A property bag: JSON values by Pulumi name; `UNKNOWN` marks what is not known yet."""

__all__ = [
    "UNKNOWN",
    "Value",
    "Values",
    "changes",
    "has_unknown",
    "known",
    "packed",
    "top_of",
    "unpacked",
]


def unpacked(struct: struct_pb2.Struct) -> Values:
    """Return a message as a property bag: whole numbers as int, no nulls, secrets in the clear."""
    return {
        key: _plain(value)
        for key, value in json_format.MessageToDict(struct).items()
        if value is not None
    }


def packed(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return a property bag as a message."""
    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in values.items() if value is not None})
    return struct


def has_unknown(value: Value) -> bool:
    """Tell whether anything in a value is not known yet."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return bool(value == UNKNOWN)


def known(values: Mapping[str, Any], name: str) -> Value:
    """Return a property, or None if it is missing or not known yet."""
    value = values.get(name)
    return None if has_unknown(value) else value


def changes(old: Values, new: Values) -> dict[str, str]:
    """Return what differs: `add`, `delete` or `update` by path, e.g. `api.x` or `roles[0].id`."""
    return dict(_changes(old, new, ""))


def top_of(path: str) -> str:
    """Return the property that a path is in."""
    return path.partition(".")[0].partition("[")[0]


def _changes(old: Value, new: Value, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _entry(old.get(key), new.get(key), _member(path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _entry(_item(old, index), _item(new, index), f"{path}[{index}]")
    elif old != new:
        yield path, "update"


def _entry(old: Value, new: Value, path: str) -> Iterator[tuple[str, str]]:
    if old is None and new is not None:
        yield path, "add"
    elif new is None and old is not None:
        yield path, "delete"
    else:
        yield from _changes(old, new, path)


def _item(values: list[Any], index: int) -> Value:
    return values[index] if index < len(values) else None


def _member(path: str, key: str) -> str:
    if not key.replace("_", "").isalnum():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _plain(value: Value) -> Value:
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return _plain(value.get("value"))
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
