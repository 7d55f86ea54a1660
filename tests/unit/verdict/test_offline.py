"""A token judged by a stack's `connect` output alone."""

from typing import Any

import pytest

from crdb_sso.errors import InvalidInput
from crdb_sso.verdict import Verdict
from crdb_sso.verdict.offline import ExportedIdentity, ExportedTrust, judge_offline
from crdb_sso.workload.outputs import trust_of
from tests.unit.verdict.logins import ISSUER, NOW, NOW_S, token

URL = "postgresql://kyle@db.example.com:26257/defaultdb?sslmode=verify-full"
OLD = {"kyle": {"url": URL, "token": "of the issuer"}}
ONE = {"kyle": {"url": URL, "issuer": ISSUER, "audience": "crdb", "source": {}}}
WITH_SUBJECT = {"kyle": {**ONE["kyle"], "subject": "k-1", "claim": "oid"}}
SEVERAL: dict[str, Any] = {
    "kyle": {
        **ONE["kyle"],
        "identities": [
            {"name": "a", "issuer": ISSUER, "audience": "crdb"},
            {"name": "b", "issuer": "https://other.test", "audience": "crdb-2"},
        ],
    }
}


def judged(connect: dict[str, Any], sent: str) -> Verdict:
    return judge_offline(trust_of(connect, "kyle"), sent, now=NOW)


def trust(*identities: tuple[str, str, str], claim: str = "") -> ExportedTrust:
    return ExportedTrust("kyle", tuple(ExportedIdentity(*one) for one in identities), claim)


@pytest.mark.parametrize(
    ("connect", "known"),
    [
        (OLD, trust(("", "", ""))),
        (ONE, trust((ISSUER, "crdb", ""))),
        (SEVERAL, trust((ISSUER, "crdb", ""), ("https://other.test", "crdb-2", ""))),
        (WITH_SUBJECT, trust((ISSUER, "crdb", "k-1"), claim="oid")),
    ],
    ids=["an older output", "one identity", "several", "subject and claim"],
)
def test_what_is_known_is_taken_from_an_output_of_any_age(
    connect: dict[str, Any], known: ExportedTrust
) -> None:
    assert trust_of(connect, "kyle") == known


@pytest.mark.parametrize(
    "connect",
    [
        {"other": {}},
        {"kyle": "x"},
        {"kyle": {"issuer": 5}},
        {"kyle": {"identities": "x"}},
        {"kyle": {"identities": [5]}},
    ],
)
def test_an_output_without_the_login_or_of_another_shape_is_refused(
    connect: dict[str, Any],
) -> None:
    with pytest.raises(InvalidInput):
        trust_of(connect, "kyle")


def test_a_good_token_is_undecided_as_the_cluster_was_not_asked() -> None:
    verdict = judged(ONE, token())

    assert verdict.is_undecided
    known = {check.name for check in verdict.checks if check.passed}
    times = {"issued at", "expiry", "not before"}
    assert known == {"token sent", "token form", "issuer", "audience", "reserved user", *times}
    assert "Only what the stack says of the login was looked at" in verdict.notes[0]


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


def test_an_issuer_that_is_not_known_is_said_and_so_is_how_to_know_it() -> None:
    verdict = judged(OLD, token())

    assert verdict.is_undecided
    assert verdict.notes[1] == (
        "The issuer of the login is not known, so the token's was not compared. A `connect` output"
        " that an older crdb-sso wrote lacks it, until the next `pulumi up`."
    )


@pytest.mark.parametrize(
    ("claims", "refused_at"),
    [({"oid": "k-1"}, ""), ({"oid": "k-2"}, "identity map"), ({}, "claim")],
    ids=["its own", "another", "none"],
)
def test_the_subject_is_looked_for_in_the_claim_that_names_it(
    claims: dict[str, str], refused_at: str
) -> None:
    verdict = judged(WITH_SUBJECT, token(**claims))

    assert (verdict.first_failure.name if verdict.first_failure else "") == refused_at
    assert verdict.is_undecided is not bool(refused_at)


WHOLE = {"kyle": {**ONE["kyle"], "subject": "k-1"}}
INVALID = "ERROR:  JWT authentication: invalid token\nDETAIL:  unable to parse token: "
NO_PRINCIPAL = "JWT authentication: invalid principal"


def test_a_wrong_issuer_comes_first_as_the_rest_may_follow_from_it() -> None:
    verdict = judged(WHOLE, token(iss=ISSUER + "/", sub="k-1"))

    assert verdict.first_failure is not None
    assert verdict.first_failure.name == "issuer"
    assert verdict.first_failure.seen == f"'{ISSUER}/'"
    assert verdict.error is None  # which version it is decides
    assert len({check.name for check in verdict.checks}) == len(verdict.checks)


@pytest.mark.parametrize(
    ("said", "first", "told"),
    [
        ("", "identity map", None),
        (f"FATAL:  {NO_PRINCIPAL}\nDETAIL:  the value [x]", "identity map", NO_PRINCIPAL),
        (
            f'{INVALID}"exp" not satisfied',
            "expiry",
            "JWT authentication: invalid token",
        ),
        (
            f"{INVALID}exp not satisfied",
            "expiry",
            "JWT authentication: invalid token",
        ),
        ("FATAL:  JWT authentication: invalid audience", "audience", None),
        ("FATAL:  too many clients", "identity map", None),
    ],
    ids=["nothing", "principal", "expiry", "without quotes", "audience", "something else"],
)
def test_of_several_checks_that_fail_the_one_that_the_server_named_comes_first(
    said: str, first: str, told: str | None
) -> None:
    sent = token(sub="x", aud="x", exp=NOW_S - 5)

    verdict = judge_offline(trust_of(WHOLE, "kyle"), sent, now=NOW, said=said)

    assert verdict.first_failure is not None
    assert verdict.first_failure.name == first
    if told:
        assert verdict.error is not None
        assert verdict.error.message == told


def test_no_version_is_known_so_no_note_speaks_of_one() -> None:
    assert not any("This version" in note for note in judged(WHOLE, token(sub="x")).notes)


def test_a_subject_that_is_not_one_field_of_a_line_is_not_judged() -> None:
    odd = {"kyle": {**ONE["kyle"], "subject": "k-1 # x"}}

    assert judged(odd, token()).is_undecided
