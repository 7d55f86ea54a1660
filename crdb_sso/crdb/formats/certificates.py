"""Certificates that nodes trust: PEM text, one entry per certificate."""

from crdb_sso.crdb import pem
from crdb_sso.crdb.formats.base import EntryList, Parts
from crdb_sso.errors import InvalidInput


class Certificates(EntryList):
    """PEM blocks, each certificate under its fingerprint; anything else has no name."""

    def read(self, text: str) -> Parts:
        """Return the blocks, and what is between them."""
        return Parts(pem.blocks(text))

    def render(self, parts: Parts) -> str:
        """Return the blocks, each with a line feed."""
        return pem.joined(raw for _, raw in parts.items)

    def check_entry(self, entry: str, text: str) -> None:
        """Check that a text is the certificate with that fingerprint."""
        pem.check_certificates(text)
        if list(pem.certificates(text)) != [entry]:
            raise InvalidInput("it is another certificate", hint="Name it by its fingerprint.")

    def new_raw(self, entry: str, text: str) -> str:
        """Return the block."""
        return text
