"""What a node keeps of an issuer as time goes by."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from dev.emulator.issuer_client.key_cache import IssuerKeys
from dev.emulator.issuer_client.web import FetchSettings, KeysNotFetched
from tests.emulator.token_forge import jwks, other_rsa_pair, rsa_pair
from tests.unit.scripted_https_server import Exchange, HttpsServer, http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.scripted_https_server import Answer

WELL_KNOWN = "/.well-known/openid-configuration"
PAIR, OTHER = rsa_pair(), other_rsa_pair()
KEYS, BOTH = jwks(PAIR.jwk()), jwks(PAIR.jwk(), {**OTHER.jwk(), "kid": "other"})
KID = str(PAIR.jwk()["kid"])


@dataclass
class Node:
    """One node, whose clock stands until it is moved, and an issuer with the same clock."""

    server: HttpsServer
    now: float = 1_800_000_000.0
    keys: IssuerKeys = field(init=False)
    settings: FetchSettings = field(init=False)

    def __post_init__(self) -> None:
        self.keys = IssuerKeys(keeps=True, clock=lambda: self.now)
        self.settings = FetchSettings(
            enabled=True,
            issuers=self.server.url,
            custom_ca="",
            timeout_s=60.0,
            checks_status=True,
        )

    def asks(self, kid: str = KID) -> str:
        return asyncio.run(self.keys.jwks(self.settings, self.server.url, kid, {}))

    def publish(self, keys: str, max_age: int, document_s: int = 10_000) -> None:
        document = json.dumps({"jwks_uri": f"{self.server.url}/keys"})
        self.server.answers |= {
            WELL_KNOWN: fresh_for(document, document_s),
            "/keys": fresh_for(keys, max_age),
        }

    def fetched(self) -> list[str]:
        """The paths that were asked for since the last call."""
        asked = list(self.server.asked)
        self.server.asked.clear()
        return asked


def fresh_for(body: str, seconds: int) -> Answer:
    """Answer without a date, so that only the node's clock counts."""

    def answer(exchange: Exchange) -> None:
        exchange.send_response_only(200)
        exchange.send_header("Content-Length", str(len(body)))
        exchange.send_header("Cache-Control", f"max-age={seconds}")
        exchange.end_headers()
        exchange.wfile.write(body.encode())

    return answer


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def node(server: HttpsServer) -> Node:
    server.answers.clear()
    server.asked.clear()
    return Node(server)


def test_keys_are_fetched_again_when_their_time_is_over(node: Node) -> None:
    node.publish(KEYS, 300)
    assert node.asks() == KEYS
    assert node.fetched() == [WELL_KNOWN, "/keys"]
    node.publish(BOTH, 300)
    node.now += 299
    assert (node.asks(), node.fetched()) == (KEYS, [])
    node.now += 1
    assert (node.asks(), node.fetched()) == (BOTH, ["/keys"])


def test_a_document_has_a_time_of_its_own(node: Node) -> None:
    node.publish(KEYS, 300, document_s=100)
    node.asks()
    node.fetched()
    node.now += 100
    assert (node.asks(), node.fetched()) == (KEYS, [WELL_KNOWN])


def test_an_unknown_key_is_looked_for_every_thirty_seconds(node: Node) -> None:
    node.publish(KEYS, 300)
    node.asks()
    node.fetched()
    assert (node.asks("other"), node.fetched()) == (KEYS, ["/keys"])
    node.now += 29
    assert (node.asks("another"), node.fetched()) == (KEYS, [])
    node.publish(BOTH, 300)
    node.now += 1
    assert (node.asks("other"), node.fetched()) == (BOTH, ["/keys"])
    assert (node.asks("other"), node.fetched()) == (BOTH, [])


def test_a_failed_look_for_a_key_counts_too(node: Node) -> None:
    """The keys that are kept stay in use."""
    node.publish(KEYS, 300)
    node.asks()
    node.server.answers["/keys"] = text("", 500)
    with pytest.raises(KeysNotFetched):
        node.asks("other")
    node.fetched()
    assert (node.asks("other"), node.asks(), node.fetched()) == (KEYS, KEYS, [])


def test_an_ordinary_refresh_does_not_shorten_the_thirty_seconds(node: Node) -> None:
    node.publish(KEYS, 5)
    node.asks()
    node.now += 1
    node.asks("other")
    node.now += 5
    node.fetched()
    assert (node.asks("other"), node.fetched()) == (KEYS, ["/keys"])
    assert (node.asks("other"), node.fetched()) == (KEYS, [])


def test_what_is_stale_is_never_used(node: Node) -> None:
    node.publish(KEYS, 300)
    node.asks()
    node.now += 301
    node.server.answers["/keys"] = text("", 503)
    for _ in range(2):
        with pytest.raises(KeysNotFetched):
            node.asks()
    node.publish(KEYS, 300)
    assert node.asks() == KEYS


def test_a_bad_document_is_not_kept(node: Node) -> None:
    node.publish(KEYS, 300)
    node.server.answers[WELL_KNOWN] = fresh_for('{"jwks_uri":":"}', 86_400)
    with pytest.raises(KeysNotFetched, match=r"^invalid JWKS URI in OpenID configuration$"):
        node.asks()
    node.publish(KEYS, 300)
    assert node.asks() == KEYS


@pytest.mark.parametrize(
    ("change", "forgotten"),
    [
        ({"issuers": "OTHERS"}, True),
        ({"custom_ca": "x"}, True),
        ({"enabled": False}, True),
        ({"accepts_tokens": False}, True),
        ({"timeout_s": 1.0}, False),
        ({}, False),
    ],
    ids=str,
)
def test_a_change_and_back_between_two_logins_is_noticed(
    node: Node, change: dict[str, Any], *, forgotten: bool
) -> None:
    node.publish(KEYS, 300)
    node.asks()
    node.fetched()
    node.keys.follow(replace(node.settings, **change))
    node.keys.follow(node.settings)
    node.asks()
    assert node.fetched() == ([WELL_KNOWN, "/keys"] if forgotten else [])


def test_the_order_of_issuers_does_not_matter(node: Node) -> None:
    node.publish(KEYS, 300)
    for issuers in ([node.server.url, "x"], ["x", node.server.url]):
        node.settings = replace(node.settings, issuers=json.dumps(issuers))
        node.asks()
    assert node.fetched() == [WELL_KNOWN, "/keys"]


def test_a_fetch_under_way_fills_nothing_that_was_emptied_meanwhile(node: Node) -> None:
    node.publish(KEYS, 300)
    usual = node.server.answers["/keys"]

    def emptied(exchange: Exchange) -> None:
        node.keys.follow(replace(node.settings, enabled=False))
        node.keys.follow(node.settings)
        usual(exchange)

    node.server.answers["/keys"] = emptied
    assert node.asks() == KEYS
    node.publish(BOTH, 300)
    assert node.asks() == BOTH


def test_too_long_an_answer_is_refused(node: Node) -> None:
    node.publish(KEYS.ljust(1024 * 1024 + 1), 300)
    with pytest.raises(KeysNotFetched, match=r"^response body exceeds 1048576 bytes$"):
        node.asks()
