"""Forced SSO: the doors of a cluster that tokens don't use are closed, but for those kept open.

* Every owner that wants it claims the setting; its claim's text is the block it would write.
* The block on the cluster is the joint one of all claims, and goes with the last of them.
* It is written last on the way in, when tokens work, and first on the way out.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from crdb_sso import hba
from crdb_sso.claims import Claim, Entry, Kind
from crdb_sso.errors import ClusterRefused
from crdb_sso.settings import LiveSetting, Setting, check_usable

ENTRY = Entry(Kind.SETTING, Setting.HOST_RULES.value)

Doors = Mapping[str, str]
"""Method by door, see `crdb_sso.hba.door`."""

CERTIFICATE, PASSWORD, TOKEN = "cert", "password", "token"
"""How an operator logged in."""

_ADMITTED_BY = {
    CERTIFICATE: {"cert", "cert-password", "cert-scram-sha-256", "trust"},
    PASSWORD: {"password", "cert-password", "scram-sha-256", "cert-scram-sha-256", "trust"},
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this, and how it came in.

    Attributes:
        user: The SQL user.
        method: One of CERTIFICATE, PASSWORD, TOKEN.
    """

    user: str = "root"
    method: str = CERTIFICATE


def claim_text(doors: Doors) -> str:
    """Return what an owner claims: the block that it alone would write."""
    return "\n".join(hba.block(hba.rule_line(name, method) for name, method in doors.items()))


