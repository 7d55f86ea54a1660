"""The keys that an issuer publishes, as components fetch them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crdb_sso.clients.issuers.published_keys import fetch_published_keys
from crdb_sso.errors import DiscoveryFailed, InvalidIssuer, InvalidJwks
from tests.components.programs import JWK_TEXT
from tests.unit.scripted_https_server import HttpsServer, https_server, text

WELL_KNOWN = "/.well-known/openid-configuration"
JWK: dict[str, Any] = json.loads(JWK_TEXT)


@pytest.fixture
def idp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with https_server(tmp_path) as server:
        document = {"issuer": server.url, "jwks_uri": f"{server.url}/keys"}
        server.answers[WELL_KNOWN] = text(json.dumps(document))
        server.answers["/keys"] = text(json.dumps({"keys": [JWK]}))
        yield server


def test_the_issuer_is_asked_where_its_keys_are(idp: HttpsServer) -> None:
    published = fetch_published_keys(idp.url, None, idp.ca_file)
    assert published.jwks_uri == f"{idp.url}/keys"
    assert published.keys.text_by_kid() == {"k1": JWK_TEXT}
    assert published.warnings == ()
    assert idp.asked == [WELL_KNOWN, "/keys"]


def test_a_given_jwks_uri_is_asked_directly_whatever_the_issuer_is(idp: HttpsServer) -> None:
    published = fetch_published_keys("my-own-minter", f"{idp.url}/keys", idp.ca_file)
    assert published.keys.text_by_kid() == {"k1": JWK_TEXT}
    assert idp.asked == ["/keys"]


def test_a_key_that_is_left_out_is_named(idp: HttpsServer) -> None:
    idp.answers["/keys"] = text(json.dumps({"keys": [JWK, {**JWK, "kid": "k2", "kty": "AKP"}]}))
    published = fetch_published_keys(idp.url, None, idp.ca_file)
    assert published.keys.text_by_kid() == {"k1": JWK_TEXT}
    (warning,) = published.warnings
    assert warning.startswith("key 'k2': its `kty` is 'AKP'")


def test_an_exposed_private_key_is_refused_with_its_address(idp: HttpsServer) -> None:
    idp.answers["/keys"] = text(json.dumps({"keys": [{**JWK, "d": "c2VjcmV0"}]}))
    with pytest.raises(InvalidJwks) as caught:
        fetch_published_keys(idp.url, None, idp.ca_file)
    assert caught.value.what == f"{idp.url}/keys: key 'k1': it holds a private key"
    assert "replace the key pair" in caught.value.hint
    assert "c2VjcmV0" not in str(caught.value)


def test_discovery_for_another_issuer_ends_it_before_the_keys(idp: HttpsServer) -> None:
    with pytest.raises(DiscoveryFailed, match="is for the issuer"):
        fetch_published_keys(f"{idp.url}/", None, idp.ca_file)
    assert idp.asked == [WELL_KNOWN]


@pytest.mark.parametrize("issuer", ["", "https://idp.example.com/#", "my-own-minter"])
def test_an_issuer_that_is_not_an_https_url_is_never_asked(issuer: str) -> None:
    with pytest.raises(InvalidIssuer):
        fetch_published_keys(issuer, None, None)
