"""A new way in for everybody is refused, unless the stack accepts it knowingly.

That is what `crdb-sso analyze` calls an error and no other guard looks at: a line that this change
adds, or one that stands there already and lets in nobody without the issuer or the claim that this
change adds. What a stack has already
written stays as it is, so that an upgrade of this program stops nobody, and above all no
revocation.
"""

from crdb_sso.desired.principal_claim import CLAIM
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.new_findings import new_findings
from crdb_sso.registry.claims import Kind
from crdb_sso.verdict.findings import Rule, Severity


def check(context: PlanContext) -> None:
    """Refuse a line, an issuer or a claim of this stack by which everybody gets in.

    Raises:
        GuardRefused: Says which, and how to accept it.
    """
    if not any(entry.kind in (Kind.LINE, Kind.ISSUER) or entry == CLAIM for entry in context.added):
        return
    for one in new_findings(context, _is_refused):
        is_ours = any(entry in context.added for entry in (*one.entries, *one.conditions))
        if one.severity is Severity.ERROR and is_ours:
            raise GuardRefused(
                f"{one.id}: {one.sentence.removesuffix('.')}",
                hint=f"{one.way_out} If it is meant, accept it:"
                f' accept={{"{one.id}": "why"}} (docs/findings.md).',
            )


def _is_refused(rule: Rule) -> bool:
    return rule.is_refused
