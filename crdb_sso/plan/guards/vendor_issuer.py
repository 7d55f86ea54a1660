"""The issuer of Cockroach Cloud's own logins is never dropped."""

from crdb_sso.crdb.setting_texts import entries
from crdb_sso.crdb.settings import VENDOR_ISSUER, Setting
from crdb_sso.errors import GuardRefused
from crdb_sso.plan.context import PlanContext


def check(context: PlanContext) -> None:
    """Refuse to drop Cockroach Cloud's own issuer.

    Raises:
        GuardRefused: It is in the list, and would no longer be.
    """
    after = entries(Setting.ISSUERS, context.after[Setting.ISSUERS].text)
    if VENDOR_ISSUER in context.live_entries[Setting.ISSUERS] and VENDOR_ISSUER not in after:
        raise GuardRefused(
            f"this would drop {VENDOR_ISSUER}, which Cockroach Cloud's own logins rely on",
            hint="Keep it in the program. Or, if Cockroach Cloud does not manage this cluster,"
            f" remove it from {context.live.settings[Setting.ISSUERS].name} by hand first.",
        )
