"""What a node keeps of issuers: where their keys are, and the keys (26.4; inferred).

Source: CockroachDB pkg/security/jwtauth/remote_jwks_cache.go. Nothing is used once it is stale,
whether or not a fresh answer can be had.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dev.emulator.go.errors import GoError
from dev.emulator.issuer_client.freshness import read_freshness
from dev.emulator.issuer_client.key_fetching import (
    as_fetched,
    discovery_url,
    fetch_jwks,
    jwks_uri,
    mapped_uri,
)
from dev.emulator.issuer_client.web import Request, fetched
from dev.emulator.jose.fetched_sets import usable_keys
from dev.emulator.setting_texts.issuers_and_audiences import issuer_list, issuer_uris

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dev.emulator.issuer_client.freshness import Freshness
    from dev.emulator.issuer_client.web import Answer, FetchSettings

MAX_BODY_BYTES = 1024 * 1024
FORCED_EVERY_S = 30.0
"""How often a token may have keys fetched that are still fresh."""

_FORCED = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class _Address:
    """Where an issuer's keys are, as its discovery document says."""

    uri: str
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class _KeySet:
    """An issuer's keys."""

    uri: str
    text: str
    kids: frozenset[str]
    freshness: Freshness


@dataclass(slots=True)
class _Kept:
    """Everything that was fetched under the same settings, by issuer."""

    addresses: dict[str, _Address] = field(default_factory=dict)
    key_sets: dict[str, _KeySet] = field(default_factory=dict)
    forced_at: dict[str, float] = field(default_factory=dict)


class IssuerKeys:
    """Where one node gets the keys of issuers: from them, or from what it has kept.

    Its caller lets one login in at a time, so logins that find nothing kept fetch once.

    Args:
        keeps: Whether this version keeps anything.
        clock: Tells the seconds since 1970.
    """

    def __init__(self, *, keeps: bool, clock: Callable[[], float] = time.time) -> None:
        self._keeps = keeps
        self._clock = clock
        self._kept = _Kept()
        self._trusted: object = None

    def follow(self, settings: FetchSettings) -> None:
        """Forget everything if a setting has changed on which trust in it rests."""
        trusted = (
            sorted(issuer_list(settings.issuers)),
            issuer_uris(settings.issuers),
            settings.custom_ca,
            settings.enabled,
            settings.accepts_tokens,
        )
        if trusted != self._trusted:
            # A fetch that is under way puts its answer into the old one.
            self._trusted, self._kept = trusted, _Kept()

    async def jwks(
        self, settings: FetchSettings, issuer: str, kid: str, environ: Mapping[str, str]
    ) -> str:
        """Return the keys of an issuer.

        Args:
            settings: Where to look, and whom to trust.
            issuer: Who issued the token.
            kid: The key that the token names; empty if it names none.
            environ: Says whether there is a proxy.

        Returns:
            The key set, which `parse_jwks` reads.

        Raises:
            KeysNotFetched: They are not kept, and cannot be fetched.
        """
        if not self._keeps:
            return await fetch_jwks(settings, issuer, environ)
        self.follow(settings)
        return await _Login(self._kept, settings, environ, self._clock).jwks(issuer, kid)


@dataclass(frozen=True, slots=True)
class _Login:
    """One login: what is kept, and how to get more."""

    kept: _Kept
    settings: FetchSettings
    environ: Mapping[str, str]
    clock: Callable[[], float]

    async def jwks(self, issuer: str, kid: str) -> str:
        """Return the keys of an issuer; see `IssuerKeys.jwks`."""
        uri = await self._uri(issuer)
        now, found = self.clock(), self.kept.key_sets.get(issuer)
        if found is not None and found.uri != uri:
            del self.kept.key_sets[issuer]
            found = None
        if found is None or not found.freshness.is_fresh(now):
            return await self._refreshed(issuer, Request(uri, max_bytes=MAX_BODY_BYTES))
        last = self.kept.forced_at.get(issuer)
        if not kid or kid in found.kids or (last is not None and now - last < FORCED_EVERY_S):
            return found.text
        self.kept.forced_at[issuer] = now
        return await self._refreshed(issuer, Request(uri, _FORCED, MAX_BODY_BYTES))

    async def _uri(self, issuer: str) -> str:
        mapped = mapped_uri(self.settings.issuers, issuer)
        if mapped is not None:
            return mapped
        found = self.kept.addresses.get(issuer)
        if found is not None and found.freshness.is_fresh(self.clock()):
            return found.uri
        answer = await self._fetched(Request(discovery_url(issuer), max_bytes=MAX_BODY_BYTES))
        uri = as_fetched(_usable_uri, answer.text)
        self.kept.addresses.pop(issuer, None)
        if (freshness := _freshness(answer)).may_be_kept:
            self.kept.addresses[issuer] = _Address(uri, freshness)
        return uri

    async def _refreshed(self, issuer: str, request: Request) -> str:
        answer = await self._fetched(request)
        kids = frozenset(key.kid for key in as_fetched(usable_keys, answer.text))
        self.kept.key_sets.pop(issuer, None)
        if (freshness := _freshness(answer)).may_be_kept:
            self.kept.key_sets[issuer] = _KeySet(request.url, answer.text, kids, freshness)
        return answer.text

    async def _fetched(self, request: Request) -> Answer:
        return await fetched(request, self.settings, self.environ, self.clock)


def _freshness(answer: Answer) -> Freshness:
    return read_freshness(answer.headers, answer.requested_at, answer.answered_at)


def _usable_uri(configuration: str) -> str:
    """Return the key URL of a discovery document.

    Raises:
        GoError: There is none, or it is not an absolute one of HTTP with a host.
    """
    uri = jwks_uri(configuration)
    try:
        parts = urlsplit(uri)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise GoError("invalid JWKS URI in OpenID configuration")
    return uri
