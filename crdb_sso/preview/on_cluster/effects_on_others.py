"""What a change that affects the whole cluster means for others on it, in lines for people."""

from collections.abc import Collection, Iterator

from crdb_sso.crdb import hba
from crdb_sso.crdb.identity_map import MapLine
from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on
from crdb_sso.desired.forced_sso import ENTRY
from crdb_sso.desired.logins import Desired
from crdb_sso.desired.provisioning import AUTO_PROVISIONING, GROUP_SYNC
from crdb_sso.desired.unknown import known
from crdb_sso.plan.context import PlanContext
from crdb_sso.plan.facts import live_entries
from crdb_sso.plan.guards.forced_sso import admins_let_in
from crdb_sso.plan.inputs import ROOT, TOKEN, ClusterState, OwnerRequest
from crdb_sso.registry.claims import Entry, Kind, lines_among, owned


def bystander_lines(before: Desired, after: Desired, context: PlanContext) -> Iterator[str]:
    """Yield what happens to what does not belong to this stack.

    Args:
        before: What the stack has.
        after: What it wants.
        context: The cluster before the change, and what is asked of it.
    """
    live, wanted = context.live, context.wanted
    if after.sources and is_on(live.settings, Setting.AUTO_FETCH) != after.fetched:
        yield from _key_lines(after, live, wanted.holders)
    if before.sso_only != after.sso_only:
        rules = live.settings.get(Setting.HOST_RULES)
        yield from foreign_lines(wanted.entries, rules)
        yield from _root_lines(context)
    if before.group_sync != after.group_sync:
        yield from concerned_lines(wanted, live)
    if before.auto_provisioning != after.auto_provisioning:
        yield from open_lines(wanted, live)


def _key_lines(after: Desired, live: ClusterState, holders: Collection[str]) -> Iterator[str]:
    mine = {entry.name for entry in owned(live.claims, holders) if entry.kind is Kind.ISSUER}
    mine |= {known(source.issuer) for source in after.sources.values()}
    for issuer in sorted(entries(Setting.ISSUERS, live.settings[Setting.ISSUERS].text)):
        if issuer in mine:
            continue
        theirs = sorted(c.owner for c in live.claims if c.entry == Entry(Kind.ISSUER, issuer))
        whose = ", ".join(theirs) or "somebody outside these stacks"
        how = "fetched by the nodes too" if after.fetched else "pinned again"
        yield f"keys of issuer {issuer}, trusted by {whose}: {how}"


def _root_lines(context: PlanContext) -> Iterator[str]:
    """Yield that root may stop being a way in, where there is no other without a token."""
    live = context.live
    if ENTRY not in context.wanted.entries or live.operator.user != ROOT:
        return
    text = context.after[Setting.HOST_RULES].text
    if live.version.may_close_root and not admins_let_in(text, live):
        yield (
            "SSO only: without a token only root is sure to come in and able to end this; nodes"
            " started with --disallow-root-login (26.1 and later) shut root out: name another admin"
            " in `keep` before that"
        )


def foreign_lines(wanted: Collection[Entry], live: LiveSetting | None) -> Iterator[str]:
    """Yield which rules of others still count, and which no longer do because of our block."""
    if ENTRY not in wanted or live is None:
        return
    before, behind = hba.foreign_rules(live.text)
    for rule in before:
        if rule.lets_in:
            how = " with tokens, by OAUTHBEARER" if rule.is_for_tokens else ""
            yield f"SSO only: another rule still lets users in{how}: {rule.text}"
    for rule in behind:
        yield f"SSO only: another rule no longer counts: {rule.text}"
        if rule.is_for_tokens:
            yield (
                "SSO only: logins by OAUTHBEARER under that rule end, although they are with"
                " tokens; tokens as passwords still log in. To keep them, write a rule with the"
                f" method {hba.OAUTH} that names their users above the block, by hand"
            )


def open_lines(wanted: OwnerRequest, live: ClusterState) -> Iterator[str]:
    """Yield which tokens may create users, and by which rule they choose the name."""
    if AUTO_PROVISIONING not in wanted.entries:
        return
    there = live_entries(live.settings)
    lines = {MapLine.read(name) for name in there[Setting.IDENTITY_MAP]}
    lines |= set(lines_among(wanted.entries))
    mapped = {line.issuer for line in lines}
    for issuer in sorted(there[Setting.ISSUERS].keys() - mapped):
        yield (
            f"automatic provisioning: tokens of {issuer} may create any user, as it has no identity"
            " map line"
        )
    for line in sorted(lines):
        if line.issuer in there[Setting.ISSUERS] and r"\1" in line.user:
            yield (
                "automatic provisioning: tokens may create users by the identity map line"
                f" {line.text}"
            )


def concerned_lines(wanted: OwnerRequest, live: ClusterState) -> Iterator[str]:
    """Yield whose logins group sync affects, besides those of the stack that asks for it."""
    if GROUP_SYNC not in wanted.entries:
        return
    others = [claim for claim in live.claims if claim.holder not in wanted.holders]
    agreed = {claim.owner for claim in others if claim.entry == GROUP_SYNC}
    for owner in sorted({c.owner for c in others if c.entry.kind is Kind.LINE} - agreed):
        yield f"group sync applies to {owner} too: its tokens without groups are refused"
    if live.operator.method == TOKEN:
        who = f"the operator {live.operator.user}"
        yield f"group sync applies to {who} too: it keeps only roles that its token's groups name"
