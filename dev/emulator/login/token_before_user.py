"""A login with a token from 25.4 on: the token is judged before the user is looked up.

Source: CockroachDB pkg/sql/pgwire/auth_methods.go. A token that has expired, or is meant for
another audience, still makes a user; it is refused afterwards.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dev.emulator.login.groups import sync_groups
from dev.emulator.login.refusals import no_login, wrong_password
from dev.emulator.login.token_check_orders import identify, readable_claims
from dev.emulator.login.token_checks import judge
from dev.emulator.setting_texts.settings import PROVISIONING
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import check_new

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dev.emulator.login.store import Account, Store
    from dev.emulator.login.token_checks import JwtSettings

    KeySource = Callable[[JwtSettings, str], Awaitable[JwtSettings]]

EMPTY_TOKEN = "28000"  # noqa: S105 - the SQLSTATE of a login without one
_REFUSED = "28000"


async def admit(
    settings: JwtSettings, token: str, user: str, store: Store, with_keys: KeySource
) -> None:
    """Let a token in as a user, who may be made for it, or refuse it.

    Args:
        settings: What the cluster accepts.
        token: The password the client sent; not empty.
        user: The SQL user to log in as, normalised.
        store: Users and further settings.
        with_keys: Returns the settings with an issuer's keys in them; called twice.

    Raises:
        SqlError: The first check that fails.
    """
    issuer = readable_claims(settings, token).issuer
    claims = identify(await with_keys(settings, issuer), token, user)
    account = await store.account(user) or await _provisioned(claims.issuer, user, store)
    if not account.may_login:
        raise no_login(user)
    judge(await with_keys(settings, issuer), token, user, time.time())
    await sync_groups(token, user, store)


async def _provisioned(issuer: str, user: str, store: Store) -> Account:
    """Make a user, if the cluster provisions users."""
    if await store.live_setting(PROVISIONING) != "true":
        raise wrong_password(user)
    if not issuer:
        raise _not_made("invalid provisioning source: the token names no issuer")
    try:
        check_new(user)
    except SqlError as exc:
        raise _not_made(f"failed to create role: {exc.message}") from exc
    await store.provision(user, f"jwt_token:{issuer}")
    account = await store.account(user)
    if account is None:
        raise wrong_password(user)  # dropped again meanwhile
    return account


def _not_made(why: str) -> SqlError:
    return SqlError(f"JWT provisioning: {why}", sqlstate=_REFUSED)
