"""What is refused of an issuer's answers where they are kept: URLs, long bodies, unusable keys.

Source: JC (CockroachDB pkg/security/jwtauth/remote_jwks_cache.go and its test, 2026). Which release
has it first is inferred: 26.3 or 26.4. The setting `jwks` takes what it always took.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract import setting_names
from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds
from tests.contract.fetched_keys import UNABLE, WELL_KNOWN, discovery, fetch, need_reach
from tests.contract.tokens import b64, key_set
from tests.unit.scripted_https_server import HttpsServer, http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso

pytestmark = [every_version, holds(since="23.1.17"), holds(needs=setting_names.AUTO_FETCH)]

LENIENT, STRICT = holds(before="26.3"), holds(since="26.4", inferred=True)
MEBIBYTE = 1024 * 1024
BOTH = [
    pytest.param(ADMITTED, marks=LENIENT, id="before"),
    pytest.param(UNABLE, marks=STRICT, id="since (inferred)"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """An issuer with the key `rsa`."""
    need_reach(cluster)
    server.answers.clear()
    server.asked.clear()
    sso.issuer = server.url
    server.answers |= {
        WELL_KNOWN: discovery(server),
        "/keys": text(key_set(sso.keys["rsa"].jwk())),
    }
    fetch(sso)
    return server


@STRICT
@pytest.mark.parametrize(
    "uri", ["/keys", "keys", ":", "ftp://HOST/keys", "file:///keys", "http:///keys", "//HOST/keys"]
)
def test_a_key_url_is_absolute_and_has_a_host(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, uri: str
) -> None:
    uri = uri.replace("HOST", issuer.url.removeprefix("http://"))
    issuer.answers[WELL_KNOWN] = discovery(issuer, ("Cache-Control", "max-age=300"), uri=uri)
    assert cluster.verdict(sso.person, sso.token()) == UNABLE
    assert set(issuer.asked) == {WELL_KNOWN}
    issuer.answers[WELL_KNOWN] = discovery(issuer)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED


@pytest.mark.parametrize("path", [WELL_KNOWN, "/keys"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(MEBIBYTE, ADMITTED, id="a mebibyte"),
        pytest.param(MEBIBYTE + 1, ADMITTED, marks=LENIENT, id="more, before"),
        pytest.param(MEBIBYTE + 1, UNABLE, marks=STRICT, id="more (inferred)"),
    ],
)
def test_an_answer_may_be_a_mebibyte_long(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, path: str, *, size: int, expected: str
) -> None:
    found = json.dumps({"jwks_uri": f"{issuer.url}/keys"})
    body = found if path == WELL_KNOWN else key_set(sso.keys["rsa"].jwk())
    issuer.answers[path] = text(body.ljust(size))
    assert cluster.verdict(sso.person, sso.token()) == expected


@pytest.mark.parametrize("expected", BOTH)
@pytest.mark.parametrize(
    "key",
    [
        pytest.param({"kty": "RSA", "n": "", "e": "AQAB"}, id="an empty modulus"),
        pytest.param({"kty": "RSA", "n": "AA", "e": "AQAB"}, id="a modulus of zero"),
        pytest.param({"kty": "RSA", "n": b64(b"\1" * 256), "e": "AQ"}, id="an exponent of one"),
        pytest.param(
            {"kty": "RSA", "n": b64(b"\1" * 256), "e": b64(b"\x80\0\0\0")}, id="an exponent of 2^31"
        ),
        pytest.param(
            {"kty": "EC", "crv": "P-256", "x": b64(b"\0" * 32), "y": b64(b"\0" * 32)},
            id="a point off its curve",
        ),
        pytest.param(
            {"kty": "EC", "crv": "P-000", "x": b64(b"\1" * 32), "y": b64(b"\1" * 32)},
            id="an unknown EC curve",
        ),
        pytest.param({"kty": "OKP", "crv": "Ed25519", "x": "AQ"}, id="a short Ed25519 key"),
        pytest.param({"kty": "OKP", "crv": "X25519", "x": "AQ"}, id="a short X25519 key"),
        pytest.param({"kty": "OKP", "crv": "Ed448", "x": b64(b"\0" * 56)}, id="a short Ed448 key"),
        pytest.param({"kty": "OKP", "crv": "X448", "x": b64(b"\0" * 57)}, id="a long X448 key"),
        pytest.param(
            {"kty": "OKP", "crv": "Ed25519", "x": b64(b"\0" * 32), "d": "AQ"},
            id="a private part of the wrong length",
        ),
    ],
)
def test_one_unusable_key_spoils_a_set(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, key: dict[str, Any], expected: str
) -> None:
    issuer.answers["/keys"] = text(key_set(sso.keys["rsa"].jwk(), {"kid": "other", **key}))
    assert cluster.verdict(sso.person, sso.token()) == expected


@pytest.mark.parametrize(
    "key",
    [
        pytest.param({"kty": "OKP", "crv": "Ed448", "x": b64(b"\0" * 57)}, id="Ed448"),
        pytest.param({"kty": "OKP", "crv": "other", "x": "AQ"}, id="an unknown OKP curve"),
        pytest.param({"kty": "oct", "k": "AQ"}, id="a shared secret"),
        pytest.param({"kty": "RSA", "n": "Aw", "e": "Aw"}, id="a tiny RSA key"),
    ],
)
def test_other_useless_keys_do_no_harm(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, key: dict[str, Any]
) -> None:
    issuer.answers["/keys"] = text(key_set({"kid": "other", **key}, sso.keys["rsa"].jwk()))
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED


@pytest.mark.parametrize("name", ["rsa", "P-256", "P-384", "P-521", "ed25519"])
def test_keys_of_every_usual_kind_are_usable(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, name: str
) -> None:
    issuer.answers["/keys"] = text(key_set(sso.keys[name].jwk(alg=sso.keys[name].default_alg)))
    assert cluster.verdict(sso.person, sso.token(name)) == ADMITTED


def test_private_keys_are_usable(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    issuer.answers["/keys"] = text(key_set(sso.keys["rsa"].private_jwk()))
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED


def test_a_set_may_be_empty(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    issuer.answers["/keys"] = text('{"keys":[]}')
    assert cluster.verdict(sso.person, sso.token()) == "JWT authentication: invalid token"


def test_the_setting_takes_a_set_with_an_unusable_key(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    point = {"kty": "EC", "crv": "P-256", "x": b64(b"\0" * 32), "y": b64(b"\0" * 32)}
    sso.trust(jwks=key_set(sso.keys["rsa"].jwk(), {"kid": "other", **point}))
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    assert issuer.asked == []
