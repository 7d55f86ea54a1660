"""Fetching an issuer's keys: which URLs are asked, and which answers are accepted."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from dev.emulator.go.errors import GoError
from dev.emulator.issuer_client.key_fetching import discovery_url, fetch_jwks, jwks_uri
from dev.emulator.issuer_client.web import FetchSettings, KeysNotFetched
from dev.emulator.setting_texts.issuers_and_audiences import issuer_uris
from tests.emulator.token_forge import jwks, rsa_pair
from tests.unit.scripted_https_server import (
    HttpsServer,
    endless,
    http_server,
    https_server,
    status,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WELL_KNOWN = "/.well-known/openid-configuration"
KEYS = jwks(rsa_pair().jwk())
ENOUGH_S = 60.0


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with https_server(tmp_path_factory.mktemp("issuer")) as server:
        yield server


@pytest.fixture(scope="module")
def plain() -> Iterator[HttpsServer]:
    with http_server() as server:
        yield server


@pytest.fixture(params=["secure", "plain"])
def server(request: pytest.FixtureRequest) -> HttpsServer:
    served: HttpsServer = request.getfixturevalue(request.param)
    return forget(served)


def forget(served: HttpsServer) -> HttpsServer:
    served.answers.clear()
    served.asked.clear()
    return served


def configuration(server: HttpsServer, **members: Any) -> str:
    return json.dumps({"jwks_uri": f"{server.url}/keys", **members})


def fetched(server: HttpsServer, issuer: str | None = None, **changes: Any) -> str:
    """What a login gets that trusts the server's certificate; a fetch may take a minute."""
    usual = {"issuers": "", "custom_ca": server.ca_pem, "timeout_s": ENOUGH_S}
    settings = FetchSettings(**{"enabled": True, **usual, **changes})
    return asyncio.run(fetch_jwks(settings, server.url if issuer is None else issuer, {}))


def refusal(server: HttpsServer, issuer: str | None = None, **changes: Any) -> str:
    with pytest.raises(KeysNotFetched) as refused:
        fetched(server, issuer, **changes)
    return str(refused.value)


def test_keys_are_found_through_the_issuers_configuration(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: text(configuration(server)), "/keys": text(KEYS)}
    assert fetched(server) == KEYS
    assert server.asked == [WELL_KNOWN, "/keys"]


def test_nothing_is_cached(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: text(configuration(server)), "/keys": text(KEYS)}
    fetched(server)
    server.answers["/keys"] = text('{"keys":[]}')
    assert fetched(server) == '{"keys":[]}'
    assert server.asked == [WELL_KNOWN, "/keys"] * 2


def test_with_an_issuer_map_no_configuration_is_fetched(server: HttpsServer) -> None:
    issuers = {"issuer_jwks_map": {"not a URL": f"{server.url}/keys", "other": "http://x"}}
    server.answers = {"/keys": text(KEYS)}
    assert fetched(server, "not a URL", issuers=json.dumps(issuers)) == KEYS
    assert server.asked == ["/keys"]


def test_an_issuer_that_the_map_does_not_name_has_no_keys(server: HttpsServer) -> None:
    issuers = json.dumps({"issuer_jwks_map": {"other": f"{server.url}/keys"}})
    assert refusal(server, issuers=issuers) == "JWT authentication: no jwks uri set for issuer"
    assert server.asked == []


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://idp.example.com", "https://idp.example.com/.well-known/openid-configuration"),
        ("https://idp.example.com/", "https://idp.example.com/.well-known/openid-configuration"),
        ("https://idp.example.com//", "https://idp.example.com//.well-known/openid-configuration"),
        ("https://x/t/v2.0", "https://x/t/v2.0/.well-known/openid-configuration"),
        ("", "/.well-known/openid-configuration"),
    ],
)
def test_one_slash_at_the_end_of_an_issuer_is_dropped(issuer: str, url: str) -> None:
    assert discovery_url(issuer) == url


@pytest.mark.parametrize(
    ("document", "uri"),
    [
        ('{"jwks_uri":"u"}', "u"),
        ('{"issuer":"https://somebody.else","jwks_uri":"u","x":[1]}', "u"),
        ('{"JWKS_URI":"u"}', "u"),
        ('{"jwks_uri":"u","jwks_uri":"v"}', "v"),
        ('{"jwks_uri":"u","jwks_uri":null}', "u"),
        (' {"jwks_uri":"u"}\n', "u"),
    ],
)
def test_one_member_of_a_configuration_counts(document: str, uri: str) -> None:
    assert jwks_uri(document) == uri


NO_URI = "no JWKS URI found in OpenID configuration"


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("{}", NO_URI),
        ("null", NO_URI),
        ('{"jwks_uri":""}', NO_URI),
        ('{"jwks_uri":null}', NO_URI),
        ('{"jwks_uri":5}', "cannot unmarshal number into"),
        ('["u"]', "cannot unmarshal array into"),
        ("", "EOF"),
        ("<html>", "invalid character '<' looking for beginning of value"),
        ('{"jwks_uri":"u"}x', "invalid character 'x' after top-level value"),
    ],
)
def test_other_configurations_are_refused(document: str, complaint: str) -> None:
    with pytest.raises(GoError) as refused:
        jwks_uri(document)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "uris"),
    [
        ('{"issuer_jwks_map":{"i":"u","j":"v"}}', {"i": "u", "j": "v"}),
        ('{"issuer_jwks_map":{"i":"u"}} and more', {"i": "u"}),
        ('{"issuer_jwks_map":{}}', {}),
        ("{}", {}),
        ("null", {}),
        ('["i"]', {}),
        ("https://idp.example.com", {}),
        ("", {}),
    ],
)
def test_only_an_issuer_map_names_key_urls(setting: str, uris: dict[str, str]) -> None:
    assert issuer_uris(setting) == uris


