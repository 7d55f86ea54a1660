"""Groups of a token become memberships of its user, from 25.4 on.

Source: CockroachDB pkg/ccl/jwtauthccl/authorization_jwt.go and its helper for groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.emulator.go.errors import GoError
from dev.emulator.go.text import quoted, sprint, trimmed
from dev.emulator.issuer_client.userinfo import userinfo
from dev.emulator.jose.tokens import read_unverified
from dev.emulator.setting_texts.settings import (
    GROUP_CLAIM,
    GROUPS_ENABLED,
    USERINFO_GROUP_KEY,
)
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import normalise

if TYPE_CHECKING:
    from dev.emulator.go.json import Object
    from dev.emulator.jose.claims import Claims, ClaimValue
    from dev.emulator.login.store import Store

_REFUSED = "28000"


async def sync_groups(token: str, user: str, store: Store) -> None:
    """Make a user a member of exactly the roles that its groups name.

    Args:
        token: One that has been accepted.
        user: The SQL user, normalised.
        store: Users and settings.

    Raises:
        SqlError: The groups are not known, or there are none; in the latter case all memberships
            have been revoked.
    """
    if await store.live_setting(GROUPS_ENABLED) != "true":
        return
    groups = await _groups(token, store)
    roles = [normalise(group) for group in groups if "\0" not in group]  # no role has such a name
    await store.belong_only_to(user, roles)
    if not groups:
        raise _refusal("empty group list")


def groups_in(value: ClaimValue) -> list[str]:
    """Return the groups that a value lists: each once, trimmed, in lower case, none empty.

    Args:
        value: A list, or a text with commas between groups.

    Raises:
        GoError: It is something else.
    """
    if isinstance(value, list):
        listed = [sprint(element) for element in value]
    elif isinstance(value, str):
        listed = value.split(",")
    else:
        raise GoError(f"groups claim must be array or string (raw={quoted(sprint(value))})")
    cleaned = (trimmed(group).lower() for group in listed)
    return list(dict.fromkeys(group for group in cleaned if group))


async def _groups(token: str, store: Store) -> list[str]:
    """Return the groups that the token lists, or those that the issuer tells."""
    claims = read_unverified(token)
    claim = await store.live_setting(GROUP_CLAIM) or ""
    if claim in claims.values:
        try:
            return groups_in(claims.values[claim])
        except GoError:  # then the issuer is asked, as if there were no claim
            return await _groups_of_issuer(claims, token, store)
    return await _groups_of_issuer(claims, token, store)


async def _groups_of_issuer(claims: Claims, token: str, store: Store) -> list[str]:
    try:
        told = await userinfo(claims.issuer, token, await store.fetch_settings())
        if told is not None:
            return _groups_told(told, await store.live_setting(USERINFO_GROUP_KEY) or "")
    except GoError as exc:
        raise _refusal("userinfo lookup failed", str(exc)) from exc
    subject = str(claims.values.get("sub", ""))
    named = f"(issuer={quoted(claims.issuer)} subject={quoted(subject)})"
    detail = f"groups claim missing in token and there is no userinfo endpoint {named}"
    raise _refusal("No userinfo endpoint", detail)


def _groups_told(told: Object, key: str) -> list[str]:
    members = dict(told.pairs)
    if key not in members:
        return []  # a user to whom the issuer gives no groups is in none
    try:
        return groups_in(members[key])
    except GoError as exc:
        raise GoError("JWT authorization: invalid groups in userinfo") from exc


def _refusal(reason: str, detail: str | None = None) -> SqlError:
    return SqlError(f"JWT authorization: {reason}", sqlstate=_REFUSED, detail=detail)
