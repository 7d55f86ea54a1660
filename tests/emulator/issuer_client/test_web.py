"""What a node says in its log of an issuer's status."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dev.emulator.issuer_client.web import FetchSettings, KeysNotFetched, Request, fetched
from tests.unit.scripted_https_server import HttpsServer, http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.mark.parametrize(
    ("code", "body", "shown"),
    [
        (404, "not found", "404 Not Found: not found"),
        (500, "", "500 Internal Server Error: "),
        (403, "x" * 200, "403 Forbidden: " + "x" * 200),
        (403, "x" * 201, "403 Forbidden: " + "x" * 200 + "..."),
        (502, "a\nb\x1b[0m\u00e9", r"502 Bad Gateway: a\nb\x1b[0mé"),
    ],
)
def test_from_26_2_on_the_log_says_which_status_was_refused(
    server: HttpsServer, code: int, body: str, shown: str
) -> None:
    server.answers = {"/keys": text(body, code)}
    settings = FetchSettings(
        enabled=True, issuers="", custom_ca="", timeout_s=60.0, checks_status=True
    )
    with pytest.raises(KeysNotFetched) as refused:
        asyncio.run(fetched(Request(f"{server.url}/keys"), settings, {}))
    detail = f"GET {server.url}/keys returned {shown}"
    assert str(refused.value) == f"JWT authentication: HTTP request failed (DETAIL: {detail})"
