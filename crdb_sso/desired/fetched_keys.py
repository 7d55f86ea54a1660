"""Keys that the nodes fetch at each login: what that asks of a cluster, and in which order.

While fetching is on, pinned keys are not looked at, for no issuer. So it is a matter of the whole
cluster: refused where that would end logins that somebody else relies on.
"""

from collections.abc import Mapping

from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry, Kind

AUTO_FETCH = Entry(Kind.SETTING, Setting.AUTO_FETCH.value)
TIMEOUT = Entry(Kind.SETTING, Setting.TIMEOUT.value)


def is_fetched(entries: Mapping[Entry, str]) -> bool:
    """Tell whether entries ask the nodes to fetch keys."""
    return entries.get(AUTO_FETCH) == "true"
