"""The issuer of Cockroach Cloud's own logins is never dropped."""

from crdb_sso.crdb import setting_texts
from crdb_sso.crdb.settings import VENDOR_ISSUER, LiveSetting, Setting
from crdb_sso.errors import GuardRefused


def check_vendor_issuer(live: LiveSetting, next_text: str) -> None:
    """Refuse to drop Cockroach Cloud's own issuer.

    Raises:
        GuardRefused: It is in the list, and would no longer be.
    """
    before = setting_texts.entries(Setting.ISSUERS, live.text)
    if VENDOR_ISSUER in before and VENDOR_ISSUER not in setting_texts.entries(
        Setting.ISSUERS, next_text
    ):
        raise GuardRefused(
            f"this would drop {VENDOR_ISSUER}, with which Cockroach Cloud's own logins work",
            hint="Keep it in the program; or, where no Cockroach Cloud manages the cluster, take it"
            f" out of {live.name} by hand first.",
        )
