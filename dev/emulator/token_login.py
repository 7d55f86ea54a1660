"""Logins with a token, one at a time."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from dev.emulator.jwt_login import accepted_claims, judge, unverifiable
from dev.emulator.key_fetching import KeysNotFetched, fetch_jwks
from dev.emulator.password_exchange import ask_for_secret

if TYPE_CHECKING:
    import asyncio

    from dev.emulator.client import Client
    from dev.emulator.store import Store

_LOG = logging.getLogger(__name__)


async def log_in(client: Client, user: str, store: Store, turn: asyncio.Lock) -> None:
    """Let a user in by a token, or not.

    Args:
        client: Who logs in.
        user: The user, who exists and has LOGIN; normalised.
        store: Where the settings are.
        turn: Held while a token is judged. A node judges one at a time, fetching included, so
            that a slow issuer keeps every login with a token waiting, also of other issuers.

    Raises:
        SqlError: The user may not log in, in CockroachDB's words.
    """
    token = await ask_for_secret(client, user)
    async with turn:
        settings = await store.jwt_settings()
        fetching = await store.fetch_settings()
        if fetching.enabled:
            issuer = accepted_claims(settings, token).issuer
            try:
                settings = replace(settings, jwks=await fetch_jwks(fetching, issuer, os.environ))
            except KeysNotFetched as exc:
                _LOG.warning("login of %s: unable to fetch jwks: %s", user, exc)
                raise unverifiable() from exc
        judge(settings, token, user, time.time())
