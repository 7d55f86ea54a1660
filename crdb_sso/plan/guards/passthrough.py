"""Issuers without any identity map line: their subjects are user names, in lower case.

In CockroachDB one line for an issuer ends that for all of its tokens (pkg/sql/pgwire/identmap). So
an owner that claims an issuer, and no line of it, lets its subjects be user names; with others that
map them it can't share the issuer.
"""

from collections.abc import Collection, Iterable, Mapping

from crdb_sso.crdb.identity_map import issuer_of
from crdb_sso.crdb.settings import Setting
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind

Docs = Mapping[Setting, Mapping[str, str]]
"""Raw entries by name of the shared settings."""

_ONE_WAY = "A cluster maps an issuer's tokens or takes their subjects, not both."


def unmapped(entries: Collection[Entry]) -> set[str]:
    """Return the issuers among entries that have no line there."""
    mapped = {issuer_of(e.name) for e in entries if e.kind is Kind.LINE}
    return {e.name for e in entries if e.kind is Kind.ISSUER} - mapped


def check_foreign(docs: Docs, wanted: OwnerRequest, claimed: Collection[Entry]) -> None:
    """Refuse to give its first map line to an issuer on which others log in without one.

    Args:
        docs: What is live.
        wanted: What one owner wants.
        claimed: What it and others claim.

    Raises:
        GuardRefused: A foreign issuer has no line, and `close_passthrough` does not say so.
    """
    mapped = {issuer_of(line) for line in docs[Setting.IDENTITY_MAP]}
    may_close = {*wanted.close_passthrough, *unmapped(wanted.entries)}
    for entry in wanted.entries:
        is_foreign = entry.kind is Kind.ISSUER and entry not in claimed
        if not is_foreign or entry.name not in docs[Setting.ISSUERS]:
            continue
        if entry.name not in mapped and entry.name not in may_close:
            raise GuardRefused(
                f"issuer {entry.name} is already trusted here without an identity map line: its"
                " raw subjects log in as the users of the same name, and a first line ends that",
                hint="Give those logins lines of their own, or set close_passthrough on the issuer"
                " if nobody relies on it; or let it stay so, with `subject_is_username`.",
            )


def check_shared(
    docs: Docs, wanted: OwnerRequest, claims: Iterable[Claim], removable: Collection[Entry]
) -> None:
    """Refuse an issuer that one owner maps while another takes its subjects.

    Args:
        docs: What is live.
        wanted: What one owner wants.
        claims: All that stand.
        removable: What is about to leave the cluster with this change.

    Raises:
        GuardRefused: Names the other owner, or the line that is nobody's.
    """
    ours = unmapped(wanted.entries)
    mapped = {e.name for e in wanted.entries if e.kind is Kind.ISSUER} - ours
    for owner, entries in sorted(_of_others(claims, wanted.owners).items()):
        for issuer in sorted(mapped & unmapped(entries)):
            raise GuardRefused(
                f"{owner} has the subjects of issuer {issuer} as user names"
                " (`subject_is_username`); this stack maps them, which would end those logins",
                hint=f"{_ONE_WAY} Let both programs do the same.",
            )
        for issuer in sorted(ours & {issuer_of(e.name) for e in entries if e.kind is Kind.LINE}):
            raise GuardRefused(
                f"this stack wants the subjects of issuer {issuer} as user names"
                f" (`subject_is_username`); {owner} maps them",
                hint=f"{_ONE_WAY} Let both programs do the same.",
            )
    for line in docs[Setting.IDENTITY_MAP]:
        if issuer_of(line) in ours and Entry(Kind.LINE, line) not in removable:
            raise GuardRefused(
                f"this stack wants the subjects of issuer {issuer_of(line)} as user names"
                f" (`subject_is_username`), and a line that no stack put there maps them: {line!r}",
                hint=f"{_ONE_WAY} Take the line out of {Setting.IDENTITY_MAP.value} by hand, or"
                " map the logins of this stack too.",
            )


def _of_others(claims: Iterable[Claim], owners: Collection[str]) -> dict[str, set[Entry]]:
    found: dict[str, set[Entry]] = {}
    for claim in claims:
        if claim.owner not in owners:
            found.setdefault(claim.owner, set()).add(claim.entry)
    return found
