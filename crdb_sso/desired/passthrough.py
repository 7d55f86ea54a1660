"""Issuers whose subjects are user names: an owner claims the issuer, but no line for it.

If an issuer has no line at all, CockroachDB takes the subject, in lower case, as the user name
(pkg/sql/pgwire/identmap).
"""

from collections.abc import Collection

from crdb_sso.registry.claims import Entry, Kind, lines_among


def unmapped_issuers(entries: Collection[Entry]) -> set[str]:
    """Return the issuers among entries that have no line there."""
    mapped = {line.issuer for line in lines_among(entries)}
    return {entry.name for entry in entries if entry.kind is Kind.ISSUER} - mapped
