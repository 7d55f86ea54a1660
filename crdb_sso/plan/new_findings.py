"""What a change makes a cluster trust more than meant: findings that were not there before it.

An upgrade of this program, or what others did, is never the reason for one.
"""

from collections.abc import Callable, Mapping

from crdb_sso.crdb.settings import LiveSetting, Setting
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Claim, Entry, Kind, Registry
from crdb_sso.verdict.access.views import AccessView, Account
from crdb_sso.verdict.cluster.views import ClusterView
from crdb_sso.verdict.findings import RULES, Finding, Rule, Situation, reported


def new_findings(context: PlanContext, chosen: Callable[[Rule], bool]) -> tuple[Finding, ...]:
    """Return what some rules find after a change and did not find before.

    What the owner accepts by its own wish is not among them; nobody else accepts it for the owner.

    Args:
        context: The change.
        chosen: Tells which rules to ask.
    """
    if not context.added:
        return ()
    rules = [rule for rule in RULES if chosen(rule)]
    claims = (
        *(c for c in context.claims if c.holder not in context.wanted.holders),
        *_own(context),
    )
    after = _situation(context, context.after, claims)
    before = _situation(context, context.live.settings, context.claims)
    known = {_news(one) for one in reported(rules, before).findings}
    return tuple(
        one
        for one in reported(rules, after).findings
        if _news(one) not in known and Entry(Kind.ACCEPTED, one.id) not in context.wanted.entries
    )


def _news(finding: Finding) -> tuple[str, str]:
    """Return what makes a finding new; not that a line has moved, as others came or went."""
    return finding.id, finding.unplaced


def _own(context: PlanContext) -> list[Claim]:
    """Return the claims of the owner after the change."""
    wanted = context.wanted
    return [
        Claim(entry, wanted.owner, text, found=False, instance=wanted.instance)
        for entry, text in wanted.entries.items()
    ]


def _situation(
    context: PlanContext, settings: Mapping[Setting, LiveSetting], claims: tuple[Claim, ...]
) -> Situation:
    live = context.live
    texts = {one.name: one.text for one in settings.values()}
    accounts = {
        name: Account(user.may_login, user.roles, user.privileges)
        for name, user in live.users.items()
    }
    made = {entry.name: Account() for entry in context.added if entry.kind is Kind.USER}
    registry = Registry("", claims)
    view = AccessView(ClusterView(live.version.active, texts, {}), {**made, **accounts}, registry)
    return Situation(view, live.now, context.wanted.privileged)
