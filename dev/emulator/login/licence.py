"""The enterprise licence, which builds before November 2024 ask for at the end of a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.setting_texts.settings import LICENCE
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    from dev.emulator.login.store import Store


async def check_licence(store: Store) -> None:
    """Refuse a login with a token on a cluster that needs a licence and has none.

    Raises:
        SqlError: SQLSTATE XXC02.
    """
    if not store.licence_needed or not store.version.checks_licence:
        return
    if not await store.live_setting(LICENCE):
        raise SqlError(
            "use of JWT authentication requires an enterprise license. see "
            f"https://cockroachlabs.com/pricing?cluster={store.cluster_id} for details on how to "
            "enable enterprise features",
            sqlstate="XXC02",
        )
