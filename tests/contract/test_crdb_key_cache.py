"""What a node keeps of issuers, by the headers of their answers, and when it forgets it.

Source: JC (CockroachDB pkg/security/jwtauth/remote_jwks_cache.go and its test, 2026). Which release
has it first is inferred: 26.3 or 26.4.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.contract import setting_names
from tests.contract.cluster import ADMITTED
from tests.contract.expectations import every_version, holds
from tests.contract.fetched_keys import (
    FRESH,
    STALE,
    UNABLE,
    WELL_KNOWN,
    discovery,
    fetch,
    fresh_issuer,
    keys,
    with_headers,
)
from tests.contract.tokens import token
from tests.unit.scripted_https_server import Exchange, HttpsServer, http_server, https_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users
    from tests.unit.scripted_https_server import Answer

pytestmark = [every_version, holds(since="26.4", inferred=True)]

INVALID = "JWT authentication: invalid token"


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """An issuer that says nothing of how long its keys, those of `rsa`, stay fresh."""
    return fresh_issuer(server, cluster, sso)


def test_a_withdrawn_key_opens_logins_while_the_set_is_fresh(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    issuer.answers["/keys"] = with_headers(keys(sso), FRESH)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED


@pytest.mark.parametrize(
    "answer", [text("", 500), text('{"keys": ['), text('{"keys":[{"kty":"x"}]}')]
)
def test_stale_keys_are_not_used_when_a_refresh_fails(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, answer: Answer
) -> None:
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), STALE)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    issuer.answers["/keys"] = answer
    assert cluster.verdict(sso.person, sso.token()) == UNABLE
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED


def test_an_unknown_key_has_the_keys_fetched_once_in_thirty_seconds(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    """The refresh asks caches on the way not to answer."""
    sent: list[str | None] = []
    usual = with_headers(keys(sso, "rsa"), FRESH)

    def noted(exchange: Exchange) -> None:
        sent.append(exchange.headers.get("Cache-Control"))
        usual(exchange)

    issuer.answers["/keys"] = noted
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    for _ in range(3):
        assert cluster.knock(sso.person, sso.token("other rsa")).message == INVALID
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    assert issuer.asked == [WELL_KNOWN, "/keys", "/keys"]
    assert sent == [None, "no-cache"]


def test_a_new_key_of_the_issuer_opens_logins_at_once(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa", "P-256"), FRESH)
    assert cluster.verdict(sso.person, sso.token("P-256")) == ADMITTED


@pytest.mark.parametrize(
    ("key", "header"),
    [
        pytest.param("rsa", {"kid": None}, id="no kid"),
        pytest.param("rsa", {"kid": ""}, id="an empty kid"),
        pytest.param("other rsa", {"kid": "KNOWN"}, id="a wrong signature with a known kid"),
    ],
)
def test_other_bad_tokens_have_nothing_fetched(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, key: str, header: dict[str, str | None]
) -> None:
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    if header["kid"] == "KNOWN":
        header = {"kid": sso.keys["rsa"].kid}
    assert cluster.knock(sso.person, sso.token(key, header)).message == INVALID
    assert issuer.asked == [WELL_KNOWN, "/keys"]


def test_keys_from_another_url_are_dropped_for_good(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    moved = discovery(issuer, STALE, uri=f"{issuer.url}/moved")
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    for document, expected in (
        (discovery(issuer, STALE), ADMITTED),
        (moved, UNABLE),
        (discovery(issuer, STALE), ADMITTED),
    ):
        issuer.answers[WELL_KNOWN] = document
        assert cluster.knock(sso.person, sso.token()).message == (
            None if expected == ADMITTED else expected
        )
    assert [path for path in issuer.asked if path != WELL_KNOWN] == ["/keys", "/moved", "/keys"]


@pytest.mark.parametrize(
    ("changed", "forgotten"),
    [
        (setting_names.ISSUERS, True),
        (setting_names.CUSTOM_CA, True),
        (setting_names.AUTO_FETCH, True),
        (setting_names.ENABLED, True),
        (setting_names.AUDIENCE, False),
        (setting_names.CLAIM, False),
        (setting_names.JWKS, False),
        (setting_names.CLIENT_TIMEOUT, False),
        (setting_names.IDENTITY_MAP, False),
    ],
)
def test_everything_is_forgotten_when_trust_changes(
    cluster: Cluster,
    sso: Sso,
    issuer: HttpsServer,
    tmp_path: Path,
    changed: str,
    *,
    forgotten: bool,
) -> None:
    """Switches are turned off and on again between two logins, which is how to flush."""
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    if changed in (setting_names.AUTO_FETCH, setting_names.ENABLED):
        sso.settings.put(changed, value=False)
        sso.settings.put(changed, value=True)
    elif changed == setting_names.CUSTOM_CA:
        with https_server(tmp_path) as other:
            sso.settings.put(changed, other.ca_pem)
    else:
        values = {
            setting_names.ISSUERS: json.dumps([sso.issuer, "https://other.example"]),
            setting_names.AUDIENCE: json.dumps(["other", sso.audience]),
            setting_names.CLAIM: "sub",
            setting_names.JWKS: keys(sso, "rsa"),
            setting_names.CLIENT_TIMEOUT: "14s",
            setting_names.IDENTITY_MAP: f"{sso.issuer} {sso.person} {sso.person}",
        }
        sso.settings.put(changed, values[changed])
    assert cluster.verdict(sso.person, sso.token()) == ADMITTED
    assert issuer.asked == [WELL_KNOWN, "/keys"] * (2 if forgotten else 1)


def test_an_issuer_map_is_kept_by_issuer_too(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    sso.issuer, other = "https://one.example", "https://two.example"
    mapped = dict.fromkeys((sso.issuer, other), f"{issuer.url}/keys")
    fetch(sso, issuers=json.dumps({"issuer_jwks_map": mapped}))
    for name in (sso.issuer, other, sso.issuer):
        assert cluster.verdict(sso.person, sso.token(iss=name)) == ADMITTED
    assert issuer.asked == ["/keys", "/keys"]


def test_logins_at_once_share_one_fetch(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    shown = token(sso.keys["rsa"], sso.claims())
    with ThreadPoolExecutor() as pool:
        tries = [pool.submit(cluster.knock, sso.person, shown) for _ in range(6)]
    assert [attempt.result().admitted for attempt in tries] == [True] * 6
    assert issuer.asked == [WELL_KNOWN, "/keys"]


def test_a_login_that_makes_its_user_fetches_keys_once(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, users: Users
) -> None:
    sso.settings.put(setting_names.PROVISIONING, value=True)
    issuer.answers["/keys"] = with_headers(keys(sso, "rsa"), FRESH)
    name = users.name()
    assert cluster.verdict(name, sso.token(sub=name)) == ADMITTED
    assert issuer.asked == [WELL_KNOWN, "/keys"]
