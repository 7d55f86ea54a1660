"""A login with a token from 25.4 on: whom it says it is for, then the user, then all the rest.

Source: CockroachDB pkg/security/jwtauth and pull request 149415. A user is made on issuer and
signature alone: a token that has expired, or is meant for another audience, still makes one, and is
refused afterwards.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dev.emulator.login.groups import sync_groups
from dev.emulator.login.refusals import no_login, wrong_password
from dev.emulator.login.token_check_orders import identify, vouched_claims
from dev.emulator.login.token_checks import judge
from dev.emulator.setting_texts.settings import PROVISIONING
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import check_new

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dev.emulator.login.store import Account, Store
    from dev.emulator.login.token_checks import JwtSettings

    KeySource = Callable[[JwtSettings, str], Awaitable[JwtSettings]]

EMPTY_TOKEN = "28000"  # noqa: S105 - the SQLSTATE of a login without one (inferred)
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
        with_keys: Returns the settings with the keys of the token's issuer in them; called once,
            and once more if a user is made.

    Raises:
        SqlError: The first check that fails.
    """
    identify(settings, token, user)
    account = await store.account(user)
    if account is None:
        if await store.live_setting(PROVISIONING) != "true":
            raise wrong_password(user)
        claims = vouched_claims(await with_keys(settings, token), token)
        account = await _provisioned(claims.issuer, user, store)
    if not account.may_login:
        raise no_login(user)
    judge(await with_keys(settings, token), token, user, time.time())
    await sync_groups(token, user, store)


async def _provisioned(issuer: str, user: str, store: Store) -> Account:
    """Make a user for a token that its issuer signed."""
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
