"""Keys that the nodes fetch at each login, and the settings that this takes.

While fetching is on, pinned keys are ignored for every issuer. So fetching concerns the whole
cluster, and is refused where it would end logins that somebody else relies on.
"""

from collections.abc import Mapping

from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry, Kind

AUTO_FETCH = Entry(Kind.SETTING, Setting.AUTO_FETCH.value)
TIMEOUT = Entry(Kind.SETTING, Setting.TIMEOUT.value)


def is_fetched(entries: Mapping[Entry, str]) -> bool:
    """Tell whether entries ask the nodes to fetch keys."""
    return entries.get(AUTO_FETCH) == "true"
