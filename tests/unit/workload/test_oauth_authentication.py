"""How a client with a secret shows who it is: HTTP Basic, encoded as OAuth says."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import tokens
from tests.support.token_servers import forms, refused
from tests.unit.scripted_https_server import Exchange, HttpsServer, https_server, text


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    with https_server(tmp_path, has_ca=True) as served:
        yield served


@pytest.mark.parametrize(
    ("client_id", "secret", "sent"),
    [
        ("orders", "kept-as.it_is~", b"orders:kept-as.it_is~"),
        ("orders", "a %&+£€", b"orders:a+%25%26%2B%C2%A3%E2%82%AC"),  # RFC 6749, appendix B
        ("https://shop.example", "a:b/c", b"https%3A%2F%2Fshop.example:a%3Ab%2Fc"),
        ("orders", "not text: \udcff", b"orders:not+text%3A+%ED%B3%BF"),
    ],
)
@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_id_and_secret_are_encoded_before_they_are_put_together(
    server: HttpsServer, grant: str, client_id: str, secret: str, sent: bytes
) -> None:
    headers: list[str] = []

    def on(exchange: Exchange) -> None:
        headers.append(exchange.headers.get("Authorization") or "")
        said = json.dumps({"access_token": "opaque", "id_token": "opaque"})
        text(said, Content_Type="application/json")(exchange)

    server.otherwise = on
    made: dict[str, Any] = {"client_secret": secret, "ca_file": server.ca_file}
    if grant == "refresh_token":
        made["refresh_token"] = "of somebody who signed in"
    getattr(tokens, grant)(f"{server.url}/token", client_id, **made).token()

    (header,) = headers
    assert header.startswith("Basic ")
    assert b64decode(header.removeprefix("Basic ")) == sent


def test_what_a_server_repeats_of_an_encoded_secret_is_not_shown(server: HttpsServer) -> None:
    forms(server, lambda _: refused(401, "invalid_client", "a%2Bsecret is wrong"))
    source = tokens.client_credentials(
        f"{server.url}/token", "orders", client_secret="a+secret", ca_file=server.ca_file
    )

    with pytest.raises(TokenUnavailable, match=r"invalid_client: \[secret\] is wrong"):
        source.token()
