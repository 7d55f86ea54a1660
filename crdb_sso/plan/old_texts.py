"""A text that lacks what was added a moment ago is taken for an old one, and not built upon."""

from datetime import timedelta

from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import KIND_IN
from crdb_sso.registry.stale_reads import SURELY_SPREAD, behind


def check_texts(context: PlanContext, spread_s: float) -> None:
    """Refuse to build on a text that is probably old.

    Raises:
        GuardRefused: A setting that this plan writes lacks entries that an owner has added within
            the last minute, in a change that was completed.
    """
    registry, settings = context.live.registry, context.live.settings
    if registry is None:
        return
    since = context.live.now - timedelta(seconds=SURELY_SPREAD * spread_s)
    shared = {write.setting for write in context.writes} & KIND_IN.keys()
    lacking = {
        settings[claim.entry.kind.setting].name
        for claim in context.claims
        if claim.entry.kind.setting in shared
        and claim.since is not None
        and since < claim.since <= context.live.now
        and claim.instance in registry.owners
        and registry.owners[claim.instance].is_complete
        and claim.entry.name not in context.live_entries[claim.entry.kind.setting]
    }
    old = behind(registry.written, settings.values(), lacking)
    if old:
        raise GuardRefused(
            f"{', '.join(sorted(old))} lacks what another stack added less than"
            f" {SURELY_SPREAD * spread_s:.0f} s ago: this node may be behind",
            hint="No setting, user or claim was changed. Run again in a minute; what is"
            " missing then counts as removed by hand.",
        )
