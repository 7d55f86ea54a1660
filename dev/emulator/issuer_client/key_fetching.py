"""Fetching an issuer's keys, as each login does while `jwks_auto_fetch.enabled` is on.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go and pkg/util/httputil/client.go.
Nothing is kept from one login to the next, and the status of an answer does not matter, only what
it says.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import httpx

from dev.emulator.go.errors import GoError
from dev.emulator.go.json import (
    Object,
    as_string,
    bytes_of,
    mismatch,
    names_field,
    text_of,
    whole_value,
)
from dev.emulator.go.text import quoted
from dev.emulator.issuer_client.proxies import proxy_for
from dev.emulator.jose.keys import parse_jwks
from dev.emulator.setting_texts.custom_ca import certificates
from dev.emulator.setting_texts.issuers_and_audiences import issuer_uris

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

MAX_BODY_BYTES = 16 * 1024 * 1024
"""CockroachDB reads until the time limit; here the answer may not be longer than this."""
MAX_REDIRECTS = 10
LAST_PORT = 65535

_WELL_KNOWN = "/.well-known/openid-configuration"
_URI_MEMBER = "jwks_uri"
_CONFIGURATION = "jwtauthccl.OIDCConfigResponse"
_HEADERS = {"Accept-Encoding": "gzip", "Connection": "close", "User-Agent": "dev.emulator"}


class KeysNotFetched(Exception):
    """An issuer's keys could not be fetched; the message is for the log, not for clients."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """The cluster settings that decide where keys come from; each has passed its validator.

    Attributes:
        enabled: `server.jwt_authentication.jwks_auto_fetch.enabled`.
        issuers: `server.jwt_authentication.issuers.configuration`.
        custom_ca: `server.jwt_authentication.issuers.custom_ca`, PEM.
        timeout_s: Seconds that each exchange may take; 0 for no limit.
    """

    enabled: bool
    issuers: str
    custom_ca: str = field(repr=False)
    timeout_s: float


async def fetch_jwks(settings: FetchSettings, issuer: str, environ: Mapping[str, str]) -> str:
    """Fetch the keys that an issuer publishes.

    Args:
        settings: Where to look, and whom to trust.
        issuer: Who issued the token.
        environ: Says whether there is a proxy.

    Returns:
        The key set, which `parse_jwks` reads.

    Raises:
        KeysNotFetched: No answer in time, or one that is not what was asked for.
    """
    uris = issuer_uris(settings.issuers)
    if uris:
        if issuer not in uris:
            raise KeysNotFetched("JWT authentication: no jwks uri set for issuer")
        uri = uris[issuer]
    else:
        configuration = await fetched_text(discovery_url(issuer), settings, environ)
        uri = _read(jwks_uri, configuration)
    keys = await fetched_text(uri, settings, environ)
    _read(parse_jwks, keys)
    return keys


def discovery_url(issuer: str) -> str:
    """Return the URL at which an issuer describes itself; one slash at its end is dropped."""
    return issuer.removesuffix("/") + _WELL_KNOWN


def jwks_uri(configuration: str) -> str:
    """Return the one member that counts of an issuer's description of itself.

    Raises:
        GoError: The text is not JSON, or the member is not a text, or is missing.
    """
    value = whole_value(configuration)
    if not isinstance(value, (Object, type(None))):
        raise mismatch(value, f"Go value of type {_CONFIGURATION}")
    uri = ""
    for name, member in value.pairs if value else ():
        if names_field(name, _URI_MEMBER) and member is not None:
            uri = as_string(
                member, f"Go struct field OIDCConfigResponse.{_URI_MEMBER} of type string"
            )
    if not uri:
        raise GoError("no JWKS URI found in OpenID configuration")
    return uri


def tls_settings(custom_ca: str) -> ssl.SSLContext:
    """Return the TLS settings of a request.

    Args:
        custom_ca: PEM of the only certificates to trust; empty for the system's.
    """
    context = ssl.create_default_context(cadata=certificates(custom_ca) or None)
    # As Go checks: any trusted certificate ends a chain, and its form does not matter.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _read(reader: Callable[[str], T], text: str) -> T:
    try:
        return reader(text)
    except GoError as exc:
        raise KeysNotFetched(str(exc)) from exc


async def fetched_text(
    url: str, settings: FetchSettings, environ: Mapping[str, str], authorization: str = ""
) -> str:
    """Return the body of an answer, whatever its status; redirects are followed.

    Args:
        url: What to get.
        settings: Whom to trust, and how long to wait.
        environ: Says whether there is a proxy.
        authorization: Value of that header; empty for none.

    Raises:
        KeysNotFetched: No answer in time.
    """
    try:
        return await asyncio.wait_for(
            _followed(url, settings.custom_ca, environ, authorization), settings.timeout_s or None
        )
    except asyncio.TimeoutError as exc:
        reason = f"no whole answer within {settings.timeout_s:g} s"
        raise KeysNotFetched(f"Get {quoted(url)}: {reason}") from exc
    except (httpx.HTTPError, httpx.InvalidURL, KeysNotFetched, OSError, ValueError) as exc:
        raise KeysNotFetched(f"Get {quoted(url)}: {str(exc) or type(exc).__name__}") from exc


async def _followed(
    url: str, custom_ca: str, environ: Mapping[str, str], authorization: str
) -> str:
    asked = _dialled(url)
    headers = [(b"Authorization", bytes_of(authorization))] if authorization else []
    for _ in range(1 + MAX_REDIRECTS):
        async with (
            _client(asked, await asyncio.to_thread(tls_settings, custom_ca), environ) as client,
            client.stream("GET", asked, headers=headers) as answer,
        ):
            if answer.next_request is None:
                return text_of(await _body(answer))
            asked = _dialled(str(answer.next_request.url))
    raise KeysNotFetched(f"stopped after {MAX_REDIRECTS} redirects")


def _client(url: httpx.URL, tls: ssl.SSLContext, environ: Mapping[str, str]) -> httpx.AsyncClient:
    named = proxy_for(url, environ)
    return httpx.AsyncClient(
        headers=_HEADERS,
        verify=tls,
        proxy=None if named is None else _proxy(_dialled(named), tls),
        timeout=None,  # noqa: S113 - one limit for the whole exchange, set by the caller
        trust_env=False,
    )


def _proxy(url: httpx.URL, tls: ssl.SSLContext) -> httpx.Proxy:
    if url.scheme not in ("http", "https"):
        raise KeysNotFetched(f"a proxy of this kind is not implemented: {url.scheme}")
    return httpx.Proxy(url, ssl_context=tls if url.scheme == "https" else None)


def _dialled(url: str) -> httpx.URL:
    """Return a URL, unless its port is out of range."""
    found = httpx.URL(url)
    if (found.port or 0) > LAST_PORT:
        raise KeysNotFetched(f"invalid port: {found.port}")
    return found


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise KeysNotFetched(f"the answer is longer than {MAX_BODY_BYTES} bytes")
    return bytes(body)
