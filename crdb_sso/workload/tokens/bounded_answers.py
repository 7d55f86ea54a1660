"""Answers to `requests`, bounded in size and time: a broken server could send forever."""

import time
from collections.abc import Iterator
from io import BytesIO
from types import TracebackType
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as ConnectionLost
from typing_extensions import Self
from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError

from crdb_sso.answers import UNCOMPRESSED, Body, UnusableAnswerError
from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload.parameters import Foreign
from crdb_sso.workload.tokens.cache import PATIENCE_S

_CHUNK_BYTES = 16_384
_HINT = (
    "Check this address, and what answers there: a token comes in a few thousand bytes, by itself"
    " or in JSON."
)


def bound(session: Session, retry: Retry | int = 0, *, patience_s: float = PATIENCE_S) -> None:
    """Let a session read no answer that is larger than a token's can be.

    Args:
        session: The session; redirects are followed as it is told, each with the same limit.
        retry: Which requests are made again, and when.
        patience_s: How long, in seconds, a body may take.
    """
    for scheme in ("https://", "http://"):
        session.mount(scheme, _BoundedAdapter(retry, patience_s))


class BoundedRetry(Retry):
    """Waits as long as the server says, but no longer than a caller would; reads no refusal.

    Attributes:
        longest_pause_s: The longest pause, in seconds.
    """

    longest_pause_s = 8

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how many seconds to wait, None if the server does not say."""
        said = super().get_retry_after(response)
        return None if said is None else min(said, self.longest_pause_s)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return what is left of the attempts; what the refusal says besides is not read."""
        left = super().increment(method, url, response, error, _pool, _stacktrace)
        if response is not None:
            response.close()  # urllib3 would read it to its end
        return left


class _BoundedAdapter(HTTPAdapter):
    """Reads an answer as it arrives, and no further than the limit."""

    def __init__(self, retry: Retry | int, patience_s: float) -> None:
        super().__init__(max_retries=retry)
        self._patience_s = patience_s

    def add_headers(self, request: PreparedRequest, **_: Foreign) -> None:
        """Ask for an answer that is not compressed."""
        request.headers["Accept-Encoding"] = UNCOMPRESSED

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Return an answer that has been read.

        Raises:
            TokenUnavailable: It is larger than the limit, takes too long, or can't be unpacked.
            ConnectionLost: It ended too early.
        """
        response = super().build_response(req, resp)
        try:
            body = Body(resp.headers.get("Content-Encoding", ""))
            for chunk in _chunks(resp, self._patience_s):
                body.add(chunk)
            response.raw = BytesIO(body.whole())
        except UnusableAnswerError as error:
            resp.close()
            raise TokenUnavailable(f"{_where(req)}: {error}", hint=_HINT) from None
        except HTTPError as error:
            resp.close()
            raise ConnectionLost(error, request=req) from error
        return response


def _chunks(response: BaseHTTPResponse, patience_s: float) -> Iterator[bytes]:
    """Yield octets as they arrive; limits on single reads let a server send one at a time forever.

    Raises:
        UnusableAnswerError: They take longer than a caller waits.
    """
    until_s = time.monotonic() + patience_s
    while chunk := response.read1(_CHUNK_BYTES, decode_content=False):
        yield chunk
        if time.monotonic() > until_s:
            raise UnusableAnswerError(f"the answer is not complete after {patience_s:g} s")


def _where(request: PreparedRequest) -> str:
    """Return the address that was asked, without query and user, which may be secrets."""
    parts = urlsplit(request.url or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
