"""Fetches from an identity provider: bounded in time and size, https all the way.

It only carries bytes; `crdb_sso.tokens.issuers` and `crdb_sso.tokens.jwks` interpret them.
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from crdb_sso.answers import LARGEST_ANSWER_BYTES, UNCOMPRESSED, Body, UnusableAnswerError
from crdb_sso.crdb import pem
from crdb_sso.errors import DiscoveryFailed, InvalidInput
from crdb_sso.files import reason_of
from crdb_sso.printing import printable
from crdb_sso.tokens.freshness import Headers
from crdb_sso.tokens.issuers import (
    OTHER_WAYS,
    Discovery,
    Issuer,
    discovery_url,
    is_https,
    read_discovery,
)

MOST_REDIRECTS = 3

# A server that publishes keys may know their own media type alone.
_WANTED = {
    "Accept": "application/json, application/jwk-set+json, */*;q=0.5",
    "Accept-Encoding": UNCOMPRESSED,
}

_UNKNOWN_CA = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's codes for a chain that does not lead to a CA that is trusted (X509_V_ERR_*): its issuer
is not there (2, 20), it ends in itself (18, 19), the first certificate can't be verified (21)."""

_NAME_CA = f"If a private CA signs this server's certificate, name it as `ca_file`. {OTHER_WAYS}"
_RENEW_CERTIFICATE = (
    "Check the host name, and the clock of this machine. Otherwise the operators of the server have"
    f" to replace its certificate. {OTHER_WAYS}"
)
_CHECK_CONNECTION = (
    f"Check that this machine can reach it (HTTPS_PROXY and NO_PROXY are obeyed). {OTHER_WAYS}"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        text: The body.
        headers: The headers.
    """

    text: str
    headers: Headers


def fetch_discovery(
    issuer: Issuer,
    *,
    ca_file: str | None = None,
    timeout_s: float = 5.0,
    max_bytes: int = LARGEST_ANSWER_BYTES,
) -> Discovery:
    """Fetch the discovery document of an issuer.

    Args:
        issuer: An https issuer.
        ca_file: Path of a PEM file; when given, only certificates of its CAs are trusted.
        timeout_s: Limit for the whole exchange, redirects included, in seconds.
        max_bytes: An answer is refused as soon as it exceeds this.

    Raises:
        InvalidIssuer: The issuer is not an https URL.
        InvalidInput: `ca_file` can't be read or does not contain a certificate.
        DiscoveryFailed: No answer in time, a status other than 200, too large an answer, a redirect
            away from https, or not this issuer's discovery document.
    """
    url = discovery_url(issuer)
    answer = _fetch(url, ca_file=ca_file, timeout_s=timeout_s, max_bytes=max_bytes)
    return read_discovery(answer.text, issuer, url)


def fetch_jwks(
    uri: str,
    *,
    ca_file: str | None = None,
    timeout_s: float = 5.0,
    max_bytes: int = LARGEST_ANSWER_BYTES,
) -> Answer:
    """Fetch a key set without parsing it.

    Args:
        uri: Absolute https URL of a JSON Web Key Set (RFC 7517, section 5).
        ca_file: Path of a PEM file; when given, only certificates of its CAs are trusted.
        timeout_s: Limit for the whole exchange, redirects included, in seconds.
        max_bytes: An answer is refused as soon as it exceeds this.

    Returns:
        The answer; `crdb_sso.tokens.jwks.parse_fetched` parses its text.

    Raises:
        InvalidInput: `uri` is not an https URL; `ca_file` can't be read or does not contain a
            certificate.
        DiscoveryFailed: No answer in time, a status other than 200, too large an answer, or a
            redirect away from https.
    """
    if not is_https(uri):
        raise InvalidInput(f"jwks_uri {uri!r} is not an https URL", hint=OTHER_WAYS)
    return _fetch(uri, ca_file=ca_file, timeout_s=timeout_s, max_bytes=max_bytes)


def _fetch(url: str, *, ca_file: str | None, timeout_s: float, max_bytes: int) -> Answer:
    """Run the exchange on its own event loop, so that one deadline ends all of it.

    Limits on single reads would not: a server may send one byte at a time forever.
    """
    context = _tls_context(ca_file)
    _check_proxies(url)
    loop = asyncio.new_event_loop()
    try:
        exchange = _exchange(url, context, timeout_s=timeout_s, max_bytes=max_bytes)
        body, headers = loop.run_until_complete(asyncio.wait_for(exchange, timeout_s))
        return Answer(body.decode(), headers)
    except (asyncio.TimeoutError, httpx.TimeoutException) as error:
        raise DiscoveryFailed(
            f"{url}: no complete answer within {timeout_s:g} s", hint=_CHECK_CONNECTION
        ) from error
    except UnicodeDecodeError as error:
        raise DiscoveryFailed(f"{url}: the answer is not UTF-8 text", hint=OTHER_WAYS) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, ImportError) as error:
        raise _failed(url, error) from error  # the last two: a host name or proxy it can't use
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()  # does not wait for a name lookup that is still hanging


async def _exchange(
    url: str, context: ssl.SSLContext, *, timeout_s: float, max_bytes: int
) -> tuple[bytes, Headers]:
    # One stalled step ends before the deadline: only then is a socket closed that stalls within a
    # TLS handshake (httpcore does not close it when it is cancelled from outside).
    async with httpx.AsyncClient(
        verify=context,
        timeout=0.8 * timeout_s,
        headers=_WANTED,
    ) as client:
        request = client.build_request("GET", url)
        for _ in range(MOST_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            try:
                following = _redirect(url, response)
                if following is None:
                    return await _body(url, response, max_bytes), response.headers.multi_items()
                request = following
            finally:
                await response.aclose()
    raise DiscoveryFailed(f"{url}: more than {MOST_REDIRECTS} redirects", hint=OTHER_WAYS)


def _redirect(url: str, response: httpx.Response) -> httpx.Request | None:
    following = response.next_request
    if following is not None and not is_https(str(following.url)):
        raise DiscoveryFailed(
            f"{url}: redirects to {following.url}, which is not https, or not a usable URL",
            hint=f"Answers without TLS are not trusted. {OTHER_WAYS}",
        )
    return following


async def _body(url: str, response: httpx.Response, max_bytes: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise DiscoveryFailed(
            f"{url}: answered {response.status_code} {printable(response.reason_phrase)}",
            hint=f"Check `issuer` against the `iss` of a token. {OTHER_WAYS}",
        )
    try:
        body = Body(response.headers.get("Content-Encoding", ""), max_bytes)
        async for chunk in response.aiter_raw():
            body.add(chunk)
        return body.whole()
    except UnusableAnswerError as error:
        raise DiscoveryFailed(f"{url}: {error}", hint=OTHER_WAYS) from error


def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return what decides whom to believe.

    Whoever names a CA wants it believed as it is, as Go does in the nodes of a cluster, on every
    version of Python: without key identifiers, without key usage, signed by somebody else.
    """
    if ca_file is None:
        return httpx.create_ssl_context()
    try:
        text = Path(ca_file).read_text("utf-8", errors="replace")  # of comments
        pem.check_certificates(text)
        context = ssl.create_default_context(cadata=pem.joined(pem.certificates(text).values()))
    except InvalidInput as error:
        raise _unusable(ca_file, error.what) from error
    except (OSError, ValueError) as error:  # ssl.SSLError; a path that no file can have
        reason = reason_of(error, str(error))
        raise _unusable(ca_file, reason) from error
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _unusable(ca_file: str, reason: str) -> InvalidInput:
    return InvalidInput(
        f"the CA file {ca_file!r} can't be used: {reason}",
        hint="Give the path of a PEM file with the CA certificate of the issuer's server.",
    )


def _check_proxies(url: str) -> None:
    """Check the proxies of the environment; they may hold passwords, which are not repeated."""
    for scheme in ("https", "all"):
        proxy = getproxies().get(scheme, "")
        try:
            _ = urlsplit(proxy if "://" in proxy else f"http://{proxy}").port
        except ValueError:
            raise DiscoveryFailed(
                f"{url}: {scheme.upper()}_PROXY is not the URL of a proxy, or has a bad port",
                hint=_CHECK_CONNECTION,
            ) from None


def is_of_unknown_ca(error: DiscoveryFailed) -> bool:
    """Tell whether a server was not believed, as its certificate is of a CA that nobody named."""
    refused = _refused_certificate(error)
    return refused is not None and refused.verify_code in _UNKNOWN_CA


def _refused_certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the error about a server's certificate that led to another one, if one did."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _failed(url: str, error: Exception) -> DiscoveryFailed:
    reason = printable(str(error)) or type(error).__name__
    refused, hint = _refused_certificate(error), _CHECK_CONNECTION
    if refused is not None:
        hint = _NAME_CA if refused.verify_code in _UNKNOWN_CA else _RENEW_CERTIFICATE
    return DiscoveryFailed(f"{url}: {reason}", hint=hint)
