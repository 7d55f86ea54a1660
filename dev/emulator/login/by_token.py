"""Logins with a token, one at a time: asks for it, has keys fetched, has it judged."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dev.emulator.issuer_client.key_fetching import KeysNotFetched, fetch_jwks
from dev.emulator.login.licence import check_licence
from dev.emulator.login.password_exchange import ask_for_secret
from dev.emulator.login.token_before_user import EMPTY_TOKEN, admit
from dev.emulator.login.token_check_orders import JUDGES
from dev.emulator.login.token_checks import accepted_claims, unverifiable
from dev.emulator.sqlerror import SqlError

if TYPE_CHECKING:
    import asyncio

    from dev.emulator.login.store import Store
    from dev.emulator.login.token_checks import JwtSettings
    from dev.emulator.wire.client import Client

_LOG = logging.getLogger(__name__)
_REFUSED = "28000"


async def log_in(client: Client, user: str, store: Store, turn: asyncio.Lock) -> None:
    """Let a user in by a token, or refuse it, as versions up to 25.3 do.

    Args:
        client: Who logs in.
        user: The user, who exists and has LOGIN; normalised.
        store: Where the settings are.
        turn: Held while a token is judged. A node judges one at a time, fetching included, so
            a slow issuer keeps every login with a token waiting, those of other issuers too.

    Raises:
        SqlError: The user may not log in, in CockroachDB's words.
    """
    token = await ask_for_secret(client, user)
    async with turn:
        settings = await store.jwt_settings()
        if settings.enabled and (await store.fetch_settings()).enabled:
            issuer = accepted_claims(settings, token).issuer
            try:
                settings = await _with_fetched_keys(user, store, settings, issuer)
            except KeysNotFetched as exc:
                raise unverifiable() from exc
        JUDGES[store.version.token_checks](settings, token, user, time.time())
        await check_licence(store)


async def log_in_token_first(client: Client, user: str, store: Store, turn: asyncio.Lock) -> None:
    """Let a user in by a token, or refuse it, as 25.4 and later do; the user may be made for it.

    Args:
        client: Who logs in.
        user: The user, normalised.
        store: Where settings and users are.
        turn: As for `log_in`.

    Raises:
        SqlError: The user may not log in, in CockroachDB's words.
    """
    token = await ask_for_secret(client, user, if_empty=EMPTY_TOKEN)
    async with turn:
        fetched = partial(_fetched_or_told, user, store)
        await admit(await store.jwt_settings(), token, user, store, fetched)


async def _fetched_or_told(
    user: str, store: Store, settings: JwtSettings, issuer: str
) -> JwtSettings:
    """Return the settings with an issuer's keys; the client is told why they can't be fetched."""
    if not (await store.fetch_settings()).enabled:
        return settings
    try:
        return await _with_fetched_keys(user, store, settings, issuer)
    except KeysNotFetched as exc:
        raise SqlError(str(exc), sqlstate=_REFUSED) from exc


async def _with_fetched_keys(
    user: str, store: Store, settings: JwtSettings, issuer: str
) -> JwtSettings:
    try:
        keys = await fetch_jwks(await store.fetch_settings(), issuer, os.environ)
    except KeysNotFetched as exc:
        _LOG.warning("login of %s: unable to fetch jwks: %s", user, exc)
        raise
    return replace(settings, jwks=keys)
