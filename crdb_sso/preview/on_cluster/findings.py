"""What a change makes a cluster trust more than meant, in lines for people."""

from collections.abc import Iterator

from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.new_findings import new_findings
from crdb_sso.printing import first_told
from crdb_sso.verdict.findings import Finding, Rule, Severity


def finding_lines(context: PlanContext) -> Iterator[str]:
    """Return the findings that a change brings and its owner does not accept.

    What other lines or guards speak of is not said again; `crdb-sso analyze` shows everything.
    """
    found = [
        one for one in new_findings(context, _is_previewed) if one.severity is not Severity.INFO
    ]
    return first_told(found, _told, "{count} more findings: `crdb-sso analyze` shows all")


def _told(one: Finding) -> str:
    return f"{one.id}: {one.sentence} {one.way_out}"


def _is_previewed(rule: Rule) -> bool:
    return rule.is_previewed
