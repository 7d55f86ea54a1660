"""What the front end itself reads and writes in PostgreSQL: accounts and cluster settings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from dev.emulator.catalog import installation
from dev.emulator.go.durations import duration_seconds
from dev.emulator.host.postgres import OWNER
from dev.emulator.issuer_client.key_cache import IssuerKeys
from dev.emulator.issuer_client.web import FetchSettings
from dev.emulator.login.token_checks import JwtSettings
from dev.emulator.setting_texts.hba_rules import SETTING as HOST_RULES
from dev.emulator.setting_texts.identity_map import parse_identity_map
from dev.emulator.setting_texts.settings import (
    AUTO_FETCH,
    CLIENT_TIMEOUT,
    CUSTOM_CA,
    IDENTITY_MAP,
    ISSUERS,
    JWT,
    UNSAFE_OVERRIDE,
    settings_of,
)
from dev.emulator.sqlerror import SqlError
from dev.emulator.versions import TokenChecks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dev.emulator.setting_texts.identity_map import IdentityMap
    from dev.emulator.versions import Version

VISIBILITY_LIMIT_S = 10.0

_ACCOUNT = """
SELECT r.can_login, a.rolpassword, v.value::timestamptz < clock_timestamp()
FROM emulator.user_roles r JOIN pg_authid a ON a.oid = r.oid
LEFT JOIN emulator.role_option v ON v.role = r.rolname AND v.option = 'VALID UNTIL'
WHERE r.rolname = %s AND NOT EXISTS (
    SELECT FROM emulator.system_grant g
    WHERE g.privilege = 'NOSQLLOGIN' AND g.grantee = r.rolname AND NOT r.rolsuper)
"""
_LIVE = """
SELECT d.name, coalesce(emulator.live_setting(d.name), d.fallback)
FROM emulator.setting_definition d WHERE d.name LIKE %s OR d.name = %s
"""
_WRITE = """
INSERT INTO emulator.setting_write (name, value, visible_at)
VALUES (%s, %s, clock_timestamp() + %s * interval '1 millisecond')
"""
# Writes older than the newest visible one are never read again.
_FORGET = """
DELETE FROM emulator.setting_write w WHERE w.name = %s AND w.id < (
    SELECT max(n.id) FROM emulator.setting_write n
    WHERE n.name = w.name AND n.visible_at <= clock_timestamp())
