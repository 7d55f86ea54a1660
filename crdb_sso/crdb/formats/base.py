"""What every format of a setting can do, and how a text with many entries is spliced."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from crdb_sso.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Parts:
    """A text taken apart.

    Attributes:
        items: `(entry, raw)` in order; the entry is "" for what has no name: a comment, a key
            without kid, the value of a scalar.
        before: Raw slices before the items that are not layout: members other than `keys`.
        behind: The same after the items.
    """

    items: tuple[tuple[str, str], ...]
    before: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


class SettingFormat(ABC):
    """How the text of a setting is read, and how it changes as stacks come and go."""

    keywords: ClassVar[frozenset[str]] = frozenset()
    """Texts that SQL takes unquoted; all others are quoted."""

    @abstractmethod
    def read(self, text: str) -> Parts:
        """Take a text apart.

        Raises:
            UnreadableTextError: The text can't be merged safely.
        """

    @abstractmethod
    def spliced(self, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
        """Return the text with the entries of `put` in it and those of `drop` gone.

        Args:
            text: The live text.
            put: Text by entry; an entry that is live and means the same stays as it is.
            drop: Entries; a missing one is not an error. `put` wins over `drop`.

        Raises:
            UnreadableTextError: The text can't be merged safely.
            GuardRefused: This text can't hold an entry.
        """

    def check_entry(self, entry: str, text: str) -> None:
        """Check that an entry is one that this program would write; by default, if it has a name.

        Args:
            entry: Its name; "" for a scalar.
            text: Its text.

        Raises:
            InvalidInput: It is not.
        """
        if not entry:
            raise InvalidInput("it has no name", hint="Name it.")

    def agrees(self, raw: str, text: str) -> bool:
        """Tell whether a live raw slice means the same as `text`, our entry of that name."""
        return True

    def may_restore(self, text: str, found: str) -> bool:
        """Tell whether a text holds the same as `found`, in the same order, whatever the layout.

        Args:
            text: What is left after the last claim is gone.
            found: The text before the first claim; if the two agree, it comes back byte for byte.

        Raises:
            UnreadableTextError: One of them can't be merged safely.
        """
        one, two = self.read(text), self.read(found)
        return (one.items, *one.before, *one.behind) == (two.items, *two.before, *two.behind)


class EntryList(SettingFormat):
    """A text that holds the entries of many owners."""

    keeps_doubles: ClassVar[bool] = False
    """Whether a second entry of a name is foreign, and stays when the first one is removed."""

    @abstractmethod
    def render(self, parts: Parts) -> str:
        """Put parts together."""

    @abstractmethod
    def new_raw(self, entry: str, text: str) -> str:
        """Return the raw slice of a new entry.

        Raises:
            GuardRefused: This text can't hold it.
        """

    def spliced(self, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
        """Return the text with the entries of `put` in it and those of `drop` gone."""
        parts = self.read(text)
        items = tuple(self._next_items(parts, put, drop))
        if items == parts.items:
            return text
        return self.render(Parts(items, parts.before, parts.behind))

    def _next_items(
        self, parts: Parts, put: Mapping[str, str], drop: Collection[str]
    ) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        for entry, raw in parts.items:
            is_double = entry in seen
            seen.add(entry)
            if entry and entry in put:
                stays = is_double or self.agrees(raw, put[entry])
                yield entry, raw if stays else self.new_raw(entry, put[entry])
            elif not entry or entry not in drop or (is_double and self.keeps_doubles):
                yield entry, raw
        for entry, text in put.items():
            if entry not in seen:
                yield entry, self.new_raw(entry, text)
