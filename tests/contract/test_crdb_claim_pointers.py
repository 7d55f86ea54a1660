"""A claim that is named by a JSON Pointer (RFC 6901), and what older versions make of one.

Sources: #165085, CockroachDB pkg/security/jwtauth/settings.go and authentication_jwt.go of 2026.
No release note names the first release that has it: 26.3 or later (inferred). So the rows here
hold before 26.3, or from 26.4 on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract import setting_names
from tests.contract.cluster import ADMITTED
from tests.contract.expectations import UNCATEGORISED, every_version, holds, refusal

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso

pytestmark = [every_version, holds(needs=setting_names.CLAIM)]

LITERAL, POINTER = holds(before="26.3"), holds(since="26.4", inferred=True)
EMPTY_SEGMENT = "contains an empty segment"
TOO_DEEP = "exceeds maximum depth of 10 segments"
TEN = "/1/2/3/4/5/6/7/8/9/10"
NESTED: dict[str, Any] = {
    "kubernetes.io": {"serviceaccount": {"uid": "USER", "n": 1000000, "none": None}},
    "https://sts.amazonaws.com/": {"a~b": "USER"},
    "~1": "USER",
    "roles": ["x", "USER", {"name": "USER"}],
    "": {"": "USER"},
    "up": {"list": ["x", "USER"]},
}


@POINTER
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("/", EMPTY_SEGMENT),
        ("//", EMPTY_SEGMENT),
        ("/a/", EMPTY_SEGMENT),
        ("/a//b", EMPTY_SEGMENT),
        (f"{TEN}/11", TOO_DEEP),
        (f"{TEN}/", EMPTY_SEGMENT),
        ('/a"b/', EMPTY_SEGMENT),
    ],
)
def test_a_pointer_has_one_to_ten_segments(
    db: Connection, settings: Settings, text: str, complaint: str
) -> None:
    settings.put(setting_names.CLAIM, "kept")
    said = refusal(db, f"SET CLUSTER SETTING {setting_names.CLAIM} = '{text}'")
    quoted = json.dumps(text)
    assert said.message_primary == f"JWT authentication: JSON Pointer {quoted} {complaint}"
    assert said.sqlstate == UNCATEGORISED
    assert settings.show(setting_names.CLAIM) == "kept"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("/a"),
        pytest.param(TEN),
        pytest.param("/ "),
        pytest.param("/~2"),
        pytest.param("a//b/"),
        pytest.param("/", marks=LITERAL, id="an empty segment, before"),
        pytest.param(f"{TEN}/11", marks=LITERAL, id="eleven segments, before"),
    ],
)
def test_other_texts_are_taken(settings: Settings, text: str) -> None:
    settings.put(setting_names.CLAIM, text)
    assert settings.show(setting_names.CLAIM) == text


@POINTER
@pytest.mark.parametrize(
    "pointer",
    [
        pytest.param("/kubernetes.io/serviceaccount/uid", id="a claim in a claim in a claim"),
        pytest.param("/https:~1~1sts.amazonaws.com~1/a~0b", id="escapes"),
        pytest.param("/~01", id="an escaped tilde before a 1"),
        pytest.param("/roles", id="a list: any of its elements"),
        pytest.param("/up/list", id="a list in a claim"),
        pytest.param("/roles/1", id="an element of a list"),
        pytest.param("/roles/2/name", id="a claim in an element of a list"),
        pytest.param("/sub", id="a claim at the top"),
    ],
)
def test_a_pointer_leads_to_the_principal(cluster: Cluster, sso: Sso, pointer: str) -> None:
    sso.trust(claim=pointer)
    claims = json.loads(json.dumps(NESTED).replace("USER", sso.person))
    assert cluster.verdict(sso.person, sso.token(**claims)) == ADMITTED


@POINTER
@pytest.mark.parametrize(
    ("pointer", "principals"),
    [
        ("/roles", "[x USER map[name:USER]]"),
        ("/kubernetes.io/serviceaccount", "[map[n:1e+06 none:<nil> uid:USER]]"),
        ("/kubernetes.io/serviceaccount/n", "[1e+06]"),
        ("/kubernetes.io/serviceaccount/none", "[<nil>]"),
        ("/aud", "[contract-tests]"),
    ],
)
def test_what_a_pointer_leads_to_is_read_as_a_claim_at_the_top(
    cluster: Cluster, sso: Sso, pointer: str, principals: str
) -> None:
    sso.trust(claim=pointer)
    answer = cluster.knock(sso.person, sso.token(**NESTED))
    assert answer.message == "JWT authentication: invalid principal"
    assert answer.detail == f"token issued for {principals} and login was for {sso.person}"


@pytest.mark.parametrize(
    "pointer",
    [
        pytest.param("/absent", marks=POINTER, id="absent at the top (inferred)"),
        pytest.param("/kubernetes.io/absent", marks=POINTER, id="absent in a claim (inferred)"),
        pytest.param("/Roles", marks=POINTER, id="another letter case (inferred)"),
        pytest.param("/roles/2/absent", marks=POINTER, id="absent in an element (inferred)"),
        pytest.param("/kubernetes.io/serviceaccount/uid", marks=LITERAL, id="a literal name"),
        pytest.param("/sub", marks=LITERAL, id="a literal name at the top"),
    ],
)
def test_a_claim_that_is_not_there_is_missing(cluster: Cluster, sso: Sso, pointer: str) -> None:
    """Before, the whole text is the name of a claim at the top."""
    sso.trust(claim=pointer)
    answer = cluster.knock(sso.person, sso.token(**NESTED))
    assert answer.message == "JWT authentication: missing claim"
    if cluster.version >= (24, 1, 1):
        assert answer.detail == f"token does not contain a claim for {pointer}"


@LITERAL
def test_before_a_slash_in_front_is_part_of_a_name(cluster: Cluster, sso: Sso) -> None:
    sso.trust(claim="/x/y")
    named: dict[str, Any] = {"/x/y": sso.person}
    assert cluster.verdict(sso.person, sso.token(**named)) == ADMITTED


@POINTER
@pytest.mark.parametrize(
    ("pointer", "why"),
    [
        ("/roles/x", 'invalid array index "x"'),
        ("/roles/-", 'invalid array index "-"'),
        ("/roles/-1", 'invalid array index "-1"'),
        ("/roles/01", 'invalid array index "01"'),
        ("/roles/+1", 'invalid array index "+1"'),
        ("/roles/-0", 'invalid array index "-0"'),
        ("/roles/3", "array index 3 out of bounds (len 3)"),
        ("/sub/x", 'value at "x" is neither an object nor an array'),
        ("/kubernetes.io/serviceaccount/uid/0", 'value at "0" is neither an object nor an array'),
        ("/kubernetes.io/serviceaccount/none/x", 'value at "x" is neither an object nor an array'),
        ("/exp/x", 'value at "x" is neither an object nor an array'),
    ],
)
def test_a_pointer_that_does_not_fit_the_token_is_an_error_of_its_own(
    cluster: Cluster, sso: Sso, pointer: str, why: str
) -> None:
    sso.trust(claim=pointer)
    answer = cluster.knock(sso.person, sso.token(**NESTED))
    assert (answer.sqlstate, answer.message) == (
        "28000",
        "JWT authentication: failed to extract claim",
    )
    assert answer.detail == f"failed to extract claim {pointer}: JSON pointer: {why}"


@POINTER
def test_the_list_of_audiences_cannot_be_entered(cluster: Cluster, sso: Sso) -> None:
    """The library keeps it as a list of another type (inferred)."""
    sso.trust(claim="/aud/0")
    answer = cluster.knock(sso.person, sso.token(aud=[sso.person, sso.audience]))
    assert answer.message == "JWT authentication: failed to extract claim"
