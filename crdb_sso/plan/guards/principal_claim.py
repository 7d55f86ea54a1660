"""A principal claim is refused where it can't work, or somebody else's logins need another one."""

from collections.abc import Iterable

from crdb_sso.crdb.active_version import POINTERS_SINCE
from crdb_sso.crdb.claim_names import is_pointer
from crdb_sso.crdb.settings import Setting
from crdb_sso.desired.principal_claim import CLAIM, principal_claim
from crdb_sso.errors import GuardRefused, UnsupportedVersion
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind

_ONE_CLAIM = "A cluster maps all logins by one claim."


def check(context: PlanContext) -> None:
    """Refuse a JSON Pointer before there were any, and a claim by which others are not mapped.

    A conflict with another stack is refused by `owner_conflicts`.

    Raises:
        UnsupportedVersion: The cluster would look for a claim of that literal name.
        GuardRefused: Names who relies on another claim.
    """
    if CLAIM not in context.wanted.entries:
        return
    ours = context.wanted.entries[CLAIM]
    if CLAIM in context.added and is_pointer(ours) and not context.live.version.takes_pointers:
        year, number = POINTERS_SINCE
        raise UnsupportedVersion(
            f"the claim {ours!r} is a JSON Pointer: this cluster would look for a claim of that"
            " very name at the top of a token, and refuse all logins (`missing claim`)",
            hint=f"CockroachDB takes JSON Pointers since {year}.{number}: upgrade the cluster, and"
            " finalize the upgrade; or name a claim at the top of the tokens.",
        )
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
