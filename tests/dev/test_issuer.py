"""The local issuer: tokens, rotation, restarts."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from dev.emulator.login.token_checks import JwtSettings, judge
from tests.dev.issuer_program import FORM, Issuer, header, run, running
from tests.support.ports import kept_port
from tests.support.processes import listening


def test_its_ready_line_says_where_everything_is(issuer: Issuer) -> None:
    url = issuer.url
    assert set(issuer.ready) == {
        "issuer",
        "jwks_uri",
        "google_jwks_uri",
        "entra_jwks_uri",
        "ca_cert",
        "token_endpoint",
        "client_id",
        "client_secret",
    }
    assert url == f"https://localhost:{issuer.port}"
    found = issuer.get("/.well-known/openid-configuration")
    assert found["issuer"] == url
    assert found["jwks_uri"] == issuer.ready["jwks_uri"] == f"{url}/jwks"
    assert found["token_endpoint"] == issuer.ready["token_endpoint"] == f"{url}/token"
    assert found["grant_types_supported"] == ["client_credentials"]


def test_a_token_has_the_claims_that_were_asked_for(issuer: Issuer) -> None:
    before = int(time.time())
    token = issuer.token(lifetime="60", claims='{"email":"k@example.com","nbf":1}')
    claims = issuer.claims(token)
    issued = claims.pop("iat")
    assert before <= issued <= time.time()
    assert claims == {
        "iss": issuer.url,
        "sub": "kyle",
        "aud": "crdb",
        "exp": issued + 60,
        "email": "k@example.com",
        "nbf": 1,
    }
    assert header(token) == {"typ": "JWT", "alg": "RS256", "kid": issuer.kids()[0]}


def test_there_may_be_several_audiences(issuer: Issuer) -> None:
    assert issuer.claims(issuer.token(aud=["a", "b"], audience="a"))["aud"] == ["a", "b"]
    assert issuer.claims(issuer.token(aud="", audience="a"))["aud"] == "a"


def test_without_sub_the_client_is_the_subject(issuer: Issuer) -> None:
    answer = issuer.post("/token", {"grant_type": "client_credentials", "aud": "x"}).json()
    assert issuer.claims(answer.pop("access_token"))["sub"] == issuer.ready["client_id"]
    assert answer == {"token_type": "Bearer", "expires_in": 300}


def test_the_embedded_cluster_accepts_its_tokens(issuer: Issuer) -> None:
    settings = JwtSettings(
        enabled=True,
        jwks=json.dumps(issuer.get("/jwks")),
        issuers=issuer.url,
        audience="crdb",
        claim="",
        identity_map="",
    )
    judge(settings, issuer.token(), "kyle", time.time())


def test_credentials_may_be_in_the_form(issuer: Issuer) -> None:
    own = {name: issuer.ready[name] for name in ("client_id", "client_secret")}
    with issuer.client() as client:
        client.auth = None  # type: ignore[assignment]  # httpx takes None for no credentials
        assert client.post("/token", data=FORM | own).status_code == 200


def test_odd_claims_are_kept(issuer: Issuer) -> None:
    claims = issuer.claims(
        issuer.token(sub="Å \U0001f600", claims='{"a":{"b":[1,null,"\\u00e9"]}}')
    )
    assert (claims["sub"], claims["a"]) == ("Å \U0001f600", {"b": [1, None, "é"]})


def test_a_kid_is_the_thumbprint_of_its_key(issuer: Issuer) -> None:
    (key,) = issuer.get("/jwks")["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
    canonical = f'{{"e":"{key["e"]}","kty":"RSA","n":"{key["n"]}"}}'
    digest = hashlib.sha256(canonical.encode()).digest()
    assert key["kid"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_rotation_overlaps(fresh: Issuer) -> None:
    (first,), old_token = fresh.kids(), fresh.token()
    second = fresh.post("/rotate", {"alg": "ES256"}).json()["kid"]
    assert fresh.kids() == [second, first]
    assert header(fresh.token()) == {"typ": "JWT", "alg": "ES256", "kid": second}
    assert header(fresh.token(alg="RS256"))["kid"] == first
    assert fresh.claims(old_token)["sub"] == fresh.claims(fresh.token())["sub"] == "kyle"
    rotated = fresh.post("/rotate", {"keep": "1"}).json()
    assert rotated == {"kid": rotated["kid"], "published": [rotated["kid"], second]}
    retired = fresh.post("/retire", {}).json()
    assert retired == {"kid": rotated["kid"], "published": [rotated["kid"]]}
    assert fresh.kids() == [rotated["kid"]]


def test_published_keys_have_a_limit(fresh: Issuer) -> None:
    for _ in range(17):
        newest = fresh.post("/rotate", {"alg": "ES256"}).json()["kid"]
    assert len(fresh.kids()) == 16
    assert fresh.kids()[0] == newest


def test_a_restart_goes_on_with_the_same_state(tmp_path: Path) -> None:
    with kept_port() as port:
        with running(tmp_path, "--port", str(port)) as first:
            first.post("/rotate", {"alg": "ES256"})
            ready, jwks, token = first.ready, first.get("/jwks"), first.token()
            ca = Path(ready["ca_cert"]).read_text()
            first.process.kill()
        with running(tmp_path) as second:
            assert second.ready == ready
            assert second.get("/jwks") == jwks
            assert second.claims(token)["iss"] == ready["issuer"]
            assert Path(ready["ca_cert"]).read_text() == ca


def test_a_given_port_is_used_again_at_once(tmp_path: Path) -> None:
    with kept_port() as port:
        with running(tmp_path, "--port", str(port)) as first, first.client() as client:
            client.get("/jwks")
            first.stop()
        with running(tmp_path, "--port", str(port)) as second:
            assert second.port == port


def test_a_taken_port_is_an_error_only_when_it_was_asked_for(tmp_path: Path) -> None:
    with kept_port() as port:
        with running(tmp_path, "--port", str(port)) as first:
            first.stop()
        taken = socket.create_server(("127.0.0.1", port))
    with taken:
        refused = run("--dir", str(tmp_path), "--port", str(port))
        assert refused.returncode == 2
        assert refused.stderr.startswith(f"issuer: port {port} cannot be used")
        with running(tmp_path) as second:
            assert second.port != port


def test_one_folder_serves_one_issuer(issuer: Issuer) -> None:
    refused = run("--dir", str(issuer.folder))
    expected = f"issuer: another issuer uses {issuer.folder}; stop it or name another --dir\n"
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", expected)


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to_even_with_clients_that_hang(
    fresh: Issuer, stop_signal: signal.Signals
) -> None:
    with ExitStack() as stack:
        address = ("127.0.0.1", fresh.port)
        stack.enter_context(socket.create_connection(address))  # never shakes hands
        idle = stack.enter_context(fresh.client())
        idle.get("/jwks")  # the connection stays open
        assert fresh.kids()
        assert fresh.stop(stop_signal) == 0


def test_it_listens_on_loopback_only(issuer: Issuer) -> None:
    assert listening(issuer.process.pid) == {("127.0.0.1", issuer.port)}


def test_secrets_are_readable_by_their_owner_only(issuer: Issuer) -> None:
    for name in ("ca.key", "server.key", "keys.json", "google.json", "entra.json", "client.json"):
        assert (issuer.folder / name).stat().st_mode & 0o777 == 0o600
    assert os.fspath(issuer.folder / "ca.crt") == issuer.ready["ca_cert"]
