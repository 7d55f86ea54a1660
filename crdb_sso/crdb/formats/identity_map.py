"""The identity map: one entry per line."""

from crdb_sso.crdb.formats.base import EntryList, Parts
from crdb_sso.crdb.identity_map import MapLine, check_subject, map_lines
from crdb_sso.crdb.user_names import check_role_name
from crdb_sso.errors import InvalidInput


class IdentityMap(EntryList):
    """Lines, each named by its three fields; comments and blank lines have no name."""

    def read(self, text: str) -> Parts:
        """Return the lines."""
        return Parts(tuple((line.entry, line.text) for line in map_lines(text)))

    def render(self, parts: Parts) -> str:
        """Return the lines, each with a line feed."""
        return "".join(f"{raw}\n" for _, raw in parts.items)

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is the one line that it is named after, and lets in who it says."""
        line = MapLine.read(entry)
        if text != entry:
            raise InvalidInput("it says something else", hint="Name a line by its three fields.")
        if not line.is_closing:
            check_subject(line.subject)
            check_role_name(line.user)

    def new_raw(self, entry: str, text: str) -> str:
        """Return the line."""
        return text
