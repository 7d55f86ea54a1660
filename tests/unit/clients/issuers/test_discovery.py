"""Fetching from an identity provider: what is trusted, and what ends an exchange."""

import json
import socket

import pytest

from crdb_sso.clients.issuers.discovery import fetch_discovery, fetch_jwks
from crdb_sso.errors import DiscoveryFailed, InvalidInput, InvalidIssuer
from crdb_sso.tokens.issuers import Discovery, Issuer
from tests.unit.scripted_https_server import (
    HttpsServer,
    endless,
    status,
    text,
)

WELL_KNOWN = "/.well-known/openid-configuration"
PATIENT_S = 60.0
"""For tests of anything but the deadline: a busy machine may take long over a handshake."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def test_discovery_asks_the_issuer_and_uses_its_jwks_uri(server: HttpsServer) -> None:
    document = {"issuer": server.url, "jwks_uri": f"{server.url}/keys"}
    server.answers[WELL_KNOWN] = text(json.dumps(document))
    found = fetch_discovery(Issuer(server.url), ca_file=server.ca_file, timeout_s=PATIENT_S)
    assert found == Discovery(Issuer(server.url), f"{server.url}/keys")
    assert server.asked == [WELL_KNOWN]


def test_discovery_for_another_issuer_is_refused(server: HttpsServer) -> None:
    server.answers[WELL_KNOWN] = text('{"issuer": "https://other.example.com"}')
    with pytest.raises(DiscoveryFailed, match=r"is for the issuer 'https://other.example.com'"):
        fetch_discovery(Issuer(server.url), ca_file=server.ca_file, timeout_s=PATIENT_S)


def test_discovery_that_is_not_json_is_refused(server: HttpsServer) -> None:
    server.answers[WELL_KNOWN] = text("<html>Login</html>")
    with pytest.raises(DiscoveryFailed, match="is not JSON"):
        fetch_discovery(Issuer(server.url), ca_file=server.ca_file, timeout_s=PATIENT_S)


def test_an_issuer_without_tls_is_never_asked() -> None:
    with pytest.raises(InvalidIssuer, match="is not an https URL"):
        fetch_discovery(Issuer("http://127.0.0.1:1"))


def test_a_jwks_uri_without_tls_is_never_asked() -> None:
    with pytest.raises(
        InvalidInput, match=r"jwks_uri 'http://127.0.0.1:1/keys' is not an https URL"
    ):
        fetch_jwks("http://127.0.0.1:1/keys")


def test_a_key_set_is_returned_unchanged(server: HttpsServer) -> None:
    server.answers["/keys"] = text(' {"keys": []} \n')
    assert found_at(server) == ' {"keys": []} \n'


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", id="its head"),
        pytest.param(HEAD + b"\r\n", id="its body"),
    ],
)
def test_a_server_that_drips_forever_ends_with_the_deadline(
    server: HttpsServer, first: bytes
) -> None:
    server.answers["/keys"] = endless(first, b" ", pause_s=0.02)
    with pytest.raises(DiscoveryFailed, match=r"/keys: no complete answer within 0\.5 s") as caught:
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=0.5)
    assert "HTTPS_PROXY" in caught.value.hint


def test_a_server_that_says_nothing_ends_with_the_deadline(server: HttpsServer) -> None:
    server.answers["/keys"] = endless(b"", b"", pause_s=0.02)
    with pytest.raises(DiscoveryFailed, match=r"no complete answer within 1\.5 s"):
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=1.5)


def test_a_server_that_never_shakes_hands_ends_with_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        uri = f"https://127.0.0.1:{mute.getsockname()[1]}/keys"
        with pytest.raises(DiscoveryFailed, match=r"no complete answer within 1\.5 s"):
            fetch_jwks(uri, timeout_s=1.5)


def found_at(server: HttpsServer) -> str:
    return fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S).text


def test_an_answer_without_end_is_cut_at_the_limit(server: HttpsServer) -> None:
    server.answers["/keys"] = endless(HEAD + b"\r\n", b"x" * 10_000)
    with pytest.raises(DiscoveryFailed, match="/keys: the answer is larger than 50000 bytes"):
        fetch_jwks(
            f"{server.url}/keys", ca_file=server.ca_file, max_bytes=50_000, timeout_s=PATIENT_S
        )


def test_an_answer_of_exactly_the_limit_is_fine(server: HttpsServer) -> None:
    server.answers["/keys"] = text("x" * 1000)
    found = fetch_jwks(
        f"{server.url}/keys", ca_file=server.ca_file, max_bytes=1000, timeout_s=PATIENT_S
    )
    assert found.text == "x" * 1000


@pytest.mark.parametrize("code", [204, 301, 404, 500])
def test_only_200_counts(server: HttpsServer, code: int) -> None:
    server.answers["/keys"] = status(code)
    with pytest.raises(DiscoveryFailed, match=f"/keys: answered {code} "):
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_https_is_followed(server: HttpsServer, code: int) -> None:
    server.answers["/keys"] = status(code, Location="/elsewhere")
    server.answers["/elsewhere"] = text("found")
    assert found_at(server) == "found"


def test_a_redirect_to_http_is_not_followed(server: HttpsServer) -> None:
    server.answers["/keys"] = status(302, Location="http://127.0.0.1:1/keys")
    with pytest.raises(
        DiscoveryFailed, match=r"redirects to http://127.0.0.1:1/keys, which is not https"
    ):
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)


def test_a_redirect_to_a_port_that_does_not_exist_is_a_failed_discovery(
    server: HttpsServer,
) -> None:
    server.answers["/keys"] = status(302, Location="https://127.0.0.1:99999/keys")
    with pytest.raises(DiscoveryFailed, match="/keys: "):
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)


@pytest.mark.parametrize(
    "proxy",
    ["http://127.0.0.1:99999", "127.0.0.1:99999", "http://me:hunter2/x@proxy", "http://[::"],
)
def test_a_proxy_that_does_not_exist_is_a_failed_discovery(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(DiscoveryFailed, match="HTTPS_PROXY is not the URL of a proxy") as caught:
        fetch_jwks("https://127.0.0.1:1/keys")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("port", ["0", "65536", "99999", "1" * 5000])
def test_an_issuer_at_a_port_that_does_not_exist_is_never_asked(port: str) -> None:
    with pytest.raises(InvalidIssuer, match="its port is not a number from 1 to 65535"):
        fetch_discovery(Issuer(f"https://127.0.0.1:{port}"))


def test_a_reason_phrase_does_nothing_to_a_terminal(server: HttpsServer) -> None:
    first = b"HTTP/1.1 503 gone\x9b2J\x1b[2J\x07\r\nContent-Length: 0\r\n\r\n"
    server.answers["/keys"] = endless(first, b"", pause_s=0.05)
    with pytest.raises(DiscoveryFailed) as caught:
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)
    assert all(char.isprintable() or char == "\n" for char in str(caught.value))
    assert "/keys: " in str(caught.value)


def test_redirects_in_a_circle_end(server: HttpsServer) -> None:
    server.answers["/keys"] = status(302, Location="/keys")
    with pytest.raises(DiscoveryFailed, match="/keys: more than 3 redirects"):
        fetch_jwks(f"{server.url}/keys", ca_file=server.ca_file, timeout_s=PATIENT_S)
    assert server.asked == ["/keys"] * 4


def test_a_host_that_does_not_listen_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        uri = f"https://127.0.0.1:{closed.getsockname()[1]}/keys"
    with pytest.raises(DiscoveryFailed, match=f"^{uri}: ") as caught:
        fetch_jwks(uri, timeout_s=PATIENT_S)
    assert "Check that this machine can reach it" in caught.value.hint


def test_an_impossible_host_name_is_a_failure_like_others() -> None:
    with pytest.raises(DiscoveryFailed, match=r"^https://a\.+example/keys: "):
        fetch_jwks("https://a..example/keys")


def test_the_proxy_of_the_environment_is_used(
    server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(DiscoveryFailed, match="no complete answer"):
            fetch_jwks("https://idp.example.com/keys", timeout_s=1.5)
        proxy.settimeout(5)
        connection, _ = proxy.accept()
        with connection:
            assert connection.recv(100).startswith(b"CONNECT idp.example.com:443 HTTP/1.1")
    assert server.asked == []


def test_an_unusable_proxy_is_a_failure_like_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    with pytest.raises(DiscoveryFailed, match=r"https://idp.example.com/keys: .*proxy"):
        fetch_jwks("https://idp.example.com/keys")
