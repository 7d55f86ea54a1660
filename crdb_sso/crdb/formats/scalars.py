"""Settings with a single value."""

import re
from collections.abc import Collection, Mapping
from typing import ClassVar

from crdb_sso.crdb.claim_names import check_claim, check_group_names
from crdb_sso.crdb.formats.base import Parts, SettingFormat
from crdb_sso.crdb.unreadable import UnreadableTextError
from crdb_sso.errors import InvalidInput


class PlainText(SettingFormat):
    """Any text, taken as a whole: its only item has the name ""."""

    legal: ClassVar[re.Pattern[str]] = re.compile(".*", re.DOTALL)

    def read(self, text: str) -> Parts:
        """Return the value.

        Raises:
            UnreadableTextError: CockroachDB would not accept it.
        """
        if not self.legal.fullmatch(text):
            raise UnreadableTextError(f"{text!r} is not a legal value")
        return Parts((("", text),))

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is a value that CockroachDB accepts."""
        if not self.legal.fullmatch(text):
            raise InvalidInput(f"{text!r} is not a value of it", hint="Write a legal value.")

    def spliced(self, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
        """Return the value in `put`, or the live one if there is none."""
        return put.get("", text)

    def may_restore(self, text: str, found: str) -> bool:
        """Tell whether the found value may come back: it may if it is a value at all."""
        return self.legal.fullmatch(found) is not None


class ClaimName(PlainText):
    """The claim that names a token's principal; on a cluster, any text may be found."""

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is a claim that a program may name."""
        check_claim(text)


class GroupNames(PlainText):
    """Where the groups of a token are; on a cluster of 25.4, any text may be found."""

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is a list of names that a program may give."""
        check_group_names(text)


class Bool(PlainText):
    """A switch."""

    keywords = frozenset({"true", "false"})
    legal = re.compile("true|false")


class Duration(PlainText):
    """A length of time as Go prints it: `15s`, `1m30s`."""

    legal = re.compile(r"(\d+(\.\d+)?(h|m|s|ms|µs|ns))+")
