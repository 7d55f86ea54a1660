"""Lists of issuers and audiences, and the identity map, as CockroachDB reads them."""

import pytest

from crdb_sso.verdict.cluster.lists import audiences, issuers
from tests.unit.verdict.logins import CLAIMS, ISSUER, JWT, MAP, USERS, token, told, verdict

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
