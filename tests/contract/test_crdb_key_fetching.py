"""Fetching keys from issuers (`jwks_auto_fetch.enabled`): requests, and answers that count.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go as of 24.3, and the HTTP client of
pkg/util/httputil/client.go. Other versions: test_crdb_key_fetching_versions.py.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.contract import setting_names
from tests.contract.expectations import holds
from tests.contract.fetched_keys import UNABLE, WELL_KNOWN, fetch, need_reach, publish
from tests.contract.tokens import key_set
from tests.unit.scripted_https_server import (
    Exchange,
    HttpsServer,
    http_server,
    https_server,
    status,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso
    from tests.unit.scripted_https_server import Answer

pytestmark = holds(since="24.3", before="25.4")

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, HttpsServer]]:
    folder = tmp_path_factory.mktemp("issuer")
    with https_server(folder) as secure, http_server() as plain:
        yield {"https": secure, "http": plain}


@pytest.fixture(params=["https", "http"])
def issuer(
    request: pytest.FixtureRequest, servers: dict[str, HttpsServer], cluster: Cluster, sso: Sso
) -> HttpsServer:
    """An issuer on this machine, which the cluster trusts and fetches keys from."""
    need_reach(cluster)
    server = servers[request.param]
    server.answers.clear()
    server.asked.clear()
    sso.issuer = server.url
    publish(server, "", key_set(sso.keys["rsa"].jwk()))
    return server


def test_the_issuers_keys_decide(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    fetch(sso, issuer.ca_pem)
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
    assert issuer.asked == [WELL_KNOWN, "/keys"]


def test_keys_in_the_setting_do_not_count(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    publish(issuer, "", key_set(sso.keys["other rsa"].jwk()))
    fetch(sso, issuer.ca_pem, jwks=key_set(sso.keys["rsa"].jwk()))
    verdict = cluster.verdict(sso.person, sso.token())
    assert verdict == "JWT authentication: invalid token"


def test_nothing_is_cached_between_logins(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    fetch(sso, issuer.ca_pem)
    for _ in range(2):
        assert cluster.knock(sso.person, sso.token()).admitted
    assert issuer.asked == [WELL_KNOWN, "/keys"] * 2
    publish(issuer, "", '{"keys":[]}')
    assert cluster.knock(sso.person, sso.token()).message == "JWT authentication: invalid token"


def test_an_issuer_map_saves_the_discovery(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    sso.issuer = f"{issuer.url}/elsewhere"
    mapped = {"issuer_jwks_map": {sso.issuer: f"{issuer.url}/keys"}}
    fetch(sso, issuer.ca_pem, issuers=json.dumps(mapped))
    assert cluster.knock(sso.person, sso.token()).admitted
    assert issuer.asked == ["/keys"]


def test_one_slash_at_the_end_of_an_issuer_is_dropped(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    sso.issuer = f"{issuer.url}/"
    fetch(sso, issuer.ca_pem)
    assert cluster.knock(sso.person, sso.token()).admitted
    assert issuer.asked == [WELL_KNOWN, "/keys"]


def test_the_status_of_an_answer_does_not_matter(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    keys = key_set(sso.keys["rsa"].jwk())
    issuer.answers["/keys"] = text(keys, 500)
    fetch(sso, issuer.ca_pem)
    assert cluster.knock(sso.person, sso.token()).admitted


def test_redirects_are_followed(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    issuer.answers["/moved"] = issuer.answers["/keys"]
    issuer.answers["/keys"] = status(302, Location="/moved")
    fetch(sso, issuer.ca_pem)
    assert cluster.knock(sso.person, sso.token()).admitted
    assert issuer.asked == [WELL_KNOWN, "/keys", "/moved"]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({WELL_KNOWN: text("<html>not found</html>", 404)}, id="HTML that says 404"),
        pytest.param({WELL_KNOWN: text("{}")}, id="no key URL"),
        pytest.param({WELL_KNOWN: text('{"jwks_uri":5}')}, id="a key URL that is not a text"),
        pytest.param({WELL_KNOWN: text('{"jwks_uri":"/keys"}')}, id="no whole key URL"),
        pytest.param({"/keys": text("")}, id="no keys"),
        pytest.param({"/keys": text('{"keys":[{"kty":"RSA","kid":"k"}]}')}, id="a broken key"),
        pytest.param({WELL_KNOWN: status(302, Location=WELL_KNOWN)}, id="redirects without end"),
    ],
)
def test_the_client_is_not_told_why_a_fetch_failed(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, answers: dict[str, Answer]
) -> None:
    issuer.answers |= answers
    fetch(sso, issuer.ca_pem)
    answer = cluster.knock(sso.person, sso.token())
    said = (answer.sqlstate, answer.message, answer.detail, answer.hint)
    assert said == ("28000", UNABLE, None, None)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("https://{}.issuer.example", id="a host that is not there"),
        pytest.param("{}.issuer.example", id="no scheme"),
    ],
)
def test_an_issuer_out_of_reach_is_a_failed_fetch(cluster: Cluster, sso: Sso, name: str) -> None:
    sso.issuer = name.format(secrets.token_hex(4))
    fetch(sso)
    answer = cluster.knock(sso.person, sso.token())
    assert (answer.sqlstate, answer.message, answer.detail) == ("28000", UNABLE, None)


@pytest.mark.parametrize("issuer", ["https"], indirect=True)
def test_a_certificate_is_trusted_only_with_its_authority(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with https_server(tmp_path_factory.mktemp("other")) as other:
        fetch(sso, other.ca_pem)
    assert cluster.knock(sso.person, sso.token()).message == UNABLE
    sso.settings.put(setting_names.CUSTOM_CA, issuer.ca_pem)
    assert cluster.knock(sso.person, sso.token()).admitted


def test_nothing_is_asked_for_a_token_that_is_refused_anyway(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    fetch(sso, issuer.ca_pem)
    foreign = cluster.knock(sso.person, sso.token(iss="https://elsewhere.example"))
    assert foreign.message == "JWT authentication: invalid issuer"
    assert cluster.knock(sso.person, "abc").message == "JWT authentication: invalid token"
    assert issuer.asked == []


def test_a_slow_issuer_makes_all_tokens_wait(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    """One lock of the node is held while a token is judged, and keys are fetched meanwhile."""
    keys = key_set(sso.keys["rsa"].jwk())
    publish(issuer, "/a", keys)
    publish(issuer, "/b", keys)
    fetch(sso, issuer.ca_pem, issuers=json.dumps([f"{issuer.url}/a", f"{issuer.url}/b"]))
    entered, released = threading.Event(), threading.Event()
    usual = issuer.answers["/a" + WELL_KNOWN]

    def held(exchange: Exchange) -> None:
        entered.set()
        assert released.wait(PATIENCE_S)
        usual(exchange)

    issuer.answers["/a" + WELL_KNOWN] = held
    tokens = [sso.token(iss=f"{issuer.url}/{path}") for path in "ab"]
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(cluster.knock, sso.person, tokens[0])
        assert entered.wait(PATIENCE_S)
        waiting = pool.submit(cluster.knock, sso.person, tokens[1])
        cluster.operator().close()
        released.set()
        assert slow.result(PATIENCE_S).admitted
        assert waiting.result(PATIENCE_S).admitted
    assert issuer.asked == ["/a" + WELL_KNOWN, "/a/keys", "/b" + WELL_KNOWN, "/b/keys"]


def test_a_new_time_limit_takes_effect_once_another_setting_of_tokens_changes(
    cluster: Cluster, sso: Sso, settings: Settings, issuer: HttpsServer
) -> None:
    """The authenticator reads its settings when one of them changes; this one is not among them."""
    fetch(sso, issuer.ca_pem)
    assert cluster.knock(sso.person, sso.token()).admitted
    usual = issuer.answers["/keys"]

    def late(exchange: Exchange) -> None:
        time.sleep(0.5)
        usual(exchange)

    issuer.answers["/keys"] = late
    settings.put(setting_names.CLIENT_TIMEOUT, "100ms")
    assert cluster.knock(sso.person, sso.token()).admitted
    settings.put(setting_names.AUDIENCE, json.dumps([sso.audience]))
    assert cluster.knock(sso.person, sso.token()).message == UNABLE
