"""Logins with a token, one at a time: asks for it, has keys fetched, has it judged."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dev.emulator.issuer_client.web import KeysNotFetched
from dev.emulator.jose.tokens import key_id
from dev.emulator.login.licence import check_licence
from dev.emulator.login.password_exchange import ask_for_secret
from dev.emulator.login.token_before_user import EMPTY_TOKEN, admit
from dev.emulator.login.token_check_orders import JUDGES
from dev.emulator.login.token_checks import accepted_claims, unverifiable

if TYPE_CHECKING:
    import asyncio

    from dev.emulator.login.store import Store
    from dev.emulator.login.token_checks import JwtSettings
    from dev.emulator.wire.client import Client

_LOG = logging.getLogger(__name__)


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
        settings = await _with_keys(user, store, await store.jwt_settings(), token)
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
        await admit(
            await store.jwt_settings(), token, user, store, partial(_with_keys, user, store)
        )


async def _with_keys(user: str, store: Store, settings: JwtSettings, token: str) -> JwtSettings:
    """Return the settings with the keys of a token's issuer, where the cluster fetches them.

    Raises:
        SqlError: The token is refused without them, or they can't be fetched; only the log says
            why.
    """
    web = await store.fetch_settings()
    if not (settings.enabled and web.enabled):
        return settings
    issuer = accepted_claims(settings, token).issuer
    try:
        keys = await store.issuer_keys.jwks(web, issuer, key_id(token), os.environ)
    except KeysNotFetched as exc:
        _LOG.warning("login of %s: unable to fetch jwks: %s", user, exc)
        raise unverifiable() from exc
    return replace(settings, jwks=keys)
