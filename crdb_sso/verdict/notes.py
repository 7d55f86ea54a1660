"""What else one should know of a login, whether it succeeds or not."""

from collections.abc import Iterator, Sequence

from crdb_sso.crdb.settings import Setting
from crdb_sso.verdict.case import Case
from crdb_sso.verdict.cluster.mapping import matches_all
from crdb_sso.verdict.cluster.versions import Order
from crdb_sso.verdict.jose.group_claims import groups_in
from crdb_sso.verdict.outcome import Check
from crdb_sso.verdict.steps import Step

PRINCIPAL_FIRST = (
    "This version looks at the principal first: the signature has not been checked yet."
)

_BEFORE_MADE = (Step.ISSUER, Step.FETCHED, Step.KEY, Step.SIGNATURE, Step.MADE)


def notes_on(case: Case, checks: Sequence[Check]) -> Iterator[str]:
    """Yield what else to know, a sentence each."""
    if case.rules.note:
        yield case.rules.note
    failed = next((Step(check.name) for check in checks if check.passed is False), None)
    yield from _on_proof(case, failed)
    if case.is_made:
        yield from _on_made(checks, failed)
    if failed is None and case.cluster.is_on(Setting.GROUP_SYNC):
        yield from _on_groups(case)
    if case.token is not None and case.token.message and not case.token.is_inside:
        yield "The claims stand beside the signature, not inside of what is signed."
    if failed is None and case.token is not None and case.token.time("exp") is None:
        yield "The token has no `exp`: it never expires."
    for rule in case.mapped.matching if case.mapped else ():
        if matches_all(rule):
            yield (
                f"Line {rule.number} of the identity map ({rule.line.subject}) matches every"
                " principal of the issuer."
            )


def _on_proof(case: Case, failed: Step | None) -> Iterator[str]:
    if case.rules.order is not Order.PRINCIPAL_FIRST:
        return
    if failed in (Step.CLAIM, Step.MAPPING, Step.NAMED, Step.USER):
        yield PRINCIPAL_FIRST


def _on_made(checks: Sequence[Check], failed: Step | None) -> Iterator[str]:
    before = [check for check in checks if Step(check.name) in _BEFORE_MADE]
    if failed is None:
        yield "The login makes the user."
    elif before and all(check.passed for check in before) and failed not in _NOT_REACHED:
        yield "The login fails, but makes the user: issuer and signature are enough for that."


_NOT_REACHED = (Step.SENT, Step.ENABLED, Step.FORM, Step.CLAIM, Step.MAPPING, Step.NAMED)


def _on_groups(case: Case) -> Iterator[str]:
    setting = case.cluster.text(Setting.GROUP_CLAIM)
    groups = (groups_in(case.token, setting) if case.token else None) or ()
    user = case.cluster.users.get(case.user)
    lost = sorted((user.roles if user else frozenset()) - set(groups))
    yield f"After the login the user is a member of what exists of: {', '.join(groups)}."
    if lost:
        yield f"The login revokes: {', '.join(lost)}."
    if "admin" in groups:
        yield "The group admin makes the user an admin of the cluster."
