"""Rows of properties, and maps made of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final, Generic, TypeVar

from pulumi.output import Unknown

from crdb_sso.provider.property_types import (
    Problem,
    PropertyType,
    accept,
    checked,
    items,
    not_a_map,
    tried,
)

_Value = TypeVar("_Value")
_Shown = TypeVar("_Shown")


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from names that a program chooses to other maps.

    Attributes:
        each: The type of its values.
        check: Raises if a name can't be used.
        is_quoted: Whether names in a path have quotes and brackets.
    """

    each: PropertyType
    check: Callable[[str], object] = accept
    is_quoted: bool = True

    def read(self, value: object) -> Mapping[str, object]:
        """Return the map, sorted by name; an empty one while it is not known."""
        return {name: self.each.read(inner) for name, inner in items(value)}

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a map, or what is wrong with its names and values."""
        yield from not_a_map(path, value)
        for name, inner in items(value):
            at = f'{path}["{name}"]' if self.is_quoted else f"{path}.{name}"
            yield from tried(at, partial(checked, self.check, name))
            yield from self.each.problems(at, inner)


class Absent(Enum):
    """The value that says that a property is left out."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def kept(given: object, _shown: object) -> object:
    """Return what the state has, as a cluster does not show it."""
    return given


@dataclass(frozen=True, slots=True)
class Input(Generic[_Shown]):
    """Everything about one property.

    Attributes:
        name: As states remember it: never rename one.
        type: How it is read and checked, and its default.
        field: The field that holds it in the value of its map: "" if it has the same name, None if
            it is read elsewhere.
        seen: What a refresh writes, given what the state has and what the cluster shows; ABSENT
            leaves it out.
    """

    name: str
    type: PropertyType
    field: str | None = ""
    seen: Callable[[object, _Shown], object] = kept


@dataclass(frozen=True, slots=True)
class Shape(Generic[_Value]):
    """A map whose names are known.

    Attributes:
        make: Makes a value of the fields of its rows.
        rows: Its properties.
        is_optional: Whether it is read as None if it is not given.
    """

    make: Callable[..., _Value]
    rows: Sequence[Input[Any]]  # any: each row knows what it is shown
    is_optional: bool = False

    def read(self, value: object) -> _Value | None:
        """Return the value; if the map is not known yet, all of its texts are unknown."""
        return None if value is None and self.is_optional else self.made(value)

    def made(self, value: object) -> _Value:
        """Return the value, even if it is not given."""
        bag = dict(items(value))
        return self.make(
            **{
                row.field or row.name: row.type.read(
                    value if isinstance(value, Unknown) else bag.get(row.name)
                )
                for row in self.rows
                if row.field is not None
            }
        )

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a map, names without a row, or what is wrong with a value."""
        if isinstance(value, Unknown) or (value is None and self.is_optional):
            return
        if not isinstance(value, Mapping | None):
            yield from not_a_map(path, value)
            return
        bag = dict(items(value))
        known = {row.name: row for row in self.rows}
        for name in bag:
            if name not in known:
                yield Problem(
                    _at(path, name), f"unknown property; the known ones are {', '.join(known)}"
                )
        for name, row in known.items():
            yield from row.type.problems(_at(path, name), bag.get(name))


def written(rows: Sequence[Input[_Shown]], given: object, shown: _Shown) -> dict[str, object]:
    """Return a map as a refresh writes it.

    Args:
        rows: Its properties.
        given: What the state has.
        shown: What the cluster shows of it.
    """
    bag = dict(items(given))
    found = {row.name: row.seen(bag.get(row.name, ABSENT), shown) for row in rows}
    return {name: value for name, value in found.items() if value is not ABSENT}


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