"""


FIXED_TIMEOUT = "3s"
"""For one exchange with an issuer, before there was `client.timeout`."""


@dataclass(frozen=True)
class Account:
    """What logging in as a user depends on.

    Attributes:
        may_login: Whether the user has LOGIN.
        verifier: The hash of the password, as PostgreSQL keeps it; None without a password.
        expired: Whether VALID UNTIL has passed.
    """

    may_login: bool
    verifier: str | None
    expired: bool


class Store:
    """A connection of the cluster's owner, made again when it breaks.

    Args:
        socket_folder: Where PostgreSQL listens.
        propagation_ms: How long a write of a setting stays invisible.
        version: The version that is imitated.
        licence_needed: Whether versions that ask for a licence find none.
        root_disallowed: Whether root may not log in.
    """

    def __init__(
        self,
        socket_folder: str,
        propagation_ms: int,
        version: Version,
        *,
        licence_needed: bool = False,
        root_disallowed: bool = False,
    ) -> None:
        self.version = version
        self.licence_needed = licence_needed
        self.root_disallowed = root_disallowed
        self.internals_opened = False  # by a setting, for every session
        self.cluster_id = ""
        self.issuer_keys = IssuerKeys(keeps=version.caches_issuer_keys)
        self._socket_folder = socket_folder
        self._propagation_ms = propagation_ms
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._lock = asyncio.Lock()
        # Up to 25.3 a node adopts a new time limit when another setting of logins with tokens
        # changes; until the first such login it has not read one.
        self._client_timeout = ""

    async def install(self) -> None:
        """Install what PostgreSQL needs to answer like CockroachDB, and learn the cluster's id.

        Raises:
            SqlError: The folder belongs to a later version.
        """
        async with self._lock:
            self.cluster_id = str(await installation.install(await self._open(), self.version))
        self.internals_opened = await self.live_setting(UNSAFE_OVERRIDE) == "true"

    async def account(self, user: str) -> Account | None:
        """Return what is known of a user, or None if there is no such user."""
        rows = await self._rows(_ACCOUNT, [user])
        if not rows:
            return None
        may_login, verifier, expired = rows[0]
        return Account(bool(may_login), verifier, bool(expired))

    async def jwt_settings(self) -> JwtSettings:
        """Return the settings that a login with a token depends on, as they are now."""
        live = dict(await self._rows(_LIVE, [JWT + "%", IDENTITY_MAP]))
        return JwtSettings(
            enabled=live[JWT + "enabled"] == "true",
            jwks=live[JWT + "jwks"],
            issuers=live[settings_of(self.version).preferred(ISSUERS)],
            audience=live[JWT + "audience"],
            claim=live.get(JWT + "claim", ""),
            identity_map=live[IDENTITY_MAP],
            reads_issuer_map=self.version.reads_issuer_map,
            reads_pointers=self.version.reads_claim_pointers,
            infers_algorithm=self.version.infers_algorithm,
            folds_identities=self.version.folds_identities,
        )

    async def host_rules(self) -> tuple[str, IdentityMap]:
        """Return the host-based rules and the identity map, as they are now."""
        live = dict(await self._rows(_LIVE, [HOST_RULES, IDENTITY_MAP]))
        folds = self.version.folds_identities
        return live[HOST_RULES], parse_identity_map(live[IDENTITY_MAP], folds=folds)

    async def fetch_settings(self) -> FetchSettings:
        """Return the settings that fetching keys depends on, for a login now."""
        live = dict(await self._rows(_LIVE, [JWT + "%", ""]))
        set_now = live.get(CLIENT_TIMEOUT, FIXED_TIMEOUT)
        if self.version.token_checks is TokenChecks.TOKEN_FIRST:
            self._client_timeout = ""  # every login looks at it
        self._client_timeout = self._client_timeout or set_now
        return FetchSettings(
            enabled=live.get(AUTO_FETCH) == "true",
            issuers=live[settings_of(self.version).preferred(ISSUERS)],
            custom_ca=live.get(CUSTOM_CA, ""),
            timeout_s=duration_seconds(self._client_timeout),
            accepts_tokens=live[JWT + "enabled"] == "true",
            checks_status=self.version.checks_fetch_status,
        )

    async def live_setting(self, name: str) -> str | None:
        """Return a setting as the lists print it; None if this version has no such setting."""
        return dict(await self._rows(_LIVE, [name, name])).get(name)

    async def note_login(self, user: str) -> None:
        """Remember when a user logged in, if this version does."""
        if self.version.users_have_last_login:
            await self._rows("CALL emulator.note_login(%s::text)", [user])

    async def provision(self, user: str, source: str) -> None:
        """Make a user who may log in.

        Args:
            user: A name that may be created.
            source: What vouches for the user, e.g. `jwt_token:https://idp.example.com`.
        """
        await self._rows("CALL emulator.provision_user(%s::text, %s::text)", [user, source])

    async def belong_only_to(self, user: str, roles: Sequence[str]) -> None:
        """Make a user a member of exactly these roles; those that do not exist are left out."""
        await self._rows("CALL emulator.belong_only_to(%s::text, %s::text[])", [user, list(roles)])

    async def write_setting(self, name: str, value: str | None) -> None:
        """Write a setting, and wait until it can be read.

        Args:
            name: The preferred name.
            value: The text to store, or None to go back to the default.

        Raises:
            SqlError: It takes longer than CockroachDB waits; the value is written nevertheless.
        """
        await self._rows(_FORGET, [name])
        await self._rows(_WRITE, [name, value, self._propagation_ms])
        delay_s = self._propagation_ms / 1000
        await asyncio.sleep(min(delay_s, VISIBILITY_LIMIT_S))
        if delay_s > VISIBILITY_LIMIT_S:
            raise SqlError("setting updated but timed out waiting to read new value")
        if self.version.caches_issuer_keys and name.startswith(JWT):
            self.issuer_keys.follow(await self.fetch_settings())
        if name == UNSAFE_OVERRIDE:
            self.internals_opened = value == "true"
        if self._client_timeout and name.startswith(JWT) and name != CLIENT_TIMEOUT:
            live = dict(await self._rows(_LIVE, [CLIENT_TIMEOUT, ""]))
            self._client_timeout = live.get(CLIENT_TIMEOUT, FIXED_TIMEOUT)

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()

    async def _rows(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        async with self._lock:
            try:
                connection = await self._open()
                cursor = await connection.execute(query.encode(), values)
                return await cursor.fetchall() if cursor.description else []
            except psycopg.Error as exc:
                raise SqlError(
                    f"the embedded cluster cannot read its own tables: {exc}", sqlstate="XX000"
                ) from exc

    async def _open(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._connection is None or self._connection.broken or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                host=self._socket_folder,
                port=5432,
                user=OWNER,
                dbname="postgres",
                autocommit=True,
                options=r"-c default_transaction_isolation=read\ committed",  # never a victim
            )
        return self._connection
