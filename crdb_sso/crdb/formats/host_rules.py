"""Host-based rules: what others wrote, with one block for all stacks in it."""

from collections.abc import Collection, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.formats.base import Parts, SettingFormat


class HostRules(SettingFormat):
    """Lines of rules; an entry is a block, and all blocks are written as one."""

    def read(self, text: str) -> Parts:
        """Return the rules, ours included, each under its line.

        Raises:
            GuardRefused: A line can't be read.
        """
        return Parts(tuple((rule.text, rule.text) for rule in hba.rules(text)))

    def spliced(self, text: str, put: Mapping[str, str], drop: Collection[str]) -> str:
        """Return the text with the joint block of `put`, or without a block if that is empty.

        Raises:
            GuardRefused: A line can't be read, or a comment around our block is missing.
        """
        return hba.with_blocks(text, put.values())

    def may_restore(self, text: str, found: str) -> bool:
        """Tell whether others left the text as it was, or without any rule.

        CockroachDB refuses a text of comments alone, so the found one comes back then.
        """
        return text == found or not hba.rules(text)
