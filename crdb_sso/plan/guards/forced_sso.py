"""Forced SSO is refused where it can't be written, or would shut out whoever runs this.

Root is a way in by the server's own rule, but from 26.1 on nodes may be started with
--disallow-root-login, and no statement shows that (inferred). So root counts only where it is one
for certain: on older versions, or if the operator has just logged in as root.
"""

from collections.abc import Iterable, Mapping

from crdb_sso.argument_names import Argument
from crdb_sso.crdb import hba
from crdb_sso.crdb.address_blocks import ANYWHERE, contain
from crdb_sso.crdb.settings import Setting, check_usable
from crdb_sso.desired.forced_sso import ENTRY
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.inputs import (
    CERTIFICATE,
    OAUTH,
    PASSWORD,
    ROOT,
    TOKEN,
    ClusterState,
    LiveUser,
    Operator,
)

_ADMITTED_BY = {
    CERTIFICATE: {"cert", "cert-password", "cert-scram-sha-256", "trust"},
    PASSWORD: {"password", "cert-password", "scram-sha-256", "cert-scram-sha-256", "trust"},
    OAUTH: {hba.OAUTH, "trust"},
}
_ROOTS = f"host all {ROOT} all cert-password"
"""The rule that the server puts above any text."""

_WITHOUT_TOKEN = _ADMITTED_BY[CERTIFICATE] | _ADMITTED_BY[PASSWORD]


def check(context: PlanContext) -> None:
    """Refuse rules that can't be written, or would shut out whoever writes them.

    Every change of the rules is looked at, also one that only takes doors away: those of other
    stacks may stay. Nothing keeps a stack from being destroyed.

    Raises:
        GuardRefused: The setting is hidden or overridden, the operator could not log in again, or
            tokens would be the only way in that is certain.
    """
    wanted = context.wanted
    if ENTRY not in wanted.entries and ENTRY not in context.mine:
        return
    live = context.live.settings.get(Setting.HOST_RULES)
    if live is None:
        return  # there is nothing to give back
    check_usable(live)
    after = context.after[Setting.HOST_RULES].text
    if after != live.text and not wanted.is_destroyed:
        _check_way_in(live.text, after, context.live.operator)
        _check_last_door(live.text, after, context.live)


def _check_way_in(before: str, after: str, operator: Operator) -> None:
    """Refuse if the operator could not log in again; its address is not known."""
    is_same = _about(before, operator.user) == _about(after, operator.user)
    if operator.method == TOKEN or is_same or _comes_in(after, operator):
        return
    entry = f'{{"user": "{operator.user}", "method": "{operator.method}"}}'
    hint = f"Add {entry} to `keep`, without an address; or let the operator use a token."
    if operator.method == OAUTH:
        hint = (
            "Let the operator send its token as password (options=--crdb:jwt_auth_enabled=true), or"
            f" write a rule with the method {hba.OAUTH} for it above all others, by hand."
        )
    elif hba.block_lines(after) is None:
        hint = (
            f"Write a rule for {operator.user} with the method {operator.method} above all others,"
            " by hand; or let the operator use a token."
        )
    raise GuardRefused(
        f"{_what_would(after)} shut out the operator {operator.user}, who logged in by"
        f" {operator.method}",
        hint=hint,
    )


def _what_would(after: str) -> str:
    if hba.block_lines(after) is None:
        return f"the host-based rules that stay when {Argument.SSO_ONLY} ends would"
    return f"{Argument.SSO_ONLY} would"


def _check_last_door(before: str, after: str, live: ClusterState) -> None:
    """Refuse if only tokens are certain to let in somebody who can open the doors again."""
    operator = live.operator
    is_by_token = operator.method in (TOKEN, OAUTH)
    if not is_by_token or not live.version.may_close_root or hba.block_lines(after) is None:
        return
    was_so = hba.block_lines(before) is not None and not admins_let_in(before, live)
    if was_so or admins_let_in(after, live):
        return
    kept = hba.rules("\n".join(hba.block_lines(after) or ()))
    reasons = (_reason(user, live.users) for rule in kept for user in rule.users or ())
    raise GuardRefused(
        f"{Argument.SSO_ONLY} would leave tokens as the only certain way in: the operator"
        f" {operator.user} logged in with one, and root may be shut out, as nodes of 26.1 and later"
        " may run with --disallow-root-login, which no statement shows"
        + "".join(f"; {reason}" for reason in dict.fromkeys(reasons)),
        hint="Add an admin with a certificate or a password to `keep`, e.g."
        ' {"user": "ops", "method": "cert"}; or run `pulumi up` once as root, which proves that'
        " root is let in.",
    )


def admins_let_in(text: str, live: ClusterState) -> list[str]:
    """Return who is let in without a token, root aside, and may change these rules again.

    Args:
        text: The host-based rules.
        live: The cluster, with the users that are kept.
    """
    rules = hba.rules_in_force(text)
    able = (user for user in sorted(live.users) if not _reason(user, live.users))
    return [user for user in able if _lets_in(rules, user)]


def _lets_in(rules: Iterable[hba.HostRule], user: str) -> bool:
    """Tell whether a user comes in without a token, at least from some addresses."""
    shut: list[str] = []
    for rule in rules:
        if not rule.is_about(user):
            continue
        if rule.method in _WITHOUT_TOKEN and not contain(shut, rule.address):
            return True
        shut.append(rule.address)
    return False


def _reason(user: str, users: Mapping[str, LiveUser]) -> str:
    """Return why somebody who is kept can't open the doors again, "" if they can."""
    if user == ROOT:
        return "root is kept, but may be shut out all the same"
    if user not in users:
        return f"{user} is kept, but is not a user that this stack knows to exist"
    if not users[user].may_login:
        return f"{user} is kept, but may not log in (NOLOGIN)"
    return "" if users[user].may_set_settings else f"{user} is kept, but is not an admin"


def _about(text: str, user: str) -> list[hba.HostRule]:
    """Return the rules that may decide about a user, root's own by the server among them."""
    every = hba.rules_in_force(text)
    own = hba.rules(_ROOTS) if not _narrows_root(every[0]) else []
    return [rule for rule in (*own, *every) if rule.is_about(user)]


def _comes_in(text: str, operator: Operator) -> bool:
    """Tell whether some rule certainly lets the operator in.

    A rule of others above our block that would not let the operator in does not match it: it logged
    in with that rule in place. That can't be said of our own rules, nor of those below the block. A
    rule with an address may or may not match, so it is not relied on.
    """
    admitting = _ADMITTED_BY[operator.method]
    every = hba.rules_in_force(text)
    if operator.user == ROOT and not _narrows_root(every[0]):
        return "cert-password" in admitting  # by the server's own rule, above any text
    above, _ = hba.foreign_rules(text)
    theirs = [rule for rule in above if rule.method in admitting]
    open_to: list[str] = []
    for rule in (*theirs, *every[len(above) :]):
        if rule.is_about(operator.user):
            if rule.method not in admitting:
                return False
            open_to.append(rule.address)
            if contain(open_to, ANYWHERE):
                return True
    return False


def _narrows_root(first: hba.HostRule) -> bool:
    """Tell whether a first rule replaces the one that lets root in from everywhere."""
    return first.users == (ROOT,) and first.address != ANYWHERE
