"""Certificates that nodes trust: PEM text, one entry per certificate."""

from crdb_sso.crdb import pem
from crdb_sso.crdb.formats.base import EntryList, Parts


class Certificates(EntryList):
    """PEM blocks, each certificate under its fingerprint; anything else has no name."""

    def read(self, text: str) -> Parts:
        """Return the blocks, and what is between them."""
        return Parts(pem.blocks(text))

    def render(self, parts: Parts) -> str:
        """Return the blocks, each with a line feed."""
        return pem.joined(raw for _, raw in parts.items)

    def is_entry(self, name: str, text: str) -> bool:
        """Tell whether a text is one certificate, and the one with that fingerprint.

        Raises:
            InvalidInput: It is broken.
        """
        pem.check_certificates(text)
        return list(pem.certificates(text)) == [name]

    def new_raw(self, entry: str, text: str) -> str:
        """Return the block."""
        return text
