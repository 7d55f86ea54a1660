"""A token judged by a stack's `connect` output alone."""

from typing import Any

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.verdict import Verdict
from crdb_sso.verdict.outputs import Told, judge_by_output, told_of
from tests.unit.verdict.logins import ISSUER, NOW, NOW_S, token

URL = "postgresql://kyle@db.example.com:26257/defaultdb?sslmode=verify-full"
OLD = {"kyle": {"url": URL, "token": "of the issuer"}}
ONE = {"kyle": {"url": URL, "issuer": ISSUER, "audience": "crdb", "source": {}}}
SEVERAL: dict[str, Any] = {
    "kyle": {
        **ONE["kyle"],
        "identities": [
            {"name": "a", "issuer": ISSUER, "audience": "crdb"},
            {"name": "b", "issuer": "https://other.test", "audience": "crdb-2"},
        ],
    }
}


def judged(connect: object, sent: str) -> Verdict:
    return judge_by_output(told_of(connect, "kyle"), "kyle", sent, now=NOW)


@pytest.mark.parametrize(
    ("connect", "told"),
    [
        (OLD, Told((), ())),
        (ONE, Told((ISSUER,), ("crdb",))),
        (SEVERAL, Told((ISSUER, "https://other.test"), ("crdb", "crdb-2"))),
        ({"kyle": {"issuer": 5, "identities": "x"}}, Told((), ())),
        ({"kyle": {"identities": [5, {"issuer": ISSUER}], "more": 1}}, Told((ISSUER,), ())),
    ],
    ids=["an older output", "one identity", "several", "odd values", "half odd"],
)
def test_issuers_and_audiences_are_taken_from_any_output(connect: object, told: Told) -> None:
    assert told_of(connect, "kyle") == told


@pytest.mark.parametrize("connect", [[], "x", None, {"other": {}}, {"kyle": "x"}])
def test_an_output_without_the_login_is_refused(connect: object) -> None:
    with pytest.raises(InvalidInput):
        told_of(connect, "kyle")


def test_a_good_token_is_undecided_as_the_cluster_was_not_asked() -> None:
    verdict = judged(ONE, token())

    assert verdict.is_undecided
    known = {check.name for check in verdict.checks if check.passed}
    times = {"issued at", "expiry", "not before"}
    assert known == {"token sent", "token form", "issuer", "audience", "reserved user", *times}
    assert "Only the `connect` output was looked at" in verdict.notes[0]


@pytest.mark.parametrize(
    ("sent", "refused_at", "near"),
    [
        (token(iss=ISSUER + "/"), "issuer", "the same issuer without a slash at its end"),
        (token(aud="api://crdb"), "audience", "without api:// it is accepted"),
        (token(exp=NOW_S - 5), "expiry", ""),
        (token({"alg": "RS256"}), "key", ""),
        ("hunter2", "token form", "it looks like an opaque access token, or a password"),
    ],
    ids=["issuer", "audience", "expired", "no kid", "not a token"],
)
def test_what_the_output_and_the_token_alone_decide_is_found(
    sent: str, refused_at: str, near: str
) -> None:
    verdict = judged(ONE, sent)

    assert verdict.first_failure is not None
    assert verdict.first_failure.name == refused_at
    assert verdict.near_miss.startswith(near)
    assert verdict.fix


def test_the_fix_is_what_a_workload_can_do() -> None:
    fix = judged(ONE, token(aud="x")).fix

    assert fix.startswith("Get a token with the audience 'crdb'.")
    assert "SET CLUSTER SETTING" not in fix


def test_each_identity_of_a_login_will_do() -> None:
    assert judged(SEVERAL, token(iss="https://other.test", aud="crdb-2")).is_undecided


def test_an_older_output_says_so() -> None:
    verdict = judged(OLD, token())

    assert verdict.is_undecided
    assert "older crdb-sso" in verdict.notes[1]
