"""The entries of a setting as raw slices, read without the product's code."""

import json
from collections.abc import Iterator
from functools import lru_cache

from crdb_sso.crdb.settings import Setting

_READER = json.JSONDecoder()

Item = tuple[str, str]
"""Name and raw slice; "" names what has no name."""


def raw_items(setting: Setting, text: str) -> list[Item]:
    """Return the entries of a setting in order."""
    if setting is Setting.IDENTITY_MAP:
        lines = text.removesuffix("\n").split("\n") if text else []
        return [(" ".join(line.partition("#")[0].split()), line) for line in lines]
    return list(_keys(text) if setting is Setting.JWKS else _strings(text))


def names(setting: Setting, text: str) -> list[str]:
    """Return the names of the entries that have one."""
    return [name for name, _ in raw_items(setting, text) if name]


def other_members(text: str) -> list[str]:
    """Return the raw members of a key set other than `keys`."""
    parts = _parts(text)
    is_set = any(_named(part) == "keys" for part in parts)
    return [part for part in parts if is_set and _named(part) != "keys"]


def _strings(text: str) -> Iterator[Item]:
    try:
        value = json.loads(text)
    except ValueError:
        if text:
            yield text, json.dumps(text, ensure_ascii=False)
        return
    if isinstance(value, dict):
        for _, mapped in _members(text):
            yield from ((_named(part), part) for part in _parts(mapped))
    elif isinstance(value, list):
        for raw in _parts(text):
            yield json.loads(raw) or "", raw


def _keys(text: str) -> Iterator[Item]:
    listed = [value for name, value in _members(text) if name == "keys"]
    for raw in _parts(listed[0]) if listed else [text.strip()]:
        yield json.loads(raw).get("kid") or "", raw


def _members(text: str) -> Iterator[Item]:
    """Yield name and raw value of the members of an object."""
    for part in _parts(text):
        name = _named(part)
        end = _READER.raw_decode(part)[1]
        yield name, part[end:].lstrip().removeprefix(":").strip()


def _named(part: str) -> str:
    name: str = _READER.raw_decode(part)[0]
    return name


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str, ...]:
    """Split a list or object at its own commas; null has no parts."""
    inner = text.strip()[1:-1]
    parts, depth, start, at = [], 0, 0, 0
    while at < len(inner) and text.strip() != "null":
        if inner[at] == '"':
            at = _READER.raw_decode(inner, at)[1]
            continue
        depth += (inner[at] in "[{") - (inner[at] in "]}")
        if inner[at] == "," and depth == 0:
            parts.append(inner[start:at])
            start = at + 1
        at += 1
    parts.append(inner[start:] if text.strip() != "null" else "")
    return tuple(part.strip() for part in parts if part.strip())
