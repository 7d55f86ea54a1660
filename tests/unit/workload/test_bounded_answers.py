"""Servers that send more than a token: they are read no further than the limit."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests import Session

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import Token, tokens
from crdb_sso.workload.tokens.bounded_answers import bound
from tests.support.token_servers import TokenServer, gcp_metadata
from tests.unit.scripted_https_server import (
    Answer,
    Exchange,
    HttpsServer,
    endless,
    https_server,
    text,
)
from tests.unit.workload.token_texts import VirtualClock

SECRET = "hunter2-of-the-client"
JSON = "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    with https_server(tmp_path, has_ca=True) as served:
        yield served


def credentials(server: HttpsServer) -> Token:
    made = tokens.client_credentials(
        f"{server.url}/token", "orders", client_secret=SECRET, ca_file=server.ca_file
    )
    return made.token()


def refreshed(server: HttpsServer) -> Token:
    made = tokens.refresh_token(
        f"{server.url}/token",
        "orders",
        refresh_token=SECRET,
        answer="access_token",
        ca_file=server.ca_file,
    )
    return made.token()


def head(headers: str, status: str = "200 OK") -> bytes:
    return JSON.format(status=status, headers=headers).encode()


def said(size: int) -> bytes:
    """Return an answer of an OAuth server of this size, in bytes."""
    empty = len(json.dumps({"access_token": "t", "more": ""}))
    return json.dumps({"access_token": "t", "more": "x" * (size - empty)}).encode()


def chunked(*chunks: bytes) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.wfile.write(head("Transfer-Encoding: chunked\r\n"))
        for chunk in (*chunks, b""):
            exchange.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    return answer


CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
TOO_LARGE: dict[str, Answer] = {
    "said to be long": text(said(256_001)),
    "chunked, without end": endless(head("Transfer-Encoding: chunked\r\n"), CHUNK),
    "until the connection ends": endless(head("Connection: close\r\n"), b"x" * 65_536),
    "a gzip bomb": text(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"),
    "a bomb of many members": text(gzip.compress(bytes(200_000)) * 500, Content_Encoding="gzip"),
    "members of nothing": endless(
        head("Content-Encoding: gzip\r\nConnection: close\r\n"), gzip.compress(b"") * 1000
    ),
    "a refusal": endless(head("Connection: close\r\n", "401 Unauthorized"), b"x" * 65_536),
    "an error of the server": endless(head("", "500 Internal Server Error"), b"x" * 65_536),
}
every_grant = pytest.mark.parametrize("ask", [credentials, refreshed])


@every_grant
@pytest.mark.parametrize("answer", TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_large_an_answer_of_an_oauth_server_is_refused(
    server: HttpsServer, answer: Answer, ask: Callable[[HttpsServer], Token]
) -> None:
    server.otherwise = answer

    with pytest.raises(TokenUnavailable) as caught:
        ask(server)

    assert f": {server.url}/token: the answer is larger than 256000 bytes" in str(caught.value)
    assert "\n  Next step: Check this address" in str(caught.value)
    assert SECRET not in f"{caught.value} {caught.value.__cause__!r}"


@every_grant
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(text(said(256_000)), id="as long as may be"),
        pytest.param(chunked(said(256_000)[:7], said(256_000)[7:]), id="in chunks"),
        pytest.param(text(gzip.compress(said(256_000)), Content_Encoding="gzip"), id="packed"),
    ],
)
def test_an_answer_up_to_the_limit_is_read(
    server: HttpsServer, answer: Answer, ask: Callable[[HttpsServer], Token]
) -> None:
    server.otherwise = answer
    assert ask(server).value == "t"


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_the_rest_of_a_busy_servers_refusal_is_not_read(server: HttpsServer, status: str) -> None:
    refusals = [endless(head("Retry-After: 0\r\n", status), b"x" * 65_536)]

    def answer(exchange: Exchange) -> None:
        (refusals.pop() if refusals else text(said(100)))(exchange)

    server.otherwise = answer
    assert credentials(server).value == "t"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            text(b"{}", Content_Encoding="br"), "compressed as 'br', unrequested", id="br"
        ),
        pytest.param(text(b"{}", Content_Encoding="gzip"), "not what gzip writes", id="not gzip"),
        pytest.param(
            lambda exchange: exchange.wfile.write(head("Content-Length: 100\r\n") + b"{"),
            "IncompleteRead",
            id="cut off",
        ),
    ],
)
def test_an_answer_that_can_not_be_read_is_refused(
    server: HttpsServer, answer: Answer, reason: str
) -> None:
    server.otherwise = answer
    with pytest.raises(TokenUnavailable, match=reason):
        credentials(server)


def test_what_a_server_says_at_length_is_cut(server: HttpsServer) -> None:
    refusal = {"error": "invalid_client", "error_description": "x" * 200_000}
    server.otherwise = text(json.dumps(refusal), 401)

    with pytest.raises(TokenUnavailable, match=r"invalid_client: x+\.\.\.\n") as caught:
        credentials(server)

    assert len(str(caught.value)) < 3000


def test_an_answer_that_trickles_is_given_up_without_a_word_of_the_query(
    server: HttpsServer,
) -> None:
    server.otherwise = endless(head("Connection: close\r\n"), b"x", pause_s=0.02)
    with Session() as session:
        bound(session, patience_s=0.2)
        with pytest.raises(TokenUnavailable) as caught:
            session.get(
                f"{server.url}/token?secret={SECRET}", auth=("me", SECRET), verify=server.ca_file
            )

    assert caught.value.what == f"{server.url}/token: the answer is not complete after 0.2 s"


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with gcp_metadata(lambda _: "never asked for") as running:
        monkeypatch.setenv("GCE_METADATA_HOST", running.authority)
        monkeypatch.setenv("GCE_METADATA_IP", running.authority)
        import importlib  # noqa: PLC0415 - with what it reads

        from google.auth.compute_engine import _metadata  # noqa: PLC0415 - reads one when imported

        importlib.reload(_metadata)
        yield running


@pytest.mark.parametrize("answer", TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_large_an_answer_of_googles_metadata_server_is_refused(
    metadata: TokenServer, answer: Any
) -> None:
    metadata.refusals.append(answer)

    with pytest.raises(TokenUnavailable) as caught:
        tokens.gcp("crdb", clock=VirtualClock()).token()

    asked = f"http://{metadata.authority}/computeMetadata/v1/instance/service-accounts/default"
    assert f": {asked}/identity: the answer is larger than 256000 bytes" in str(caught.value)
    assert "\n  Next step: Check this address" in str(caught.value)
