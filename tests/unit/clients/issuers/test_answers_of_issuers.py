"""What identity providers answer: media types, compression, headers."""

import gzip

import pytest

from crdb_sso.clients.issuers.discovery import fetch_jwks
from crdb_sso.errors import DiscoveryFailed
from tests.unit.scripted_https_server import (
    Answer,
    Exchange,
    HttpsServer,
    status,
    text,
)

PATIENT_S = 60.0
"""For tests of anything but the deadline: a busy machine may take long over a handshake."""


def test_an_answer_comes_with_its_headers(server: HttpsServer) -> None:
    server.answers["/keys"] = text("found", Cache_Control="max-age=60")

    found = fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)

    assert ("cache-control", "max-age=60") in found.headers


def found_at(server: HttpsServer) -> str:
    return fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S).text


def only_for(media_type: str, body: str) -> Answer:
    """Answer like a server that knows one media type and takes `Accept` at its word."""

    def answer(exchange: Exchange) -> None:
        accepted = [one.partition(";")[0].strip() for one in exchange.headers["Accept"].split(",")]
        fits = media_type in accepted or "*/*" in accepted
        (text(body) if fits else status(406))(exchange)

    return answer


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/jwk-set+json", "text/plain"]
)
def test_a_server_that_knows_one_media_type_answers(server: HttpsServer, media_type: str) -> None:
    server.answers["/keys"] = only_for(media_type, "found")
    assert found_at(server) == "found"


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(b"found"), id="at once"),
        pytest.param(gzip.compress(b"fou") + gzip.compress(b"nd"), id="in two members"),
    ],
)
@pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
def test_an_answer_that_is_compressed_unasked_is_unpacked(
    server: HttpsServer, packed: bytes, name: str
) -> None:
    server.answers["/keys"] = text(packed, Content_Encoding=name)
    assert found_at(server) == "found"


@pytest.mark.parametrize(
    ("packed", "name", "reason"),
    [
        pytest.param(b"{}", "gzip", "is not what gzip writes", id="not compressed at all"),
        pytest.param(gzip.compress(b"found")[:-4], "gzip", "is not what gzip", id="cut off"),
        pytest.param(gzip.compress(b"a") + b"b", "gzip", "is not what gzip", id="more behind it"),
        pytest.param(b"found", "br", "compressed as 'br', unrequested", id="by another program"),
        pytest.param(
            gzip.compress(b"x" * 100_000), "gzip", "is larger than 5000 bytes", id="a bomb"
        ),
        pytest.param(
            gzip.compress(b"x" * 3000) * 2, "gzip", "larger than 5000 bytes", id="two members"
        ),
    ],
)
def test_a_compressed_answer_that_cannot_be_read_is_refused(
    server: HttpsServer, packed: bytes, name: str, reason: str
) -> None:
    server.answers["/keys"] = text(packed, Content_Encoding=name)
    with pytest.raises(DiscoveryFailed, match=reason):
        fetch_jwks(
            f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S, max_bytes=5000
        )


def test_an_answer_that_is_not_text_is_refused(server: HttpsServer) -> None:
    server.answers["/keys"] = text(b"\xff\xfe")
    with pytest.raises(DiscoveryFailed, match="the answer is not UTF-8 text"):
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)
