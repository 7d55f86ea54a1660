"""What almost fits, and what to do about it."""

import json

import pytest

from crdb_sso.verdict import UserView
from tests.emulator.token_forge import jwks, other_rsa_pair, rsa_pair
from tests.unit.verdict.logins import CLAIMS, ISSUER, JWT, MAP, NOW_S, token, verdict

ISSUERS = JWT + "issuers.configuration"
TENANT = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
V1, V2 = f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.com/{TENANT}/v2.0"


@pytest.mark.parametrize(
    ("trusted", "iss", "near"),
    [
        (ISSUER + "/", ISSUER, "the same issuer with a slash at its end is trusted"),
        (ISSUER, ISSUER + "/", "the same issuer without a slash at its end is trusted"),
        (ISSUER.upper(), ISSUER, "the same issuer in other letter case is trusted"),
        ("http://idp.example.com", ISSUER, "with another scheme"),
        (ISSUER.upper() + "/", ISSUER, "in other letter case, and with or without a slash"),
        (f" {ISSUER}", ISSUER, "with blanks around it"),
        (V2, V1, "this is a version 1 token of Entra; version 2 of the same tenant is trusted"),
        (V1, V2, "this is a version 2 token of Entra; version 1 of the same tenant is trusted"),
        (f"{ISSUER},https://b", ISSUER, "is one text with commas in it"),
        ("", ISSUER, "the cluster trusts no issuer yet"),
        ("https://other", ISSUER, ""),
    ],
)
def test_an_issuer_that_is_almost_trusted(trusted, iss, near):
    outcome = verdict(token(iss=iss), settings={ISSUERS: trusted})
    assert outcome.first_failure is not None
    assert outcome.first_failure.name == "issuer"
    assert near in outcome.near_miss
    assert bool(near) is bool(outcome.near_miss)
    assert "SET CLUSTER SETTING server.jwt" in outcome.fix or "requestedAccessToken" in outcome.fix


@pytest.mark.parametrize("version", ["25.4", "26.4"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"iss": ISSUER + "/"}, "the same issuer without a slash at its end is trusted"),
        ({"iss": "https://other"}, "If this issuer is yours"),
        ({"iss": "https://other", "sub": None}, "If this issuer is yours"),
        ({"iss": None}, "The token has no `iss`"),
    ],
)
def test_where_the_principal_comes_first_an_unknown_issuer_is_not_given_a_line(
    version, changes, said
):
    sent = token(**{"sub": "orders", **changes})
    outcome = verdict(sent, version=version, settings={MAP: f"{ISSUER} orders kyle"})

    assert outcome.first_failure is not None
    assert outcome.first_failure.name == "login name"
    assert said in f"{outcome.near_miss} {outcome.fix}"
    assert "identity_map.configuration" not in outcome.fix


def test_the_statement_keeps_what_is_listed():
    outcome = verdict(token(iss="it's"), settings={ISSUERS: '["a"]'})
    assert """issuers.configuration = '["a", "it''s"]';""" in outcome.fix


@pytest.mark.parametrize(
    ("listed", "aud", "near"),
    [
        ("abc", "api://abc", "without api:// it is accepted: abc"),
        ("api://abc", "abc", "with api:// in front it is accepted: api://abc"),
        ("https://db", "https://db/", "the same audience without a slash at its end"),
        ("CRDB", "crdb", "the same audience in other letter case"),
        ("crdb,x", "crdb", "is one text with commas in it"),
        ("", "crdb", "the cluster accepts no audience yet"),
        ("x", "crdb", ""),
    ],
)
def test_an_audience_that_is_almost_accepted(listed, aud, near):
    outcome = verdict(token(aud=aud), settings={JWT + "audience": listed})
    assert near in outcome.near_miss
    assert bool(near) is bool(outcome.near_miss)


@pytest.mark.parametrize(
    ("sent", "near"),
    [
        (f"Bearer {token()}", "it begins with `Bearer`"),
        (f'"{token()}"', "it is inside of quotes"),
        ("hunter2", "opaque access token, or a password"),
        ("a.b.c.d.e", "it is encrypted (JWE)"),
        (f"{token()} {token()}", "there is white space inside of it"),
    ],
)
def test_a_text_that_is_almost_a_token(sent, near):
    assert near in verdict(sent).near_miss


