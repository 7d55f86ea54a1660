"""Which claim of a token names its principal: one setting for all logins of a cluster."""

from collections.abc import Collection, Iterable, Mapping

from crdb_sso.crdb.identity_map import issuer_of
from crdb_sso.crdb.settings import LiveSetting, Setting, check_there
from crdb_sso.errors import ClusterRefused
from crdb_sso.plan.inputs import OwnerRequest
from crdb_sso.registry.claims import Claim, Entry, Kind

CLAIM = Entry(Kind.SETTING, Setting.CLAIM.value)

DEFAULT_CLAIM = "sub"
"""What the empty setting stands for."""

_ONE_CLAIM = "A cluster maps all logins by one claim."


def check_claim(
    live: Mapping[Setting, LiveSetting],
    docs: Mapping[Setting, Mapping[str, str]],
    wanted: OwnerRequest,
    claims: Collection[Claim],
) -> None:
    """Refuse a claim that logins of others are not mapped by, or that ours are not.

    Args:
        live: The settings.
        docs: Raw entries by name of the shared ones.
        wanted: What one owner wants.
        claims: All claims that stand.

    Raises:
        UnsupportedVersion: The cluster has no such setting.
        ClusterRefused: Names who relies on another claim.
    """
    if not any(entry.kind is Kind.LINE for entry in wanted.entries):
        return
    others = [claim for claim in claims if claim.owner not in wanted.owners]
    if CLAIM not in wanted.entries:
        _check_theirs(others)
        return
    check_there(live, Setting.CLAIM, or_else="map by `sub`")
    ours, now = wanted.entries[CLAIM], live[Setting.CLAIM].text
    if _effective(ours) != DEFAULT_CLAIM:
        _check_owners(ours, others)
    if _effective(now) == _effective(ours):
        return
    foreign = sorted(_foreign(docs, {claim.entry for claim in claims}))
    if foreign:
        raise ClusterRefused(
            f"mapping by the claim {ours!r} would end logins of others, which go by"
            f" {_effective(now)!r}: {', '.join(foreign)}",
            hint=f"{_ONE_CLAIM} Let them agree first, and set {Setting.CLAIM.value} by hand.",
        )
    if now and not any(claim.entry == CLAIM for claim in claims):
        raise ClusterRefused(
            f"{Setting.CLAIM.value} is {now!r} already, set by somebody outside these stacks; this"
            f" stack wants {ours!r}",
            hint=f"{_ONE_CLAIM} Take the same, or RESET CLUSTER SETTING {Setting.CLAIM.value} if"
            " nobody relies on it.",
        )


def _check_theirs(others: Iterable[Claim]) -> None:
    for claim in others:
        if claim.entry == CLAIM and _effective(claim.text) != DEFAULT_CLAIM:
            raise ClusterRefused(
                f"{claim.owner} has the logins of this cluster mapped by the claim {claim.text!r},"
                f" this stack by {DEFAULT_CLAIM!r}",
                hint=f"{_ONE_CLAIM} Give the same `claim` to this program.",
            )


def _check_owners(ours: str, others: Collection[Claim]) -> None:
    agreed = {claim.owner for claim in others if claim.entry == CLAIM}  # or conflicts.py says it
    for claim in others:
        if claim.entry.kind is Kind.LINE and claim.owner not in agreed:
            raise ClusterRefused(
                f"this stack wants logins mapped by the claim {ours!r}, those of {claim.owner} go"
                f" by {DEFAULT_CLAIM!r}",
                hint=f"{_ONE_CLAIM} Give the same `claim` to both programs, in one that has no"
                " logins yet first.",
            )


def _foreign(
    docs: Mapping[Setting, Mapping[str, str]], claimed: Collection[Entry]
) -> Iterable[str]:
    """Yield issuers that nobody claims, and lines of such on others."""
    issuers = docs[Setting.ISSUERS]
    for name in issuers:
        if Entry(Kind.ISSUER, name) not in claimed:
            yield f"issuer {name}"
    for line in docs[Setting.IDENTITY_MAP]:
        is_jwt = issuer_of(line) in issuers
        if is_jwt and Entry(Kind.LINE, line) not in claimed:
            yield f"identity map line {line!r}"


def _effective(text: str) -> str:
    return text or DEFAULT_CLAIM
