"""The identity map: one entry per line."""

from crdb_sso.crdb.formats.base import EntryList, Parts
from crdb_sso.crdb.identity_map import map_lines


class IdentityMap(EntryList):
    """Lines, each named by its three fields; comments and blank lines have no name."""

    def read(self, text: str) -> Parts:
        """Return the lines."""
        return Parts(tuple((line.entry, line.text) for line in map_lines(text)))

    def render(self, parts: Parts) -> str:
        """Return the lines, each with a line feed."""
        return "".join(f"{raw}\n" for _, raw in parts.items)

    def new_raw(self, entry: str, text: str) -> str:
        """Return the line."""
        return text
