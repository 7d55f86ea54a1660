"""What a change of the whole cluster means for others on it, in lines for people."""

from collections.abc import Collection, Iterator

from crdb_sso import forced_sso
from crdb_sso.claims import Entry, Kind, owned
from crdb_sso.documents import entries
from crdb_sso.logins import Logins
from crdb_sso.provisioning_guards import concerned_lines, open_lines
from crdb_sso.settings import Setting, is_on
from crdb_sso.steps import Live, Wanted


def concerns_others(before: Logins, after: Logins) -> bool:
    """Tell whether a change is one of the whole cluster."""
    return _of_all(before) != _of_all(after)


def _of_all(logins: Logins) -> tuple[object, ...]:
    in_use = bool(logins.sources)
    tokens = logins.fetched and in_use, logins.claim if in_use else ""
    return *tokens, logins.sso_only, logins.auto_provisioning, logins.group_sync


def bystander_lines(before: Logins, after: Logins, live: Live, wanted: Wanted) -> Iterator[str]:
    """Yield what becomes of what is not of this stack.

    Args:
        before: What the stack has.
        after: What it wants.
        live: The cluster, as it stands before the change.
        wanted: The same as `after`, as entries.
    """
    if after.sources and is_on(live.settings, Setting.AUTO_FETCH) != after.fetched:
        yield from _key_lines(after, live, wanted.owners)
    if before.sso_only != after.sso_only:
        rules = live.settings.get(Setting.HOST_RULES)
        yield from forced_sso.foreign_lines(wanted.entries, rules)
    if before.group_sync != after.group_sync:
        yield from concerned_lines(wanted, live)
    if before.auto_provisioning != after.auto_provisioning:
        yield from open_lines(wanted, live)


def _key_lines(after: Logins, live: Live, owners: Collection[str]) -> Iterator[str]:
    claims = live.registry.claims if live.registry else ()
    mine = {entry.name for entry in owned(claims, owners) if entry.kind is Kind.ISSUER}
    mine |= {source.issuer for source in after.sources.values() if source.issuer}
    for issuer in sorted(entries(Setting.ISSUERS, live.settings[Setting.ISSUERS].text)):
        if issuer in mine:
            continue
        theirs = sorted(c.owner for c in claims if c.entry == Entry(Kind.ISSUER, issuer))
        whose = ", ".join(theirs) or "somebody outside these stacks"
        how = "fetched by the nodes too" if after.fetched else "the pinned ones again"
        yield f"keys of issuer {issuer}, trusted by {whose}: {how}"
