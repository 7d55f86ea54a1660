"""Logins on the embedded cluster without a socket or a database: what its judge answers.

The embedded cluster shares no code with the product. Its accounts, settings and fetched keys come
from a `ClusterView` here; its checks, their order and their words are its own.
"""

import asyncio
from dataclasses import dataclass, replace

from crdb_sso.verdict import ClusterView
from dev.emulator.go.errors import GoError
from dev.emulator.issuer_client.web import FetchSettings, KeysNotFetched
from dev.emulator.jose.fetched_sets import usable_keys
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.login.authentication import Start, authenticate
from dev.emulator.login.store import Account
from dev.emulator.login.token_checks import JwtSettings
from dev.emulator.setting_texts.settings import AUTO_FETCH, ISSUERS, JWT, LICENCE, settings_of
from dev.emulator.sqlerror import SqlError
from dev.emulator.usernames import normalise
from dev.emulator.versions import VERSIONS, Version
from dev.emulator.wire.messages import Message


@dataclass(frozen=True)
class Told:
    """What the client of a refused login reads."""

    message: str
    detail: str
    sqlstate: str


def log_in(cluster: ClusterView, user: str, token: str) -> Told | None:
    """Log in now, and return what the client is told; None if it gets in."""
    start = Start(normalise(user), "defaultdb", jwt=True, variables={})
    return asyncio.run(_log_in(cluster, start, token))


async def _log_in(cluster: ClusterView, start: Start, token: str) -> Told | None:
    store = _Store(cluster)
    try:
        await authenticate(_Client(token), start, store, asyncio.Lock())  # type: ignore[arg-type]
    except SqlError as exc:
        return Told(exc.message, exc.detail or "", exc.sqlstate)
    return None


class _Client:
    """Answers the one question: what is the password."""

    certificate_user = None

    def __init__(self, token: str) -> None:
        self._token = token

    async def send(self, *_messages: Message) -> None:
        """Ask."""

    async def receive(self) -> Message:
        return Message(b"p", self._token.encode("utf-8", "surrogatepass") + b"\0")


class _Keys:
    """What issuers answer: their key sets, or nothing."""

    def __init__(self, cluster: ClusterView, version: Version) -> None:
        self._fetched = cluster.fetched
        self._read = usable_keys if version.caches_issuer_keys else parse_jwks

    async def jwks(self, _settings: object, issuer: str, *_more: object) -> str:
        text = self._fetched.get(issuer)
        if text is None:
            raise KeysNotFetched("nobody answered")
        try:
            self._read(text)
        except GoError as exc:
            raise KeysNotFetched(str(exc)) from exc
        return text


class _Store:
    """Accounts and settings of a `ClusterView`, as the embedded cluster asks for them."""

    root_disallowed = False
    licence_needed = True
    cluster_id = "7c3e1d5a-0000-4000-8000-000000000000"

    def __init__(self, cluster: ClusterView) -> None:
        series = ".".join(cluster.version.split(".")[:2])
        self.version = VERSIONS[series]
        self._cluster = cluster
        self._accounts = {
            name: Account(may_login=view.may_login, verifier=None, expired=False)
            for name, view in cluster.users.items()
        }
        self.issuer_keys = _Keys(cluster, self.version)

    async def account(self, user: str) -> Account | None:
        return self._accounts.get(user)

    async def provision(self, user: str, _source: str) -> None:
        self._accounts[user] = Account(may_login=True, verifier=None, expired=False)

    async def belong_only_to(self, _user: str, _roles: list[str]) -> None:
        """Memberships decide no login."""

    async def live_setting(self, name: str) -> str | None:
        if name == LICENCE:
            return "crl-0-licence" if self._cluster.licensed else ""
        return self._cluster.settings.get(name)

    async def jwt_settings(self) -> JwtSettings:
        live = self._cluster.settings
        settings = JwtSettings(
            enabled=live[JWT + "enabled"] == "true",
            jwks=live[JWT + "jwks"],
            issuers=live[settings_of(self.version).preferred(ISSUERS)],
            audience=live[JWT + "audience"],
            claim=live.get(JWT + "claim", ""),
            identity_map=live["server.identity_map.configuration"],
        )
        return replace(
            settings,
            reads_issuer_map=self.version.reads_issuer_map,
            reads_pointers=self.version.reads_claim_pointers,
            infers_algorithm=self.version.infers_algorithm,
            folds_identities=self.version.folds_identities,
        )

    async def fetch_settings(self) -> FetchSettings:
        live = self._cluster.settings
        return FetchSettings(
            enabled=live.get(AUTO_FETCH) == "true", issuers="", custom_ca="", timeout_s=1.0
        )
