"""The judge and the embedded cluster, which share no code, agree on every login."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from hypothesis import HealthCheck, given, settings

from crdb_sso.verdict import ClusterView, Verdict, judge
from tests.unit.verdict.embedded_logins import Told, log_in
from tests.unit.verdict.imitated_settings import IMITATED
from tests.unit.verdict.near_logins import Login, near_logins

BUILDS = {"22.2": "22.2.0", "23.1": "23.1.16", "24.1": "24.1.1"}
Ask = Callable[[ClusterView, str, str], Told | None]
EACH = 800  # times seven versions: more than 5,000 logins in a run


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch):
    """The embedded cluster asks issuers for groups: through a proxy that is not there."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.mark.parametrize("version", IMITATED)
@settings(
    max_examples=EACH,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(login=near_logins)
def test_judge_and_embedded_cluster_agree(version: str, login: Login):
    assert_same(version, login)


@pytest.mark.parametrize("number", ["FOO", "AQAB", "AA", ""])
@pytest.mark.parametrize("member", ["n", "e"])
@pytest.mark.parametrize("version", IMITATED)
def test_they_agree_on_rsa_keys_that_are_too_small(version: str, member: str, number: str):
    fetching = {"jwks_auto_fetch.enabled": "true"}

    assert_same(version, Login(jwk={member: number}, settings=fetching))
    assert_same(version, Login(jwk={member: number}))


def test_a_token_may_end_while_both_are_asked():
    def slowly(cluster: ClusterView, user: str, token: str) -> Told | None:
        told = log_in(cluster, user, token)
        time.sleep(1.1)  # longer than the token lasts
        return told

    assert_same("26.4", Login(claims={"exp": 1}), slowly)


def assert_same(version: str, login: Login, ask: Ask = log_in) -> None:
    cluster = login.cluster(version, BUILDS.get(version, version))
    token = login.sent()
    before = datetime.now(timezone.utc)
    told = ask(cluster, login.user, token)
    after = datetime.now(timezone.utc)
    try:
        assert_told(told, judge(cluster, login.user, token, now=before))
    except AssertionError:  # or else the token began or ended in between
        assert_told(told, judge(cluster, login.user, token, now=after))


def assert_told(told: Told | None, verdict: Verdict) -> None:
    if verdict.is_undecided:  # the issuer's userinfo endpoint is asked for groups
        assert told is not None
        assert told.message.startswith("JWT authorization: ")
        return
    assert verdict.accepted is (told is None), (told, verdict)
    if told is None:
        return
    error = verdict.error
    assert error is not None
    assert told.sqlstate == error.sqlstate, (told, verdict)
    if told.message.startswith("use of JWT authentication requires"):
        assert "requires an enterprise license" in error.message
    elif error.message.endswith("..."):
        assert told.message.startswith(error.message.removesuffix("...")), (told, verdict)
    elif error.is_exact:
        assert told == Told(error.message, error.detail, error.sqlstate), verdict
    else:
        assert told.message == error.message
        assert told.detail.startswith(error.detail.removesuffix("...")), (told, verdict)


def test_generated_logins_fail_at_every_check():
    """Or else the agreement would say little."""
    failed: Counter[str] = Counter()

    @settings(max_examples=800, deadline=None, derandomize=True)
    @given(login=near_logins)
    def count(login: Login) -> None:
        for version in ("25.2", "26.4"):
            verdict = judge(
                login.cluster(version, version),
                login.user,
                login.sent(),
                now=datetime.now(timezone.utc),
            )
            first = verdict.first_failure
            failed[first.name if first else "accepted"] += 1

    count()
    assert failed["accepted"] > 30, failed
    assert len(failed) >= 14, failed
