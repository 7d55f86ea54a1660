"""Logins with a token on a running cluster that fetches the keys itself."""

from __future__ import annotations

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from tests.emulator.embedded import Connection, Embedded, launch, rows, running
from tests.emulator.token_forge import jwks, other_rsa_pair, rsa_pair
from tests.unit.scripted_https_server import Exchange, HttpsServer, https_server, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.scripted_https_server import Answer

JWT = "server.jwt_authentication."
WELL_KNOWN = "/.well-known/openid-configuration"
JWT_OPTION = "--crdb:jwt_auth_enabled=true"
UNABLE = "JWT authentication: unable to validate token"
PATIENCE_S = 60.0
PAIR = rsa_pair()
KEYS, OTHER_KEYS = jwks(PAIR.jwk()), jwks(other_rsa_pair().jwk())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    says = r"dev\.emulator: login of user_\d+: unable to fetch jwks: .+"
    with running(tmp_path_factory.mktemp("fetching"), says=says) as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with https_server(tmp_path_factory.mktemp("issuer")) as started:
        yield started


@dataclass
class Sso:
    """A cluster that fetches keys from a server, and a user of it."""

    cluster: Embedded
    root: Connection
    server: HttpsServer
    user: str

    def put(self, name: str, value: str | bool) -> None:  # noqa: FBT001 - the value of a setting
        statement = sql.SQL("SET CLUSTER SETTING {} = {}")
        self.root.execute(statement.format(sql.SQL(JWT + name), sql.Literal(value)))

    def publish(self, path: str = "", keys: str = KEYS) -> None:
        """Answer as an issuer whose URL ends in `path`."""
        found = json.dumps({"issuer": "https://other", "jwks_uri": f"{self.server.url}{path}/keys"})
        self.server.answers |= {path + WELL_KNOWN: text(found), f"{path}/keys": text(keys)}

    def verdict(self, path: str = "", user: str = "", **claims: Any) -> str:
        """`admitted`, or what the server said to a token of an issuer."""
        name = user or self.user
        usual = {"iss": self.server.url + path, "aud": "crdb", "sub": name}
        return self.said(name, PAIR.token(usual | claims), options=JWT_OPTION)

    def said(self, user: str, password: str, **more: str) -> str:
        try:
            with self.cluster.connect(user, password=password, **more) as session:
                assert rows(session, "SELECT current_user") == [(user,)]
        except psycopg.OperationalError as exc:
            said = str(exc)
            return said[said.index("ERROR:") :].removeprefix("ERROR:").strip()
        return "admitted"


@pytest.fixture
def sso(
    cluster: Embedded, root: Connection, server: HttpsServer, new_user: Callable[..., str]
) -> Iterator[Sso]:
    server.answers.clear()
    server.asked.clear()
    made = Sso(cluster, root, server, new_user("WITH PASSWORD 'right'"))
    wanted: dict[str, str | bool] = {
        "jwks": OTHER_KEYS,
        "issuers.configuration": server.url,
        "issuers.custom_ca": server.ca_pem,
        "audience": "crdb",
        "jwks_auto_fetch.enabled": True,
        "enabled": True,
    }
    for name, value in wanted.items():
        made.put(name, value)
    yield made
    for name in [*wanted, "client.timeout"]:
        root.execute(sql.SQL("RESET CLUSTER SETTING {}").format(sql.SQL(JWT + name)))


def test_the_issuers_keys_count_and_not_those_in_the_setting(sso: Sso) -> None:
    sso.publish()
    assert sso.verdict() == "admitted"
    sso.put("jwks", KEYS)
    sso.publish(keys=OTHER_KEYS)
    assert sso.verdict().startswith("JWT authentication: invalid token")


def test_each_login_asks_for_the_configuration_and_the_keys(sso: Sso) -> None:
    sso.publish()
    assert [sso.verdict(), sso.verdict()] == ["admitted", "admitted"]
    assert sso.server.asked == [WELL_KNOWN, "/keys"] * 2


def test_with_an_issuer_map_each_login_asks_for_the_keys_alone(sso: Sso) -> None:
    mapped = {sso.server.url: f"{sso.server.url}/mapped"}
    sso.put("issuers.configuration", json.dumps({"issuer_jwks_map": mapped}))
    sso.server.answers = {"/mapped": text(KEYS)}
    assert [sso.verdict(), sso.verdict()] == ["admitted", "admitted"]
    assert sso.server.asked == ["/mapped"] * 2


