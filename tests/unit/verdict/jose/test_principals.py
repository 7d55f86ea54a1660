"""Who a token says it is: by the name of a claim, or by a JSON Pointer."""

from typing import Any

import pytest

from tests.unit.verdict.logins import ISSUER, JWT, USERS, token, told, verdict


@pytest.mark.parametrize(
    ("claim", "value", "user", "detail"),
    [
        pytest.param("uid", "kyle", "kyle", None, id="text"),
        pytest.param("uid", ["x", "Kyle"], "kyle", None, id="one of a list, lower-cased"),
        pytest.param("uid", 7, "7", None, id="small number"),
        pytest.param("uid", 1_000_000, "kyle", "token issued for [1e+06] and", id="large number"),
        pytest.param("uid", True, "kyle", "token issued for [true] and", id="boolean"),
        pytest.param("uid", [], "kyle", f"the value [] for the issuer {ISSUER}", id="empty list"),
        pytest.param("uid", {"a": 1}, "kyle", "token issued for [map[a:1]]", id="object"),
        pytest.param("aud", "crdb", "kyle", "token issued for [crdb]", id="audience"),
        pytest.param("UID", "kyle", "kyle", "does not contain a claim for UID", id="case counts"),
    ],
)
def test_a_claim_names_the_principals(claim, value, user, detail):
    users = {**USERS, "7": USERS["kyle"]}
    sent = token(**{claim.lower(): value})
    outcome = verdict(sent, user, users=users, settings={JWT + "claim": claim})
    assert outcome.accepted is (detail is None)
    if detail:
        assert detail in told(outcome)[1]


def test_a_token_without_a_subject_names_the_empty_principal():
    outcome = verdict(token(sub=None))
    assert told(outcome)[1] == "token issued for [] and login was for kyle"


NESTED: dict[str, Any] = {
    "kubernetes.io": {"uid": "kyle", "roles": ["x", "kyle"]},
    "a/b~c": "kyle",
    "n": 1,
}


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("/kubernetes.io/uid", None),
        ("/kubernetes.io/roles", None),
        ("/kubernetes.io/roles/1", None),
        ("/a~1b~0c", None),
        ("/kubernetes.io/roles/01", "failed to extract claim"),
        ("/kubernetes.io/roles/2", "failed to extract claim"),
        ("/n/x", "failed to extract claim"),
        ("/aud/0", "failed to extract claim"),
        ("/kubernetes.io/absent", "missing claim"),
        ("/absent/x", "missing claim"),
    ],
)
def test_from_26_3_on_a_claim_may_be_a_json_pointer(claim, message):
    sent = token(**NESTED)
    outcome = verdict(sent, version="26.4", settings={JWT + "claim": claim})
    if message is None:
        assert outcome.accepted
    else:
        assert told(outcome)[0] == f"JWT authentication: {message}"
    before = verdict(sent, version="26.2", settings={JWT + "claim": claim})
    assert told(before)[1] == f"token does not contain a claim for {claim}"
    assert "not a JSON Pointer" in before.near_miss
