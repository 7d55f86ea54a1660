"""Lists of issuers and audiences, principals, identity map, as CockroachDB reads them."""

from typing import Any

import pytest

from crdb_sso.verdict.go_text import GoTime, quoted, sprint
from crdb_sso.verdict.lists import audiences, issuers
from tests.unit.verdict.logins import CLAIMS, ISSUER, JWT, MAP, NOW_S, USERS, token, told, verdict

GOOGLE = "https://accounts.google.com"
SUB = "113794436627259432046"
GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("", ("",)),
        ("https://idp/", ("https://idp/",)),
        ("[]", ()),
        ('["a","b"]', ("a", "b")),
        (' ["a"] ', ("a",)),
        ("null", ()),
        ('["a"]x', ('["a"]x',)),
        ('["a",null]', ("a", "")),
        ("a,b", ("a,b",)),
        ("['a']", ("['a']",)),
        ("issuer1{}`[]!@#", ("issuer1{}`[]!@#",)),
    ],
)
def test_an_audience_list_is_json_or_one_literal(text, listed):
    assert audiences(text) == listed


@pytest.mark.parametrize(
    ("text", "later", "earlier"),
    [
        ('["a"]x', ("a",), ('["a"]x',)),
        ("{}", (), ()),
        ('{"issuer_jwks_map":{"i":"u"}}', ("i",), ("i",)),
        ('{"ISSUER_JWKS_MAP":{"i":null}}', ("i",), ("i",)),
        ('{"issuer_jwks_map":{"i":"u"}} x', ("i",), ('{"issuer_jwks_map":{"i":"u"}} x',)),
        ('{"issuer_jwks_map":{"i":"u"},"x":1} y', None, None),
        ('{"issuer_jwks_map":{"i":1}} y', None, None),
        ('{"issuer_jwks_map":{"i":"u"},"issuer_jwks_map":null}', (), ()),
        ("null x", (), ("null x",)),
        ("123 x", ("123 x",), ("123 x",)),
        ("", ("",), ("",)),
    ],
)
def test_from_24_2_1_on_issuers_are_the_first_json_value(text, later, earlier):
    assert issuers(text, reads_map=True) == (later if later is not None else (text,))
    assert issuers(text, reads_map=False) == (earlier if earlier is not None else (text,))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (999_999.0, "999999"),
        (1_000_000.0, "1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (-0.5, "-0.5"),
        (0.0001, "0.0001"),
        (0.000015, "1.5e-05"),
        (100_000.5, "100000.5"),
        (1e21, "1e+21"),
        (-0.0, "-0"),
        (True, "true"),
        (None, "<nil>"),
        (["x", [1.0]], "[x [1]]"),
        ({"b": 1.0, "a": [None]}, "map[a:[<nil>] b:1]"),
        (GoTime(NOW_S), "2023-11-14 22:13:20 +0000 UTC"),
        (GoTime(0, 250_000_000), "1970-01-01 00:00:00.25 +0000 UTC"),
    ],
)
def test_values_are_printed_as_go_prints_them(value, text):
    assert sprint(value) == text


def test_texts_are_quoted_as_go_quotes_them():
    assert quoted('a"b\\\n\x01\u200b\u00e9') == '"a\\"b\\\\\\n\\x01\\u200b\u00e9"'
    assert quoted("\U000e0001") == '"\\U000e0001"'


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


@pytest.mark.parametrize(
    ("lines", "sub", "user", "detail"),
    [
        ("", SUB, SUB, None),
        ("", SUB, "kyle", f"token issued for [{SUB}] and login was for kyle"),
        (f"{GOOGLE} {SUB} kyle", SUB, "kyle", None),
        (f"{GOOGLE} {SUB} kyle", SUB, SUB, f"token issued for [{SUB}] and login was for {SUB}"),
        (f"{GOOGLE} {SUB} kyle", "42", "kyle", f"the value [42] for the issuer {GOOGLE} is"),
        (rf"{GOOGLE} /^([0-9]+)$ gcp_\1", SUB, f"gcp_{SUB}", None),
        (f"{GOOGLE} {SUB} kyle\n{GOOGLE} /^([0-9]+)$ gcp_\\1", SUB, f"gcp_{SUB}", None),
        (f"{GOOGLE} /(.*)@corp.com kyle", "x@corpXcom.evil", "kyle", None),
        (f"{GOOGLE} {SUB} kyle # a comment", SUB, "kyle", None),
        (f"# {GOOGLE} {SUB} kyle", SUB, "kyle", "token issued for"),
        (rf"{GOOGLE} /^(a)(b)$ \2\1\1", "ab", r"\2a\1", None),
        (rf"{GOOGLE} /^(1+)$ \11", "1", "11", None),
        (f"{'x' * 65_536}\n{GOOGLE} {SUB} kyle", SUB, SUB, None),
    ],
)
def test_the_identity_map_decides_who_a_principal_may_be(lines, sub, user, detail):
    users = {user: USERS["kyle"]}
    settings = {MAP: lines, JWT + "issuers.configuration": GOOGLE}
    outcome = verdict(token(iss=GOOGLE, sub=sub), user, settings=settings, users=users)
    assert outcome.accepted is (detail is None)
    if detail:
        assert detail in told(outcome)[1]


@pytest.mark.parametrize(
    ("line", "before", "later"),
    [
        pytest.param(f"{GUID} kyle", False, True, id="literal"),
        pytest.param(f"/^{GUID}$ kyle", False, True, id="pattern"),
        pytest.param(f"/(?i)^{GUID}$ kyle", True, True, id="pattern without case"),
        pytest.param(f"/(?-i)^{GUID}$ kyle", False, False, id="pattern with case"),
        pytest.param(f"{GUID.upper()} kyle", True, True, id="literal in the token's case"),
    ],
)
def test_lines_match_without_case_from_26_1_on(line, before, later):
    settings = {MAP: f"{ISSUER} {line}"}
    sent = token(sub=GUID.upper())
    assert verdict(sent, version="25.4", settings=settings).accepted is before
    assert verdict(sent, version="26.1", settings=settings).accepted is later


def test_folding_is_that_of_unicode():
    settings = {MAP: f"{ISSUER} kyle kyle"}
    assert verdict(token(sub="\u212ayle"), version="26.1", settings=settings).accepted


def test_the_map_name_is_compared_with_case_on_every_version():
    settings = {MAP: f"{ISSUER.upper()} other kyle"}
    assert verdict(version="26.4", settings=settings).accepted  # no line for this issuer


def test_a_token_without_issuer_passes_while_no_issuer_is_listed():
    assert verdict(token(iss=None), settings={JWT + "issuers.configuration": ""}).accepted
    assert told(verdict(token(iss=None)))[1] == "token issued by "


def test_no_token_opens_a_reserved_user():
    outcome = verdict(token(sub="root"), "root")
    assert told(outcome) == (
        "JWT authentication: invalid identity",
        "cannot use JWT auth to login to a reserved user root",
        "28000",
    )


def test_audiences_are_told_as_go_prints_them():
    outcome = verdict(token(aud=["a", "b"]))
    assert told(outcome)[1] == "token issued with an audience of [a b]"
    assert verdict(token(aud=["a", "crdb"])).accepted
    assert not verdict(token(aud=[])).accepted
    assert not verdict(token(aud=None), settings={JWT + "audience": ""}).accepted


def test_the_claims_of_the_good_token_are_what_the_tables_say():
    assert CLAIMS["sub"] == "kyle"