def test_the_keys_in_the_setting_count_again_when_fetching_is_off(sso: Sso) -> None:
    sso.put("jwks", KEYS)
    sso.put("jwks_auto_fetch.enabled", value=False)
    assert sso.verdict() == "admitted"
    assert sso.server.asked == []


def test_nothing_is_fetched_for_a_token_that_is_refused_anyway(sso: Sso) -> None:
    sso.publish()
    assert sso.verdict(iss="https://other").startswith("JWT authentication: invalid issuer")
    assert sso.verdict(jti=5).startswith("JWT authentication: invalid token")
    assert sso.verdict(user="nobody_there").startswith("password authentication failed")
    sso.put("enabled", value=False)
    assert sso.verdict() == "JWT authentication: not enabled"
    assert sso.server.asked == []


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({}, id="an empty page that says 404"),
        pytest.param({WELL_KNOWN: text("<html>no</html>", 404)}, id="HTML that says 404"),
        pytest.param({WELL_KNOWN: text("{}")}, id="no key URL"),
        pytest.param({WELL_KNOWN: text('{"jwks_uri":"keys"}')}, id="no whole URL"),
    ],
)
def test_the_client_is_not_told_why_a_fetch_failed(sso: Sso, answers: dict[str, Answer]) -> None:
    sso.server.answers = answers
    assert sso.verdict() == UNABLE


def test_an_issuer_whose_certificate_is_not_trusted_lets_nobody_in(sso: Sso) -> None:
    sso.publish()
    sso.put("issuers.custom_ca", "")
    assert sso.verdict() == UNABLE
    assert sso.server.asked == []


def test_a_slow_issuer_makes_every_token_wait_and_nobody_else(sso: Sso) -> None:
    sso.put("issuers.configuration", json.dumps([f"{sso.server.url}/a", f"{sso.server.url}/b"]))
    sso.publish("/a")
    sso.publish("/b")
    entered, released = threading.Event(), threading.Event()
    usual = sso.server.answers["/a" + WELL_KNOWN]

    def held(exchange: Exchange) -> None:
        entered.set()
        assert released.wait(PATIENCE_S)
        usual(exchange)

    sso.server.answers["/a" + WELL_KNOWN] = held
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(sso.verdict, "/a")
        assert entered.wait(PATIENCE_S)
        waiting = pool.submit(sso.verdict, "/b")
        others = [sso.said(sso.user, "right") for _ in range(5)]
        undone = not waiting.done()
        released.set()
        assert (slow.result(PATIENCE_S), waiting.result(PATIENCE_S)) == ("admitted", "admitted")
    assert others == ["admitted"] * 5
    assert undone
    assert sso.server.asked == ["/a" + WELL_KNOWN, "/a/keys", "/b" + WELL_KNOWN, "/b/keys"]


def test_a_new_time_limit_takes_effect_once_another_setting_of_tokens_changes(sso: Sso) -> None:
    sso.publish()
    assert sso.verdict() == "admitted"
    usual = sso.server.answers["/keys"]

    def late(exchange: Exchange) -> None:
        time.sleep(0.5)
        usual(exchange)

    sso.server.answers["/keys"] = late
    sso.put("client.timeout", "100ms")
    assert sso.verdict() == "admitted"
    sso.put("audience", '["crdb"]')
    assert sso.verdict() == UNABLE
    sso.root.execute(sql.SQL("RESET CLUSTER SETTING {}").format(sql.SQL(JWT + "client.timeout")))
    assert sso.verdict() == UNABLE
    sso.put("audience", "crdb")
    assert sso.verdict() == "admitted"


def test_the_reason_of_a_failed_fetch_is_in_the_log(tmp_path: Path) -> None:
    cluster = launch(tmp_path)
    try:
        with cluster.connect() as root:
            root.execute("CREATE USER ann")
            sso = Sso(cluster, root, HttpsServer("no-url", ""), "ann")
            for name in ("enabled", "jwks_auto_fetch.enabled"):
                sso.put(name, value=True)
            sso.put("issuers.configuration", "no-url")
            assert sso.verdict() == UNABLE
    finally:
        cluster.end(signal.SIGTERM)
    assert cluster.process.communicate()[1] == (
        'dev.emulator: login of ann: unable to fetch jwks: Get "no-url/.well-known/'
        "openid-configuration\": Request URL is missing an 'http://' or 'https://' protocol.\n"
    )
