"""Which claim of a token names its principal: one setting for all logins of a cluster."""

from crdb_sso.crdb.settings import Setting
from crdb_sso.registry.claims import Entry, Kind

CLAIM = Entry(Kind.SETTING, Setting.CLAIM.value)

DEFAULT_CLAIM = "sub"


def principal_claim(text: str) -> str:
    """Return the claim that a value of the setting names; an empty one means the default."""
    return text or DEFAULT_CLAIM