@pytest.mark.parametrize("version", ["22.2", "25.2", "25.4"])
def test_the_answer_of_a_token_endpoint_is_not_a_token(version):
    outcome = verdict(json.dumps({"access_token": token(), "expires_in": 60}), version=version)
    assert "the token is its member `access_token`" in outcome.near_miss


@pytest.mark.parametrize(
    ("keys", "header", "near"),
    [
        (jwks(rsa_pair().jwk(kid="K")), None, "the key 'K' did sign it"),
        (jwks(other_rsa_pair().jwk(kid="K")), None, "ids are compared byte for byte"),
        (jwks(other_rsa_pair().jwk(kid="old")), None, "has a newer key than the 1 known here"),
        ('{"keys":[]}', None, "the cluster has no key at all"),
        (jwks(rsa_pair().jwk()), {"alg": "RS256"}, "the key 'k' did sign it"),
        (jwks(rsa_pair().jwk(use="enc")), None, "has `use` 'enc'"),
        (jwks(rsa_pair().jwk(alg="RSA-OAEP")), None, "the key 'k' is for 'RSA-OAEP'"),
        (jwks(other_rsa_pair().jwk(), rsa_pair().jwk()), None, "a second key with the id 'k'"),
        (jwks(other_rsa_pair().jwk(), rsa_pair().jwk(kid="n")), None, "the key 'n' signed it"),
        (jwks(rsa_pair().jwk(alg="RS512")), None, "the key is for RS512, the token's header says"),
        (jwks(rsa_pair().jwk()), {"kid": "k", "alg": "HS256"}, "the token says 'HS256'"),
    ],
)
def test_a_key_that_almost_fits(keys, header, near):
    outcome = verdict(token(header), settings={JWT + "jwks": keys})
    assert near in outcome.near_miss
    assert outcome.fix


def test_pinned_keys_do_not_count_while_keys_are_fetched():
    outcome = verdict(settings={JWT + "jwks_auto_fetch.enabled": "true"})
    assert "has a key 'k', but it is ignored" in outcome.near_miss
    assert f"curl {ISSUER}/.well-known/openid-configuration" in outcome.fix


def test_the_address_of_a_map_of_issuers_is_the_one_to_try():
    listed = json.dumps({"issuer_jwks_map": {ISSUER: "https://keys.test/jwks"}})
    settings = {JWT + "jwks_auto_fetch.enabled": "true", ISSUERS: listed, JWT + "jwks": "?"}
    outcome = verdict(settings=settings)
    assert "Run `curl https://keys.test/jwks` on a node: it needs status 200" in outcome.fix
    assert outcome.near_miss == ""


def test_a_fetched_key_that_did_not_sign_leaves_the_issuer_to_blame():
    settings = {JWT + "jwks_auto_fetch.enabled": "true"}
    outcome = verdict(settings=settings, fetched={ISSUER: jwks(other_rsa_pair().jwk())})
    assert outcome.fix.startswith("Get a new token; if it fails too")
    literal = {ISSUERS: ISSUER, JWT + "jwks": '{"keys":[]}'}
    assert verdict(settings={**settings, **literal}).near_miss == ""
    unknown = verdict(settings=settings, fetched={ISSUER: '{"keys":[]}'})
    assert unknown.fix.startswith("The issuer does not publish that key: get a new token.")


@pytest.mark.parametrize(
    ("claims", "near"),
    [
        ({"exp": NOW_S - 3}, "it expired 3 s ago; no clock difference is allowed for"),
        ({"exp": NOW_S - 90_061}, "it expired 1 d 1 h ago"),
        ({"exp": NOW_S}, "it expires this very second"),
        ({"iat": NOW_S + 75}, "in 1 min 15 s it will be accepted"),
        ({"nbf": NOW_S + 5}, "in 5 s it will be accepted"),
    ],
)
def test_a_time_says_by_how_much(claims, near):
    outcome = verdict(token(**claims))
    assert outcome.near_miss.startswith(near)