def lines_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the rules that some claims want, each once, in the order in which they are written."""
    return tuple(sorted({line for text in texts for line in hba.block_lines(text) or ()}))


def texts(
    wanted: Mapping[Entry, str], claims: Iterable[Claim], owners: Collection[str]
) -> tuple[str, ...]:
    """Return what all owners want after this one has its way."""
    others = {c.text for c in claims if c.entry == ENTRY and c.owner not in owners}
    return tuple(sorted(others | ({wanted[ENTRY]} if ENTRY in wanted else set())))


def next_rules(
    live: LiveSetting, wishes: Collection[str], found: Iterable[str | None]
) -> LiveSetting:
    """Return the setting with the block of all wishes; without any, as others have it.

    Args:
        live: As it is.
        wishes: Texts of claims.
        found: How it was before the first claim, if the last one goes: one text, or None.
    """
    if wishes:
        return replace(live, text=hba.with_block(live.text, lines_of(wishes)), is_default=False)
    text = hba.without_block(live.text)
    for before in found:
        if before == text or not hba.rules(text):  # a text of comments alone can't be set
            return replace(live, text=before or "", is_default=before is None)
    return replace(live, text=text, is_default=False)


def check(
    live: LiveSetting | None,
    wanted: Mapping[Entry, str],
    claims: Collection[Claim],
    owners: Collection[str],
    operator: Operator,
) -> None:
    """Refuse what can't be done, or would shut out whoever does it.

    Raises:
        ClusterRefused: The setting is hidden or overridden; two owners want one door by two
            methods; the operator could not come in again.
    """
    if ENTRY not in wanted and not any(c.entry == ENTRY and c.owner in owners for c in claims):
        return
    if live is None:
        raise ClusterRefused(
            f"this cluster has no setting {ENTRY.name}",
            hint="Check that cluster_url names a CockroachDB cluster, or leave `sso_only` out.",
        )
    check_usable(live)
    if ENTRY in wanted:
        _check_doors(wanted[ENTRY], [c for c in claims if c.owner not in owners])
        _check_way_in(next_rules(live, texts(wanted, claims, owners), ()).text, operator)


def _check_doors(ours: str, claims: Iterable[Claim]) -> None:
    wanted = _by_door(ours)
    for claim in claims:
        theirs = _by_door(claim.text) if claim.entry == ENTRY else {}
        for name in sorted(wanted.keys() & theirs.keys()):
            if wanted[name] != theirs[name]:
                raise ClusterRefused(
                    f"this stack lets in {name} by {wanted[name]}, {claim.owner} by"
                    f" {theirs[name]}: the first rule decides",
                    hint="Give both the same method.",
                )


def _by_door(text: str) -> dict[str, str]:
    found = {}
    for rule in hba.rules("\n".join(hba.block_lines(text) or ())):
        found[f"{(rule.users or ('',))[0]} {rule.address}"] = rule.method
    return found


def _check_way_in(text: str, operator: Operator) -> None:
    """Refuse if the operator could not come in again; from where it comes is not known."""
    if operator.method == TOKEN or _comes_in(text, operator):
        return
    entry = f'{{"user": "{operator.user}", "method": "{operator.method}"}}'
    raise ClusterRefused(
        f"`sso_only` would shut out the operator {operator.user}, who came in by {operator.method}",
        hint=f"Add {entry} to `keep`, without an address; or let the operator use a token.",
    )


def _comes_in(text: str, operator: Operator) -> bool:
    """Tell whether some rule surely lets the operator in.

    A rule of others in front of our block that would not let it in does not match it: it came in
    with that rule in place. Of a rule of ours that is not known. One with an address may match or
    not, so it is not relied upon.
    """
    admitting = _ADMITTED_BY[operator.method]
    every = hba.rules(text)
    if operator.user == "root" and not _narrows_root(every[0]):
        return "cert-password" in admitting  # the server's own rule, in front of any text
    theirs = [rule for rule in hba.foreign_rules(text)[0] if rule.method in admitting]
    ours = hba.rules("\n".join(hba.block_lines(text) or ()))
    for rule in (*theirs, *ours):
        if rule.is_about(operator.user):
            if rule.method not in admitting:
                return False
            if rule.address == hba.ANYWHERE:
                return True
    return False


def _narrows_root(first: hba.HostRule) -> bool:
    """Tell whether a first rule takes the place of the one that lets root in from everywhere."""
    return first.users == ("root",) and first.address != hba.ANYWHERE


# what people are told


def seen_doors(doors: Doors | None, live: LiveSetting | None) -> Doors | None:
    """Return which of the doors a cluster has; None if it is not closed.

    Raises:
        ClusterRefused: The setting is hidden, overridden, or can't be read.
    """
    if doors is None or live is None:
        return None
    check_usable(live)
    lines = hba.block_lines(live.text)
    if lines is None:
        return None
    if hba.with_block(live.text, lines).rstrip("\n") != live.text.rstrip("\n"):
        return None  # it has lost what closes, or stands behind a rule that lets everybody in
    return {n: method for n, method in doors.items() if hba.rule_line(n, method) in lines}


def rule_lines(before: Doors | None, after: Doors | None) -> Iterator[str]:
    """Yield what changes, one line each rule."""
    if before is not None and after is None:
        yield "- SSO only: ends; the host-based rules of others count again"
        return
    if after is None:
        return
    if before is None:
        yield "+ SSO only: who has no token is rejected, but for root and those kept"
    old, new = before or {}, after
    for name in sorted(old):
        if new.get(name) != old[name]:
            yield f"- SSO only: {_shown(name)} by {old[name]} is kept no more"
    for name in sorted(new):
        if old.get(name) != new[name]:
            yield f"+ SSO only: {_shown(name)} is kept, by {new[name]}"


def _shown(name: str) -> str:
    user, address = hba.door_parts(name)
    return f"{user} from {'everywhere' if address == hba.ANYWHERE else address}"


def foreign_lines(wanted: Collection[Entry], live: LiveSetting | None) -> Iterator[str]:
    """Yield which rules of others still count beside our block, and which no longer do."""
    if ENTRY not in wanted or live is None:
        return
    before, behind = hba.foreign_rules(live.text)
    for rule in before:
        if rule.lets_in:
            yield f"SSO only: a rule of others still lets somebody in: {rule.text}"
    for rule in behind:
        yield f"SSO only: a rule of others counts no more: {rule.text}"
