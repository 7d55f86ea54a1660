"""Forced SSO is refused where it can't be had, or would shut out whoever runs it."""

from collections.abc import Collection, Iterable, Mapping

from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import LiveSetting, Setting, check_usable, missing_setting
from crdb_sso.desired.forced_sso import ENTRY, texts
from crdb_sso.errors import ClusterRefused
from crdb_sso.plan.inputs import CERTIFICATE, PASSWORD, TOKEN, Operator
from crdb_sso.registry.claims import Claim, Entry

_ADMITTED_BY = {
    CERTIFICATE: {"cert", "cert-password", "cert-scram-sha-256", "trust"},
    PASSWORD: {"password", "cert-password", "scram-sha-256", "cert-scram-sha-256", "trust"},
}


def check(
    live: LiveSetting | None,
    wanted: Mapping[Entry, str],
    claims: Collection[Claim],
    owners: Collection[str],
    operator: Operator,
) -> None:
    """Refuse what can't be done, or would shut out whoever does it.

    Raises:
        UnsupportedVersion: The cluster lacks the setting.
        ClusterRefused: The setting is hidden or overridden; two owners want one door by two
            methods; the operator could not come in again.
    """
    if ENTRY not in wanted and not any(c.entry == ENTRY and c.owner in owners for c in claims):
        return
    if live is None:
        raise missing_setting(Setting.HOST_RULES, or_else="leave `sso_only` out")
    check_usable(live)
    if ENTRY in wanted:
        _check_doors(wanted[ENTRY], [c for c in claims if c.owner not in owners])
        _check_way_in(hba.with_blocks(live.text, texts(wanted, claims, owners)), operator)


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