@pytest.mark.parametrize(
    ("version", "lines", "near"),
    [
        ("25.4", "{i} KYLE kyle", "line 1 of the identity map matches in other letter case"),
        ("26.1", "{i} /^(.*)@corp$/ kyle", ""),
        ("25.2", "{i} /^kyle$/ kyle", "can never match: in /^kyle$/ the / at the end"),
        ("25.2", "{i} ^kyle$ kyle", "as a regular expression, with / in front, it would match"),
        ("25.2", "{i}/ kyle kyle\n{i} x y", "fits, but for the same issuer with a slash"),
        ("25.2", r"{i} /[^\x00-\x{{10FFFF}}] public", "it keeps the issuer closed"),
        ("25.2", r"{i} /^(x?)kyle$ \1", "line 1 of the identity map matches, but makes an empty"),
        ("25.2", "{i}/ other kyle\n{i} x y", ""),
    ],
)
def test_a_line_that_almost_matches(version, lines, near):
    outcome = verdict(version=version, settings={MAP: lines.format(i=ISSUER)})
    assert outcome.first_failure is not None
    assert outcome.first_failure.name == "identity map"
    assert near in outcome.near_miss
    assert bool(near) is bool(outcome.near_miss)
    assert f"the line: {ISSUER} kyle kyle" in outcome.fix


def test_another_principal_is_first_told_whose_token_to_use():
    lines = f"{ISSUER} orders-service kyle\n{ISSUER} other somebody\nhttps://o.test x kyle"
    outcome = verdict(token(sub="night-shift"), settings={MAP: lines})
    assert outcome.fix.startswith(
        "Use a token whose principal is 'orders-service'; or, to let this one in: Add an identity"
    )


def test_where_nobody_gets_in_as_the_user_no_other_token_is_advised():
    outcome = verdict(token(sub="night-shift"), settings={MAP: f"{ISSUER} other somebody"})
    assert outcome.fix.startswith("Add an identity with `subject` 'night-shift'")


def test_a_plain_subject_that_begins_with_a_slash_is_taken_for_a_pattern():
    outcome = verdict(token(sub="/a+b"), settings={MAP: f"{ISSUER} /a+b kyle"})
    assert "its / makes it a regular expression (/a+b)" in outcome.near_miss


def test_without_a_map_the_raw_principal_counts():
    outcome = verdict(token(sub="113794"))
    assert "has no line in the identity map, so the raw principal is the user" in outcome.near_miss
    assert f"the line: {ISSUER} 113794 kyle" in outcome.fix


def test_a_token_that_is_somebody_elses_says_whose():
    outcome = verdict(settings={MAP: f"{ISSUER} kyle ann\n{ISSUER} / joe"})
    assert "this token may log in as 'ann', 'joe'" in outcome.near_miss
    assert "line 2 (/) matches every principal" in outcome.near_miss
    assert outcome.fix.startswith("Connect as 'ann', 'joe', or: ")


def test_a_pattern_that_matches_everybody_is_noted_on_a_good_login_too():
    outcome = verdict(settings={MAP: f"{ISSUER} /.* kyle"})
    assert outcome.accepted
    assert outcome.notes == (
        "Line 1 of the identity map (/.*) matches every principal of the issuer.",
    )


@pytest.mark.parametrize(
    ("claim", "near"),
    [
        ("Email", "the token has 'email': names of claims are compared with case"),
        ("/realm/x", "before 26.3 '/realm/x' is the name of a claim"),
        ("email.x", "a dot leads into nothing"),
        ("uid", ""),
    ],
)
def test_a_missing_claim_says_which_are_there(claim, near):
    outcome = verdict(token(email="k@x"), settings={JWT + "claim": claim})
    assert near in outcome.near_miss
    assert bool(near) is bool(outcome.near_miss)
    assert "'iss', 'sub', 'aud', 'exp', 'iat', 'email'" in outcome.fix


def test_a_missing_user_says_who_is_like_it():
    outcome = verdict(token(sub="app_orders"), "app_orders", users={"app-orders": UserView()})
    assert outcome.near_miss == "there is a user 'app-orders'"
    assert "CREATE USER app_orders;" in outcome.fix


def test_a_missing_user_with_odd_characters_is_quoted_in_the_statement():
    outcome = verdict(token(sub=TENANT), TENANT)
    assert f'CREATE USER "{TENANT}";' in outcome.fix


def test_from_25_4_on_a_missing_user_proves_nothing():
    outcome = verdict(token(sub="new"), "new", "25.4")
    assert outcome.notes == (
        "This version looks at the principal first: the signature has not been checked yet.",
    )


def test_the_claims_of_the_good_token_have_no_email():
    assert "email" not in CLAIMS
