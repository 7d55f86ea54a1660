"""Fetching keys is refused where it would end logins of somebody outside these stacks."""

from crdb_sso.crdb.formats.string_lists import is_issuer_map
from crdb_sso.crdb.settings import LiveSetting, Setting, is_on
from crdb_sso.desired.fetched_keys import is_fetched
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext
from crdb_sso.registry.claims import Entry, Kind


def check(context: PlanContext) -> None:
    """Refuse to start fetching where others may rely on pinned keys.

    A map of issuers names the URL of each issuer's keys. With a list, the nodes have to discover
    it, and we can't tell from here whether they can.

    Raises:
        GuardRefused: Names the issuers that no stack claims.
    """
    live = context.live.settings
    is_started = is_fetched(context.wanted.entries) and not is_on(live, Setting.AUTO_FETCH)
    if not is_started or is_issuer_map(live[Setting.ISSUERS].text):
        return
    claimed = {*context.mine, *context.others}
    issuers = context.live_entries[Setting.ISSUERS]
    foreign = sorted(name for name in issuers if Entry(Kind.ISSUER, name) not in claimed)
    if foreign:
        raise GuardRefused(
            "nodes that fetch keys ignore the pinned ones, and others log in with tokens of"
            f" {', '.join(foreign)}",
            hint='Use keys="pinned".' + _map_hint(live[Setting.ISSUERS]),
        )


def _map_hint(issuers: LiveSetting) -> str:
    if issuers.name != Setting.ISSUERS.value:
        return ""  # this cluster takes only a list
    return (
        f" Or write {issuers.name} by hand as the map"
        ' {"issuer_jwks_map": {issuer: JWKS URI}}, with URIs that the nodes can reach.'
    )
