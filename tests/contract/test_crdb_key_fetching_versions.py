"""Fetching keys from issuers, by version: how often, how long, and what a failure tells.

Source: A1, A3, #149415. From 25.4 on keys are fetched once the user has been found; a token that
makes its user is checked twice, and keys are fetched both times.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract import setting_names
from tests.contract.expectations import every_version, holds, says
from tests.contract.fetched_keys import UNABLE, WELL_KNOWN, fetch, need_reach, publish
from tests.contract.tokens import key_set
from tests.unit.scripted_https_server import Exchange, HttpsServer, http_server, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users
    from tests.unit.scripted_https_server import Answer

pytestmark = [every_version, holds(since="23.1.17"), holds(needs=setting_names.AUTO_FETCH)]

TOKEN_FIRST = holds(since="25.4")
BAD_FETCHES = [
    pytest.param({WELL_KNOWN: text("{}")}, id="no key URL"),
    pytest.param({WELL_KNOWN: text("<p>")}, id="a page for it"),
    pytest.param({"/keys": text("<p>")}, id="a page for keys"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpsServer]:
    with http_server() as started:
        yield started


@pytest.fixture
def issuer(server: HttpsServer, cluster: Cluster, sso: Sso) -> HttpsServer:
    """An issuer on this machine, which the cluster trusts and fetches keys from."""
    need_reach(cluster)
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


@pytest.fixture
def nobody(cluster: Cluster, sso: Sso, users: Users) -> str:
    """A user that is not there, whom tokens may make where this version knows how to."""
    if cluster.version >= (25, 4):
        sso.settings.put(setting_names.PROVISIONING, value=True)
    return users.name()


def test_a_login_fetches_keys_once(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
    assert issuer.asked == [WELL_KNOWN, "/keys"]


@holds(needs=setting_names.ISSUERS)
@holds(since="24.3")
def test_an_issuer_map_saves_the_discovery(cluster: Cluster, sso: Sso, issuer: HttpsServer) -> None:
    fetch(sso, issuers=json.dumps({"issuer_jwks_map": {issuer.url: f"{issuer.url}/keys"}}))
    assert cluster.verdict(sso.person, sso.token()) == "admitted"
    assert issuer.asked == ["/keys"]


def test_no_keys_are_fetched_for_a_user_that_is_not_there(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, users: Users
) -> None:
    user = users.name()
    answer = cluster.knock(user, sso.token(sub=user))
    assert answer.message == f"password authentication failed for user {user}"
    assert issuer.asked == []


@TOKEN_FIRST
@pytest.mark.parametrize("claims", [{"sub": "Someone-Else"}, {"jti": 5}])
def test_no_keys_are_fetched_for_a_token_that_does_not_name_the_user(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, claims: dict[str, Any]
) -> None:
    assert not cluster.knock(sso.person, sso.token(**claims)).admitted
    assert issuer.asked == []


@TOKEN_FIRST
def test_a_login_that_makes_its_user_fetches_keys_twice(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, nobody: str
) -> None:
    assert cluster.verdict(nobody, sso.token(sub=nobody)) == "admitted"
    assert issuer.asked == [WELL_KNOWN, "/keys"] * 2


@TOKEN_FIRST
def test_keys_removed_after_the_user_is_made_are_missed_by_the_second_check(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, nobody: str
) -> None:
    usual = issuer.answers["/keys"]

    def once(exchange: Exchange) -> None:
        issuer.answers["/keys"] = text('{"keys":[]}')
        usual(exchange)

    issuer.answers["/keys"] = once
    answer = cluster.knock(nobody, sso.token(sub=nobody))
    assert answer.message == "JWT authentication: invalid token"
    assert says("unable to parse token: .*", answer.detail)
    assert issuer.asked == [WELL_KNOWN, "/keys"] * 2


@pytest.mark.parametrize("signer", ["rsa", "other rsa"])
def test_a_token_that_the_keys_or_the_clock_refuse_costs_one_fetch(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, signer: str
) -> None:
    spoilt = sso.token(signer, {"kid": sso.keys["rsa"].kid}, exp=int(cluster.now_s()) - 600)
    assert cluster.knock(sso.person, spoilt).message == "JWT authentication: invalid token"
    assert issuer.asked == [WELL_KNOWN, "/keys"]


@pytest.mark.parametrize("answers", BAD_FETCHES)
def test_the_client_is_not_told_why_a_fetch_failed(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, answers: dict[str, Answer]
) -> None:
    issuer.answers |= answers
    answer = cluster.knock(sso.person, sso.token())
    assert (answer.message, answer.detail) == (UNABLE, None)


@TOKEN_FIRST
@pytest.mark.parametrize("answers", BAD_FETCHES)
def test_no_user_is_made_while_keys_cannot_be_fetched(
    cluster: Cluster, sso: Sso, issuer: HttpsServer, nobody: str, answers: dict[str, Answer]
) -> None:
    """How 25.4 wraps the refusal is open; the reason stays in the log."""
    issuer.answers |= answers
    answer = cluster.knock(nobody, sso.token(sub=nobody))
    assert says(f"{UNABLE}|JWT provisioning: .+", answer.message), answer.message
    assert not answer.admitted
    sso.settings.put(setting_names.PROVISIONING, value=False)
    gone = cluster.knock(nobody, sso.token(sub=nobody))
    assert gone.message == f"password authentication failed for user {nobody}"


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
