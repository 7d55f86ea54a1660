"""Keys are refused where the cluster would ignore them, or uses their kid for another key."""

from crdb_sso.crdb.setting_texts import agrees, text_before
from crdb_sso.crdb.settings import Setting, is_on
from crdb_sso.desired import fetched_keys
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Kind


def check(context: PlanContext) -> None:
    """Refuse keys that the cluster would ignore, or instead of which it would use another key.

    A kid that another stack uses is refused by `owner_conflicts`.

    Raises:
        GuardRefused: The cluster fetches keys itself, or the kid names another key, of somebody
            outside these stacks.
    """
    if not _stops_fetching(context):
        _check_fetching(context)
    claims = {**context.others, **context.mine}
    for entry, text in context.added.items():
        raw = context.live_entries[Setting.JWKS].get(entry.name)
        if entry.kind is not Kind.KEY or raw is None:
            continue
        is_ours = entry in claims and not claims[entry].found
        if not is_ours and not agrees(Setting.JWKS, raw, text):
            raise GuardRefused(
                f"the kid {entry.name!r} already names another key on this cluster, put there by"
                " somebody outside these stacks",
                hint="A cluster uses only the first key of a kid. Let one of the issuers publish"
                " its key under another kid.",
            )


def _check_fetching(context: PlanContext) -> None:
    has_keys = any(entry.kind is Kind.KEY for entry in context.wanted.entries)
    if has_keys and is_on(context.live.settings, Setting.AUTO_FETCH):
        raise GuardRefused(
            f"this cluster fetches keys itself ({Setting.AUTO_FETCH.value} is on) and ignores"
            " pinned ones",
            hint=f"SET CLUSTER SETTING {Setting.AUTO_FETCH.value} = false, once every issuer in"
            " the list has its keys pinned.",
        )


def _stops_fetching(context: PlanContext) -> bool:
    """Tell whether this plan stops fetching: no other stack wants it, and it was off before."""
    entry = fetched_keys.AUTO_FETCH
    before = text_before(Setting.AUTO_FETCH, context.found_texts.get(entry.name))
    return entry in context.released and entry not in context.others and before == "false"
