"""What somebody has found out about entries of a cluster, beside whose rows it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.registry.claims import Entry, Kind
from crdb_sso.verdict.access.ways_in import How, WayIn
from crdb_sso.verdict.findings import Finding


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding, as a page shows it.

    Attributes:
        id: What names its kind, e.g. `CRDB-SSO-003`.
        severity: A word, e.g. `warning`.
        sentence: What there is, and what it means.
        way_out: What to do about it.
        entries: What on the cluster it is about; empty if it is the cluster as a whole.
    """

    id: str
    severity: str
    sentence: str
    way_out: str
    entries: tuple[Entry, ...] = ()


def remark_of(finding: Finding) -> Remark:
    """Return a finding as a page shows it; of an accepted one, who lives with it, and why."""
    accepted = "; ".join(f"accepted by {one.owner}: {one.reason}" for one in finding.accepted)
    severity, way_out = finding.severity.value, accepted or finding.way_out
    return Remark(finding.id, severity, finding.sentence, way_out, finding.entries)


def remarks_on(way: WayIn, remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Return the remarks about the line, the issuer or the user of a way."""
    about = {(Kind.ISSUER, way.issuer), (Kind.USER, way.user)}
    if way.how is not How.NAME:
        about.add((Kind.LINE, MapLine(way.issuer, way.subject, way.template).text))
    return tuple(
        remark for remark in remarks if any((e.kind, e.name) in about for e in remark.entries)
    )
