"""A principal claim is refused where logins of somebody outside are mapped by another one."""

from collections.abc import Iterable

from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.principal_claim import CLAIM, principal_claim
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind

_ONE_CLAIM = "A cluster maps all logins by one claim."


def check(context: PlanContext) -> None:
    """Refuse a claim that differs from the one by which logins of somebody outside are mapped.

    A conflict with another stack is refused by `owner_conflicts`.

    Raises:
        GuardRefused: Names who relies on another claim.
    """
    if CLAIM not in context.wanted.entries:
        return
    ours = context.wanted.entries[CLAIM]
    now = context.live.settings[Setting.CLAIM].text
    if principal_claim(now) == principal_claim(ours):
        return
    foreign = sorted(_foreign(context))
    if foreign:
        raise GuardRefused(
            f"mapping by the claim {ours!r} would end logins of others, which are mapped by"
            f" {principal_claim(now)!r}: {', '.join(foreign)}",
            hint=f"{_ONE_CLAIM} Agree with them first, then set {CLAIM.name} by hand.",
        )
    if now and not any(claim.entry == CLAIM for claim in context.claims):
        raise GuardRefused(
            f"{CLAIM.name} is already {now!r}, set by somebody outside these stacks; this stack"
            f" wants {ours!r}",
            hint=f"{_ONE_CLAIM} Use the same one, or RESET CLUSTER SETTING {CLAIM.name} if nobody"
            " relies on it.",
        )


def _foreign(context: PlanContext) -> Iterable[str]:
    """Yield the issuers that nobody claims, and the lines of any issuer that nobody claims."""
    claimed = {claim.entry for claim in context.claims}
    issuers = context.live_entries[Setting.ISSUERS]
    for name in issuers:
        if Entry(Kind.ISSUER, name) not in claimed:
            yield f"issuer {name}"
    for line in context.live_lines:
        if line.issuer in issuers and Entry.of(line) not in claimed:
            yield f"identity map line {line.text!r}"
