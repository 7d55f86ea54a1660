"""`Login.check`: a token is judged before anything is dialled."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from crdb_sso.errors import TokenUnavailable
from crdb_sso.workload import Login
from crdb_sso.workload.explaining import explanation, judged
from tests.unit.workload.token_texts import NEVER_SHOWN, jwt

ISSUER = "https://login.microsoftonline.com/t/v2.0"
LOGIN = Login(
    host="db.example.com",
    user="app_orders",
    issuer=ISSUER,
    audience="crdb",
    subject="orders-service",
)
GOOD = {"iss": ISSUER, "aud": ["crdb"], "sub": "orders-service", "exp": 4e9}


def token(**changes: Any) -> str:
    return jwt(**{**GOOD, **changes})


def test_nothing_speaks_against_a_good_token_but_only_the_cluster_knows_its_keys() -> None:
    verdict = LOGIN.check(token)

    assert verdict.is_undecided
    assert verdict.first_failure is None
    assert explanation(verdict) == ""
    assert asyncio.run(LOGIN.check_async(token)) == verdict
    assert verdict.notes[0].startswith("Only what the stack says of the login was looked at")


@pytest.mark.parametrize(
    ("changes", "seen", "fix"),
    [
        pytest.param(
            {"iss": f"{ISSUER}/"},
            "without a slash at its end",
            f"Get a token with the issuer '{ISSUER}'.",
            id="a slash too many",
        ),
        pytest.param(
            {"aud": "api://crdb"},
            "without api:// it is accepted: crdb",
            "Get a token with the audience 'crdb'.",
            id="another form of the audience",
        ),
        pytest.param(
            {"sub": "night-shift"},
            "no line of the issuer matches 'night-shift'",
            "Use a token whose principal is 'orders-service'",
            id="another subject",
        ),
        pytest.param({"exp": 5}, "expiry", "Ask for a fresh token", id="expired"),
        pytest.param(
            {"iat": 32_503_680_000},
            "issued at",
            "Check this machine's clock",
            id="too early",
        ),
    ],
)
def test_what_speaks_against_a_token_is_said_with_the_next_step(
    changes: dict[str, Any], seen: str, fix: str
) -> None:
    verdict = judged(LOGIN.trust, token(**changes))

    said = explanation(verdict)
    assert not verdict.accepted
    assert seen in said
    assert f"Next step: {fix}" in said
    assert NEVER_SHOWN not in f"{verdict} {said}"


def test_what_was_expected_and_seen_reads_well_whatever_the_check_says() -> None:
    said = explanation(judged(LOGIN.trust, token(sub="night-shift")))

    assert said.startswith("identity map: expected: ")
    assert "; seen: no line of the issuer matches 'night-shift'" in said
    assert "the token has" not in said


def test_a_wrong_issuer_is_explained_by_the_issuer() -> None:
    said = explanation(judged(LOGIN.trust, token(iss=f"{ISSUER}/")))

    assert said.splitlines()[0] == f"issuer: expected: '{ISSUER}'; seen: '{ISSUER}/'"


def test_what_is_not_a_token_is_said() -> None:
    verdict = judged(LOGIN.trust, "opaque")

    assert verdict.first_failure is not None
    assert verdict.fix == "Send the token itself, as the issuer gave it."


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        pytest.param("email", {"email": "orders-service"}, id="a claim at the top"),
        pytest.param(
            "/kubernetes.io/serviceaccount/uid",
            {"kubernetes.io": {"serviceaccount": {"uid": "orders-service"}}},
            id="one further down",
        ),
    ],
)
def test_the_subject_is_looked_for_in_the_claim_that_the_login_names(
    claim: str, claims: dict[str, Any]
) -> None:
    login = replace(LOGIN, claim=claim)

    assert login.check(lambda: token(sub="107812345678901234567", **claims)).first_failure is None
    verdict = login.check(token)
    assert verdict.first_failure is not None
    assert verdict.first_failure.name == "claim"
    assert f"has the claim '{claim}'" in verdict.fix


@pytest.mark.parametrize("unknown", ["issuer", "audience", "subject"])
def test_what_the_login_does_not_say_speaks_against_nothing(unknown: str) -> None:
    claims = {"issuer": "iss", "audience": "aud", "subject": "sub"}
    known: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": "crdb",
        "subject": "orders-service",
        unknown: "",
    }
    login = Login(host="db", user="app_orders", **known)

    verdict = judged(login.trust, token(**{claims[unknown]: "something else"}))

    assert verdict.first_failure is None


@pytest.mark.parametrize("subject", ["/^orders-.*$", "orders service", "a#b"])
def test_a_pattern_is_matched_and_what_is_not_a_line_is_not_known(subject: str) -> None:
    login = Login(host="db", user="app_orders", issuer=ISSUER, subject=subject)

    assert judged(login.trust, token()).first_failure is None


def test_without_a_token_there_is_nothing_to_judge() -> None:
    with pytest.raises(TokenUnavailable):
        LOGIN.check(lambda: "")
