"""What a change makes a cluster trust more than meant, in lines for people."""

from collections.abc import Iterator

from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.new_findings import new_findings
from crdb_sso.verdict.findings import Rule, Severity

MOST_FINDINGS = 20
"""Further ones are only counted."""


def finding_lines(context: PlanContext) -> Iterator[str]:
    """Yield the findings that a change brings and its owner does not accept.

    What other lines or guards speak of is not said again; `crdb-sso analyze` shows everything.
    """
    found = [
        one for one in new_findings(context, _is_previewed) if one.severity is not Severity.INFO
    ]
    for one in found[:MOST_FINDINGS]:
        yield f"{one.id}: {one.sentence} {one.way_out}"
    if found[MOST_FINDINGS:]:
        yield f"{len(found) - MOST_FINDINGS} more findings: `crdb-sso analyze` shows all"


def _is_previewed(rule: Rule) -> bool:
    return rule.is_previewed
