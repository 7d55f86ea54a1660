"""The types of properties: how a value is read, and what may be wrong with it.

A text that is not known yet is read as `UNKNOWN`, a switch or a choice as its default: code that
uses the rows does not know Pulumi's `Unknown`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from pulumi.output import Unknown

from crdb_sso.crdb.storable import check_storable
from crdb_sso.desired.remembered import Retiring
from crdb_sso.desired.unknown import UNKNOWN
from crdb_sso.desired.unknown import Text as MaybeText
from crdb_sso.errors import CrdbSsoError

PropertyBag = Mapping[str, Any]  # any: what the engine gives

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the inputs.

    Attributes:
        path: Property path, "" where the engine must not print the value.
        reason: A sentence for people, without secrets.
    """

    path: str
    reason: str


def checked(check: Callable[..., object], *texts: str) -> None:
    """Check texts that a cluster has to store.

    Raises:
        InvalidInput: One can't be stored, or `check` says why it can't be used.
    """
    for text in texts:
        check_storable(text)
    check(*texts)


def tried(path: str, check: Callable[[], object]) -> Iterator[Problem]:
    """Yield the problem that a check raises, if it raises one."""
    try:
        check()
    except CrdbSsoError as exc:
        yield Problem(path, str(exc))


class PropertyType(Protocol):
    """The type of a property."""

    def read(self, value: object) -> object:
        """Convert a value of the engine, even a wrong one; None means that it is not given."""

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield what is wrong with a value; one that is not known yet counts as good."""


def accept(_text: str) -> None:
    """Accept any text."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text.

    Attributes:
        check: Raises if the text can't be used.
        default: What it is read as if it is not given.
        is_required: Whether a missing one is checked as an empty one.
        is_secret: Whether the engine must not print it.
    """

    check: Callable[[str], object] = accept
    default: str = ""
    is_required: bool = False
    is_secret: bool = False

    def read(self, value: object) -> MaybeText:
        """Return the text."""
        if isinstance(value, Unknown):
            return UNKNOWN
        return self.default if value is None else str(value)

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield a failed check, or that it is not a string (a long number would lose digits)."""
        if isinstance(value, Unknown) or (value is None and not self.is_required):
            return
        at = "" if self.is_secret else path
        if not isinstance(value, str | None):
            yield Problem(at, "it is not a string: put it in quotes")
        else:
            yield from tried(at, partial(checked, self.check, value or ""))


@dataclass(frozen=True, slots=True)
class Switch:
    """True or false."""

    default: bool = False

    def read(self, value: object) -> bool:
        """Return the switch."""
        return value if isinstance(value, bool) else self.default

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is neither true nor false."""
        if not isinstance(value, bool | Unknown | None):
            yield Problem(path, "it is neither true nor false")


@dataclass(frozen=True, slots=True)
class Choice(Generic[_Value]):
    """One of several words, each with what it means; the first is the default.

    Attributes:
        meaning: What each word is read as.
        is_required: Whether a word has to be given.
    """

    meaning: Mapping[str, _Value]
    is_required: bool = False

    def read(self, value: object) -> _Value:
        """Return what the word means."""
        default = next(iter(self.meaning.values()))
        return self.meaning.get(value, default) if isinstance(value, str) else default

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not one of the words."""
        if isinstance(value, Unknown) or (value is None and not self.is_required):
            return
        if not isinstance(value, str) or value not in self.meaning:
            words = " nor ".join(f"`{word}`" for word in self.meaning)
            yield Problem(path, f"it is neither {words}")


@dataclass(frozen=True, slots=True)
class Hours:
    """A duration in hours; the default is 0.

    Attributes:
        longest: The largest number allowed.
    """

    longest: float

    def read(self, value: object) -> timedelta:
        """Return the duration."""
        return timedelta(hours=value) if self._is_time(value) else timedelta(0)  # type: ignore[arg-type] # a number then

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a number of hours."""
        if not isinstance(value, Unknown | None) and not self._is_time(value):
            yield Problem(
                path,
                f"it is not a number of hours from 0 to {self.longest:.0f}: write e.g. 24, or 0 for"
                " immediately",
            )

    def _is_time(self, value: object) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and 0 <= value <= self.longest  # type: ignore[operator] # a number then


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts."""

    def read(self, value: object) -> tuple[str, ...]:
        """Return the texts."""
        return tuple(map(str, value)) if isinstance(value, list) else ()

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a list of strings."""
        if isinstance(value, Unknown | None):
            return
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield Problem(path, "it is not a list of strings")


@dataclass(frozen=True, slots=True)
class Names:
    """A set of names, as a map to true: so the engine shows which names are added and removed.

    Attributes:
        check: Raises if a name can't be used.
    """

    check: Callable[[str], object]

    def read(self, value: object) -> frozenset[str]:
        """Return the names that are not switched off."""
        return frozenset(name for name, is_on in items(value) if is_on is not False)

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a map, or which names can't be used."""
        yield from not_a_map(path, value)
        for name in sorted(self.read(value)):
            yield from tried(f'{path}["{name}"]', partial(checked, self.check, name))


@dataclass(frozen=True, slots=True)
class Times:
    """Times by name by name, ISO 8601 with zone; always an output."""

    def read(self, value: object) -> Retiring:
        """Return the times."""
        return {
            name: {inner: _time(str(time)) for inner, time in items(times)}
            for name, times in items(value)
        }

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a map."""
        yield from not_a_map(path, value)

    def write(self, times: Retiring) -> dict[str, dict[str, str]]:
        """Return what `read` reads."""
        return {
            name: {inner: time.isoformat() for inner, time in sorted(some.items())}
            for name, some in times.items()
        }


def _time(text: str) -> datetime:
    """Return a time; without a zone, as in a state that was edited by hand, it is UTC."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class TextMap:
    """A map from names that a program chooses to texts.

    Attributes:
        check: Takes a name and its text, and raises if they can't be used.
        unknown: What the map is read as while it is not known.
        absent: What the map is read as if it is not given.
        key: How a name is read.
        text: How a known text is read.
    """

    check: Callable[[str, str], object]
    unknown: object
    absent: object
    key: Callable[[str], object] = str
    text: Callable[[str], str] = str

    def read(self, value: object) -> object:
        """Return the map, sorted by name."""
        if isinstance(value, Unknown):
            return self.unknown
        if not isinstance(value, Mapping):
            return self.absent
        return {self.key(name): self._read(text) for name, text in items(value)}

    def _read(self, value: object) -> MaybeText:
        text = Text().read(value)
        return self.text(text) if isinstance(text, str) else text

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        """Yield that it is not a map, or which names and texts can't be used."""
        yield from not_a_map(path, value)
        for name, text in items(value):
            as_text = Text(partial(checked, self.check, name), is_required=True)
            yield from as_text.problems(f'{path}["{name}"]', text)


def items(value: object) -> Iterator[tuple[str, object]]:
    """Yield the items of a map, sorted by name; the engine passes them in any order."""
    if isinstance(value, Mapping):
        yield from sorted(value.items())


def not_a_map(path: str, value: object) -> Iterator[Problem]:
    """Yield that a value is not a map, unless it is missing or not known yet."""
    if not isinstance(value, Mapping | Unknown | None):
        yield Problem(path, "it is not a map")