@pytest.mark.parametrize("code", [200, 201, 404, 500])
def test_the_status_of_an_answer_does_not_matter(server: HttpsServer, code: int) -> None:
    server.answers = {WELL_KNOWN: text(configuration(server), code), "/keys": text(KEYS, code)}
    assert fetched(server) == KEYS


def test_a_page_that_says_not_found_is_not_json(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: text("<html>not found</html>", 404)}
    assert refusal(server) == "invalid character '<' looking for beginning of value"


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("", "EOF"),
        ("<html>", "invalid character '<'"),
        ('{"keys":[{"kty":"RSA","kid":"k"}]}', "required field e is missing"),
        (b"\xff\xfe", "invalid character"),
    ],
)
def test_what_is_not_a_key_set_is_refused(
    server: HttpsServer, keys: str | bytes, complaint: str
) -> None:
    server.answers = {WELL_KNOWN: text(configuration(server)), "/keys": text(keys)}
    assert complaint in refusal(server)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: HttpsServer, code: int) -> None:
    server.answers = {
        WELL_KNOWN: status(code, Location="/elsewhere"),
        "/elsewhere": text(configuration(server)),
        "/keys": text(KEYS),
    }
    assert fetched(server) == KEYS
    assert server.asked == [WELL_KNOWN, "/elsewhere", "/keys"]


def test_ten_redirects_are_the_limit(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: status(302, Location=WELL_KNOWN)}
    assert refusal(server) == f'Get "{server.url}{WELL_KNOWN}": stopped after 10 redirects'
    assert len(server.asked) == 11


def test_compressed_answers_are_read(server: HttpsServer) -> None:
    packed = gzip.compress(KEYS.encode())
    server.answers = {
        WELL_KNOWN: text(configuration(server)),
        "/keys": text(packed, Content_Encoding="gzip"),
    }
    assert fetched(server) == KEYS


def test_an_endless_answer_is_given_up(server: HttpsServer) -> None:
    piece = b" " * 1_000_000
    server.answers = {WELL_KNOWN: endless(b"HTTP/1.0 200 OK\r\n\r\n", piece)}
    assert refusal(server) == "response body exceeds 16777216 bytes"


def test_an_answer_that_takes_too_long_is_given_up(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: endless(b"HTTP/1.0 200 OK\r\n\r\n", b" ", pause_s=0.05)}
    expected = f'Get "{server.url}{WELL_KNOWN}": no whole answer within 0.2 s'
    assert refusal(server, timeout_s=0.2) == expected


def test_zero_is_no_time_limit(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: text(configuration(server)), "/keys": text(KEYS)}
    assert fetched(server, timeout_s=0.0) == KEYS


@pytest.mark.parametrize("other", [False, True], ids=["the system's", "another"])
def test_a_certificate_is_trusted_only_with_its_authority(
    secure: HttpsServer,
    tmp_path: Path,
    other: bool,  # noqa: FBT001 - a cell of the table
) -> None:
    forget(secure).answers = {WELL_KNOWN: text(configuration(secure)), "/keys": text(KEYS)}
    with https_server(tmp_path) as somebody_else:
        ca = somebody_else.ca_pem if other else ""
    assert "certificate verify failed" in refusal(secure, custom_ca=ca)
    assert secure.asked == []


def test_authorities_may_stand_among_other_text(secure: HttpsServer, tmp_path: Path) -> None:
    forget(secure).answers = {WELL_KNOWN: text(configuration(secure)), "/keys": text(KEYS)}
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    with https_server(tmp_path) as somebody_else:
        ca = somebody_else.ca_pem
    everything = f"mine:\n{broken}{ca}\nand\n{secure.ca_pem}"
    assert fetched(secure, custom_ca=everything) == KEYS


@pytest.mark.parametrize(
    "issuer",
    [
        "", "idp.example.com", "//idp", "ftp://idp", "file:///etc/passwd", "https://", "https://[",
        "http://[::1", "http://127.0.0.1:0", "http://127.0.0.1:99999", "http://127.0.0.1:x",
        "http://a b", "http://\u2028", "http://\x7f", "x" * 70_000, "http://" + "a" * 300,
        "http://a..b", "https://\ud800",
    ],
)  # fmt: skip
def test_an_issuer_that_is_not_a_url_is_a_failed_fetch(plain: HttpsServer, issuer: str) -> None:
    assert refusal(plain, issuer).startswith("Get ")


def test_a_server_that_does_not_speak_http_is_a_failed_fetch(server: HttpsServer) -> None:
    server.answers = {WELL_KNOWN: lambda exchange: no_http(exchange.wfile)}
    assert refusal(server).startswith(f'Get "{server.url}{WELL_KNOWN}": ')


def no_http(stream: Any) -> None:
    with suppress(OSError):  # the client leaves at the first line
        stream.write(b"220 mail.example.com\r\n")
