"""Fetching keys from issuers, by version: how often, how long, and what a failure tells.

Source: CockroachDB pkg/ccl/jwtauthccl/authentication_jwt.go; from 25.4 on a token is checked
before the user (signature only) and after it (all of it), and keys are fetched both times.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.contract import setting_names
from tests.contract.expectations import every_version, holds, says
from tests.contract.fetched_keys import NO_REACH, UNABLE, WELL_KNOWN, fetch, publish
from tests.contract.tokens import key_set
from tests.unit.scripted_https_server import Exchange, HttpsServer, http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.unit.scripted_https_server import Answer

pytestmark = [every_version, holds(since="23.1.17"), holds(needs=setting_names.AUTO_FETCH)]

USER_FIRST = holds(before="25.4")
TOKEN_FIRST = holds(since="25.4")
BAD_FETCHES = [
    pytest.param({WELL_KNOWN: text("{}")}, "no JWKS URI found", id="no key URL"),
    pytest.param({WELL_KNOWN: text("<p>")}, "invalid character '<'", id="a page for it"),
    pytest.param({"/keys": text("<p>")}, "", id="a page for keys"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """An issuer on this machine, which the cluster trusts and fetches keys from."""
    if cluster.name == "by_url":
        pytest.skip(NO_REACH)
    server.answers.clear()
    server.asked.clear()
    sso.issuer = server.url
    publish(server, "", key_set(sso.keys["rsa"].jwk()))
    fetch(sso)
    return server


def late(usual: Answer, seconds: float) -> Answer:
    """Answer as usual, but not at once."""

    def answer(exchange: Exchange) -> None:
        exchange.served.over.wait(seconds)
        usual(exchange)

    return answer


@pytest.mark.parametrize(
    "times", [pytest.param(1, marks=USER_FIRST), pytest.param(2, marks=TOKEN_FIRST)]
)
def test_a_login_fetches_keys_once_for_each_check_of_its_token(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, times: int
) -> None:
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
    assert issuer.asked == [WELL_KNOWN, "/keys"] * times


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(
            1, marks=[holds(needs=setting_names.ISSUERS), holds(since="24.3"), USER_FIRST]
        ),
        pytest.param(2, marks=TOKEN_FIRST),
    ],
)
def test_an_issuer_map_saves_the_discovery_each_time(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, times: int
) -> None:
    fetch(sso, issuers=json.dumps({"issuer_jwks_map": {issuer.url: f"{issuer.url}/keys"}}))
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
    assert issuer.asked == ["/keys"] * times


@pytest.mark.parametrize(
    "asked",
    [pytest.param([], marks=USER_FIRST), pytest.param([WELL_KNOWN, "/keys"], marks=TOKEN_FIRST)],
)
def test_keys_are_fetched_for_an_unknown_user_where_the_token_comes_first(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, asked: list[str]
) -> None:
    nobody = f"ct{secrets.token_hex(4)}"
    answer = cluster.knock(nobody, sso.token(sub=nobody))
    assert answer.message == f"password authentication failed for user {nobody}"
    assert issuer.asked == asked


@pytest.mark.parametrize(
    "times", [pytest.param(1, marks=USER_FIRST), pytest.param(2, marks=TOKEN_FIRST)]
)
def test_an_expired_token_is_refused_at_the_last_check(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, times: int
) -> None:
    token = sso.token(exp=int(cluster.now_s()) - 600)
    assert cluster.knock(sso.person, token).message == "JWT authentication: invalid token"
    assert issuer.asked == [WELL_KNOWN, "/keys"] * times


def test_a_wrong_signature_is_refused_at_the_first_check(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    publish(issuer, "", key_set(sso.keys["other rsa"].jwk()))
    answer = cluster.knock(sso.person, sso.token())
    assert answer.message == "JWT authentication: invalid token"
    assert issuer.asked == [WELL_KNOWN, "/keys"]


@TOKEN_FIRST
def test_keys_removed_between_the_checks_are_missed_by_the_second(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    usual = issuer.answers["/keys"]

    def once(exchange: Exchange) -> None:
        issuer.answers["/keys"] = text('{"keys":[]}')
        usual(exchange)

    issuer.answers["/keys"] = once
    answer = cluster.knock(sso.person, sso.token())
    assert answer.message == "JWT authentication: invalid token"
    assert says("unable to parse token: .*", answer.detail)
    assert issuer.asked == [WELL_KNOWN, "/keys"] * 2


@USER_FIRST
@pytest.mark.parametrize("answers", [pytest.param(row.values[0], id=row.id) for row in BAD_FETCHES])
def test_up_to_25_3_the_client_is_not_told_why_a_fetch_failed(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, answers: dict[str, Answer]
) -> None:
    issuer.answers |= answers
    answer = cluster.knock(sso.person, sso.token())
    assert (answer.message, answer.detail) == (UNABLE, None)


@TOKEN_FIRST
@pytest.mark.parametrize(("answers", "reason"), BAD_FETCHES)
def test_from_25_4_on_the_client_is_told_why_a_fetch_failed(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, answers: dict[str, Answer], reason: str
) -> None:
    issuer.answers |= answers
    answer = cluster.knock(sso.person, sso.token())
    assert not answer.admitted
    assert answer.message != UNABLE
    assert reason in (answer.message or "")


@holds(before="24.3")
def test_the_fixed_time_limit_of_old_versions_is_short(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    """Three seconds, and no setting; half a minute is too long in any case."""
    if setting_names.CLIENT_TIMEOUT in sso.settings.found:
        pytest.skip("this patch has a setting for it")
    issuer.answers["/keys"] = late(issuer.answers["/keys"], 30.0)
    assert cluster.knock(sso.person, sso.token()).message == UNABLE


@TOKEN_FIRST
def test_a_new_time_limit_takes_effect_at_once(
    cluster: Cluster, sso: Sso, issuer: HttpsServer
) -> None:
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
    usual = issuer.answers["/keys"]
    issuer.answers["/keys"] = late(usual, 30.0)
    sso.settings.put(setting_names.CLIENT_TIMEOUT, "100ms")
    assert not cluster.knock(sso.person, sso.token()).admitted
    issuer.answers["/keys"] = usual
    sso.settings.put(setting_names.CLIENT_TIMEOUT, "15s")
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
