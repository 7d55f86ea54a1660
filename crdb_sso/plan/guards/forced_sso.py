"""Forced SSO is refused where it can't be written, or would shut out whoever runs this."""

from crdb_sso.crdb import hba
from crdb_sso.crdb.settings import Setting, check_usable
from crdb_sso.desired.forced_sso import ENTRY
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import CERTIFICATE, PASSWORD, TOKEN, Operator

_ADMITTED_BY = {
    CERTIFICATE: {"cert", "cert-password", "cert-scram-sha-256", "trust"},
    PASSWORD: {"password", "cert-password", "scram-sha-256", "cert-scram-sha-256", "trust"},
}


def check(context: PlanContext) -> None:
    """Refuse rules that can't be written, or would shut out whoever writes them.

    Raises:
        GuardRefused: The setting is hidden or overridden, or the operator could not log in again.
    """
    wanted = context.wanted
    if ENTRY not in wanted.entries and ENTRY not in context.mine:
        return
    live = context.live.settings.get(Setting.HOST_RULES)
    if live is None:
        return  # there is nothing to give back
    check_usable(live)
    if ENTRY in context.added:
        _check_way_in(context.after[Setting.HOST_RULES].text, context.live.operator)


def _check_way_in(text: str, operator: Operator) -> None:
    """Refuse if the operator could not log in again; its address is not known."""
    if operator.method == TOKEN or _comes_in(text, operator):
        return
    entry = f'{{"user": "{operator.user}", "method": "{operator.method}"}}'
    raise GuardRefused(
        f"`sso_only` would shut out the operator {operator.user}, who logged in by"
        f" {operator.method}",
        hint=f"Add {entry} to `keep`, without an address; or let the operator use a token.",
    )


def _comes_in(text: str, operator: Operator) -> bool:
    """Tell whether some rule certainly lets the operator in.

    A rule of others above our block that would not let the operator in does not match it: it logged
    in with that rule in place. That can't be said of our own rules. A rule with an address may or
    may not match, so it is not relied on.
    """
    admitting = _ADMITTED_BY[operator.method]
    every = hba.rules(text)
    if operator.user == "root" and not _narrows_root(every[0]):
        return "cert-password" in admitting  # by the server's own rule, above any text
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
    """Tell whether a first rule replaces the one that lets root in from everywhere."""
    return first.users == ("root",) and first.address != hba.ANYWHERE
