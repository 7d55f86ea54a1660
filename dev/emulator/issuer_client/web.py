"""One GET of a node to an issuer: redirects, proxy, private CA, time limit, status.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go and pkg/util/httputil/client.go. Up to
26.1 the status of an answer does not matter, only what it says.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from dev.emulator.go.json import bytes_of, text_of
from dev.emulator.go.text import quoted
from dev.emulator.issuer_client.proxies import proxy_for
from dev.emulator.setting_texts.custom_ca import certificates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_BODY_BYTES = 16 * 1024 * 1024
"""CockroachDB up to 26.2 reads until the time limit; here an answer may not be longer than this."""
MAX_REDIRECTS = 10
LAST_PORT = 65535

_HEADERS = {"Accept-Encoding": "gzip", "Connection": "close", "User-Agent": "dev.emulator"}
_SHOWN_BYTES = 200


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
        accepts_tokens: `server.jwt_authentication.enabled`.
        checks_status: Whether this version takes only answers with a status of 2xx.
    """

    enabled: bool
    issuers: str
    custom_ca: str = field(repr=False)
    timeout_s: float
    accepts_tokens: bool = True
    checks_status: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for.

    Attributes:
        url: Where it is.
        headers: Sent with the request, beside the usual ones.
        max_bytes: Longer answers are refused.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_bytes: int = MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        body: All of it, or a little more than the request allows.
        status: Code and reason, e.g. `404 Not Found`.
        ok: Whether the code is 2xx.
        headers: Names in lower case, and values, in order; a name may come twice.
        requested_at: When the request was sent, in seconds since 1970.
        answered_at: When the headers had come.
    """

    body: bytes
    status: str
    ok: bool
    headers: tuple[tuple[str, str], ...]
    requested_at: float
    answered_at: float

    @property
    def text(self) -> str:
        """The body as text in which broken bytes stay recognisable."""
        return text_of(self.body)


async def fetched_text(
    request: Request, settings: FetchSettings, environ: Mapping[str, str]
) -> str:
    """Return the body of an answer; see `fetched`."""
    return (await fetched(request, settings, environ)).text


async def fetched(
    request: Request,
    settings: FetchSettings,
    environ: Mapping[str, str],
    clock: Callable[[], float] = time.time,
) -> Answer:
    """Return an answer; redirects are followed.

    Args:
        request: What to get.
        settings: Whom to trust, how long to wait, and whether the status counts.
        environ: Says whether there is a proxy.
        clock: Tells the seconds since 1970.

    Raises:
        KeysNotFetched: No answer in time, too long a one, or one with a status that is refused.
    """
    url = request.url
    try:
        answer = await asyncio.wait_for(
            _followed(request, settings.custom_ca, environ, clock), settings.timeout_s or None
        )
    except asyncio.TimeoutError as exc:
        reason = f"no whole answer within {settings.timeout_s:g} s"
        raise KeysNotFetched(f"Get {quoted(url)}: {reason}") from exc
    except (httpx.HTTPError, httpx.InvalidURL, KeysNotFetched, OSError, ValueError) as exc:
        raise KeysNotFetched(f"Get {quoted(url)}: {str(exc) or type(exc).__name__}") from exc
    if len(answer.body) > request.max_bytes:
        raise KeysNotFetched(f"response body exceeds {request.max_bytes} bytes")
    if settings.checks_status and not answer.ok:
        detail = f"GET {url} returned {answer.status}: {_shown(answer.body)}"
        raise KeysNotFetched(f"JWT authentication: HTTP request failed (DETAIL: {detail})")
    return answer


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


def _shown(body: bytes) -> str:
    """Return the beginning of a body for a log, on one line."""
    shown = body[:_SHOWN_BYTES].decode("utf-8", "replace")
    cut = "..." if len(body) > _SHOWN_BYTES else ""
    return "".join(c if c.isprintable() else quoted(c)[1:-1] for c in shown) + cut


async def _followed(
    request: Request, custom_ca: str, environ: Mapping[str, str], clock: Callable[[], float]
) -> Answer:
    requested_at = clock()
    asked = _dialled(request.url)
    headers = [(name.encode(), bytes_of(value)) for name, value in request.headers.items()]
    for _ in range(1 + MAX_REDIRECTS):
        async with (
            _client(asked, await asyncio.to_thread(tls_settings, custom_ca), environ) as client,
            client.stream("GET", asked, headers=headers) as answer,
        ):
            if answer.next_request is None:
                answered_at = clock()
                return Answer(
                    body=await _body(answer, request.max_bytes),
                    status=f"{answer.status_code} {answer.reason_phrase}".rstrip(),
                    ok=answer.is_success,
                    headers=tuple(answer.headers.multi_items()),
                    requested_at=requested_at,
                    answered_at=answered_at,
                )
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


async def _body(answer: httpx.Response, max_bytes: int) -> bytes:
    """Read a body, and stop soon after it is too long."""
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > max_bytes:
            break
    return bytes(body)
