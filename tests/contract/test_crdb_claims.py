"""Which names a token carries, by the claim that the cluster looks at."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import holds, says
from tests.contract.tokens import token

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso
    from tests.contract.temporary_users import Users

pytestmark = holds(since="24.3")

INVALID_PRINCIPAL = "JWT authentication: invalid principal"
MISSING_CLAIM = "JWT authentication: missing claim"


def _token_with(sso: Sso, member: str, instead_of: str = "") -> str:
    """Return a token with one more member, given as JSON text, and without `instead_of`."""
    usual = json.dumps(sso.claims(**{instead_of: None}))
    return token(sso.keys["rsa"], f"{usual[:-1]}, {member}}}")


@pytest.mark.parametrize(
    ("member", "principals"),
    [
        pytest.param('"c": "x"', "[x]", id="a string"),
        pytest.param('"c": "Upper Case"', "[Upper Case]", id="a string as it is"),
        pytest.param('"c": ["x", "y"]', "[x y]", id="a list"),
        pytest.param('"c": ["x", 1, true]', "[x 1 true]", id="a mixed list"),
        pytest.param('"c": 1', "[1]", id="a number"),
        pytest.param('"c": 999999', "[999999]", id="six digits"),
        pytest.param('"c": 1000000', "[1e+06]", id="a million"),
        pytest.param('"c": 1234567', "[1.234567e+06]", id="seven digits"),
        pytest.param('"c": 1.5', "[1.5]", id="a fraction"),
        pytest.param('"c": true', "[true]", id="true"),
        pytest.param('"c": false', "[false]", id="false"),
        pytest.param('"c": null', "[<nil>]", id="null"),
        pytest.param('"c": [["x"]]', "[[x]]", id="a list in a list"),
        pytest.param('"c": {"b": 2, "a": 1}', "[map[a:1 b:2]]", id="an object"),
    ],
)
def test_the_claim_gives_the_principals(
    cluster: Cluster, sso: Sso, member: str, principals: str
) -> None:
    sso.trust(claim="c")
    answer = cluster.knock(sso.person, _token_with(sso, member))
    assert answer.message == INVALID_PRINCIPAL
    assert answer.detail == f"token issued for {principals} and login was for {sso.person}"


@pytest.mark.parametrize(
    ("claim", "principals"),
    [
        pytest.param("iss", "[ISS]", id="iss"),
        pytest.param("aud", "[AUD other]", id="aud"),
        pytest.param("jti", "[id-1]", id="jti"),
        pytest.param("a.b", "[dotted]", id="a dot is part of the name"),
        pytest.param("https://x.example/c", "[url]", id="a URL"),
    ],
)
def test_any_top_level_claim_will_do(
    cluster: Cluster, sso: Sso, claim: str, principals: str
) -> None:
    sso.trust(claim=claim)
    more = {"jti": "id-1", "a": {"b": "nested"}, "a.b": "dotted", "https://x.example/c": "url"}
    shown = token(sso.keys["rsa"], {**sso.claims(aud=[sso.audience, "other"]), **more})
    listed = principals.replace("ISS", sso.issuer).replace("AUD", sso.audience)
    answer = cluster.knock(sso.person, shown)
    assert answer.detail == f"token issued for {listed} and login was for {sso.person}"


@pytest.mark.parametrize("claim", ["exp", "iat"])
def test_a_time_is_shown_as_go_shows_it(cluster: Cluster, sso: Sso, claim: str) -> None:
    sso.trust(claim=claim)
    answer = cluster.knock(sso.person, sso.token())
    shown = r"token issued for \[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*\] and login was for .*"
    assert says(shown, answer.detail), answer.detail


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("2001-01-01T00:00:00Z", "2001-01-01 00:00:00 +0000 UTC", id="whole seconds"),
        pytest.param("2001-01-01T01:00:00.50+01:00", "2001-01-01 00:00:00.5 +0000 UTC", id="half"),
        pytest.param("2001-01-01T00:00:00.000000001Z", "2001-01-01 00:00:00.000000001 +0000 UTC"),
    ],
)
def test_a_time_as_a_date_keeps_its_fraction_where_it_is_shown(
    cluster: Cluster, sso: Sso, text: str, shown: str
) -> None:
    """The library takes RFC 3339 as well; Go prints the fraction (inferred)."""
    sso.trust(claim="iat")
    sent = _token_with(sso, f'"iat": "{text}"', instead_of="iat")
    answer = cluster.knock(sso.person, sent)
    assert answer.detail == f"token issued for [{shown}] and login was for {sso.person}"


@pytest.mark.parametrize(
    ("claim", "member"),
    [
        pytest.param("c", '"d": "x"', id="another claim"),
        pytest.param("c", '"C": "x"', id="another letter case"),
        pytest.param("a.b", '"a": {"b": "x"}', id="a claim inside a claim"),
        pytest.param("Sub", '"x": "x"', id="Sub is not sub"),
    ],
)
def test_a_missing_claim_is_named(cluster: Cluster, sso: Sso, claim: str, member: str) -> None:
    sso.trust(claim=claim)
    answer = cluster.knock(sso.person, _token_with(sso, member))
    assert answer.message == MISSING_CLAIM
    assert answer.detail == f"token does not contain a claim for {claim}"


def test_an_empty_list_gives_no_principal(cluster: Cluster, sso: Sso) -> None:
    sso.trust(claim="c")
    answer = cluster.knock(sso.person, _token_with(sso, '"c": []'))
    assert answer.message == INVALID_PRINCIPAL
    assert answer.detail == f"the value [] for the issuer {sso.issuer} is invalid"


@pytest.mark.parametrize("claim", ["", "sub"])
@pytest.mark.parametrize("sub", ["absent", "null"])
def test_a_missing_subject_is_the_empty_principal(
    cluster: Cluster, sso: Sso, claim: str, sub: str
) -> None:
    sso.trust(claim=claim)
    member = '"x": 1' if sub == "absent" else '"sub": null'
    shown = _token_with(sso, member, instead_of="sub")
    answer = cluster.knock(sso.person, shown)
    assert answer.message == INVALID_PRINCIPAL
    assert answer.detail == f"token issued for [] and login was for {sso.person}"


@pytest.mark.parametrize(
    ("claim", "member", "expected"),
    [
        pytest.param("", '"x": 1', ADMITTED, id="sub by default"),
        pytest.param("sub", '"x": 1', ADMITTED, id="sub by name"),
        pytest.param("c", '"c": "USER"', ADMITTED, id="a string claim"),
        pytest.param("c", '"c": ["x", "USER", "y"]', ADMITTED, id="one of a list suffices"),
        pytest.param("c", '"c": "x"', INVALID_PRINCIPAL, id="sub does not count then"),
        pytest.param("c", '"c": "USER x"', INVALID_PRINCIPAL, id="a string is not split"),
        pytest.param("c", '"c": "x,USER"', INVALID_PRINCIPAL, id="not at commas either"),
    ],
)
def test_any_one_principal_suffices(
    cluster: Cluster, sso: Sso, claim: str, member: str, expected: str
) -> None:
    sso.trust(claim=claim)
    shown = _token_with(sso, member.replace("USER", sso.person))
    assert cluster.verdict(sso.person, shown) == expected


@pytest.mark.parametrize(
    ("suffix", "principal"),
    [
        pytest.param("", "NAME", id="as it is"),
        pytest.param("", "UPPER", id="upper case is folded"),
        pytest.param("é", "NAME", id="a composed letter"),
        pytest.param("é", "DECOMPOSED", id="a decomposed letter is composed"),
        pytest.param("ομηρο", "UPPER", id="Greek capitals"),
        pytest.param(".dot-dash_9", "NAME", id="dots and dashes"),
    ],
)
def test_an_unmapped_principal_is_normalised_as_user_names_are(
    cluster: Cluster, sso: Sso, users: Users, suffix: str, principal: str
) -> None:
    sso.trust()
    user = users.create(name=users.name(suffix))
    forms = {
        "NAME": user,
        "UPPER": user.upper(),
        "DECOMPOSED": user.replace("é", "e\N{COMBINING ACUTE ACCENT}"),
    }
    assert cluster.verdict(user, sso.token(sub=forms[principal])) == ADMITTED


def test_a_subject_of_digits_may_be_a_user(cluster: Cluster, sso: Sso, users: Users) -> None:
    sso.trust()
    digits = str(113794436627259432046 + secrets.randbelow(10**9))
    user = users.create(name=digits)
    assert cluster.verdict(user, sso.token(sub=digits)) == ADMITTED
