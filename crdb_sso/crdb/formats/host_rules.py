"""Host-based rules: what others wrote, with one block for all stacks in it."""

from collections.abc import Collection, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.formats.base import Parts, SettingFormat
from crdb_sso.errors import InvalidInput


class HostRules(SettingFormat):
    """Lines of rules; entries are the rules of our block, and the comment above it: the block."""

    def read(self, text: str) -> Parts:
        """Return the rules, ours included, each under its line.

        Raises:
            GuardRefused: A line can't be read.
        """
        return Parts(tuple((rule.text, rule.text) for rule in hba.rules(text)))

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is a block of ours, with doors that a stack may keep open."""
        lines = hba.block_lines(text)
        if lines is None:
            raise InvalidInput("it is not a block of host-based rules", hint="Write the block.")
        for rule in hba.rules("\n".join(lines)):
            hba.check_door(hba.Door((rule.users or ("",))[0], rule.address), rule.method)

    def spliced(self, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
        """Return the text whose block has the rules of `put` and lacks those of `drop`.

        Raises:
            GuardRefused: A line can't be read, or a comment around our block is missing.
        """
        return hba.with_doors(text, put, drop)

    def may_restore(self, text: str, found: str) -> bool:
        """Tell whether others left the text as it was, or without any rule, as it was."""
        return text == found or not (hba.rules(text) or hba.rules(found))
