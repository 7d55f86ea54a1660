"""The checks of a token: which one fails first, in which words, and whom a claim names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dev.emulator.login.token_checks import JwtSettings, judge
from dev.emulator.sqlerror import SqlError
from tests.emulator.token_forge import CLAIMS, ISSUER, NOW, jwks, other_rsa_pair, rsa_pair

RSA = rsa_pair()
SETTINGS = JwtSettings(
    enabled=True, jwks=jwks(RSA.jwk()), issuers=ISSUER, audience="crdb", claim="", identity_map=""
)
MAP = f"{ISSUER} kyle root"
NO_KEY = 'key provider 0 failed: failed to find key with key ID "k" in key set'


def refusal(settings: JwtSettings, token: str, user: str) -> tuple[str, str | None]:
    with pytest.raises(SqlError) as raised:
        judge(settings, token, user, NOW)
    assert (raised.value.sqlstate, raised.value.hint) == ("28000", None)
    return raised.value.message.removeprefix("JWT authentication: "), raised.value.detail


UNVERIFIED = "could not verify message using any of the signatures or keys"
BOTH = '["https://other","https://idp.example.com"]'
ALL_WRONG = JwtSettings(
    enabled=False, jwks=jwks(), issuers="", audience="", claim="email", identity_map=MAP
)
STEPS: list[tuple[dict[str, Any], dict[str, Any], str, tuple[str, str | None]]] = [
    ({}, {}, "root", ("not enabled", None)),
    ({"enabled": True}, {}, "root", ("invalid token", "token parsing failed: invalid JWT")),
    (
        {},
        {"iss": "https://other", "aud": "x", "sub": "ann", "exp": 1},
        "root",
        ("invalid issuer", "token issued by https://other"),
    ),
    ({"issuers": BOTH}, {}, "root", ("invalid token", f"unable to parse token: {NO_KEY}")),
    (
        {"jwks": jwks(other_rsa_pair().jwk())},
        {},
        "root",
        ("invalid token", f"unable to parse token: {UNVERIFIED}"),
    ),
    (
        {"jwks": jwks(RSA.jwk())},
        {},
        "root",
        ("invalid token", 'unable to parse token: "exp" not satisfied'),
    ),
    (
        {},
        {"exp": NOW + 1},
        "root",
        ("missing claim", "token does not contain a claim for email"),
    ),
    (
        {"claim": "sub"},
        {"iss": ISSUER},
        "root",
        ("invalid principal", f"the value [ann] for the issuer {ISSUER} is invalid"),
    ),
    (
        {},
        {"sub": "kyle"},
        "ann",
        ("invalid principal", "token issued for [kyle] and login was for ann"),
    ),
    (
        {},
        {},
        "root",
        ("invalid identity", "cannot use JWT auth to login to a reserved user root"),
    ),
    (
        {"identity_map": ""},
        {},
        "kyle",
        ("invalid audience", "token issued with an audience of [x]"),
    ),
]


def test_the_checks_come_in_this_order() -> None:
    """Each step fixes only what the previous step complained about."""
    settings = ALL_WRONG
    claims: dict[str, Any] = {}
    for setting, claim, user, expected in STEPS:
        settings, claims = replace(settings, **setting), claims | claim
        assert refusal(settings, RSA.token(claims) if claims else "x", user) == expected
    judge(replace(settings, audience="x"), RSA.token(claims), "kyle", NOW)


@pytest.mark.parametrize(
    ("claims", "issuers", "detail"),
    [
        pytest.param({}, ISSUER, None, id="the literal"),
        pytest.param({}, f'["x","{ISSUER}"]', None, id="one of a list"),
        pytest.param({}, f'{{"issuer_jwks_map":{{"{ISSUER}":"u"}}}}', None, id="a key of the map"),
        pytest.param({}, f"{ISSUER}/", f"token issued by {ISSUER}", id="a slash more"),
        pytest.param({}, ISSUER.upper(), f"token issued by {ISSUER}", id="case matters"),
        pytest.param({"iss": None}, "", None, id="no issuer, and none is set"),
        pytest.param({"iss": None}, ISSUER, "token issued by ", id="no issuer"),
        pytest.param({}, "[]", f"token issued by {ISSUER}", id="nobody is accepted"),
    ],
)
def test_the_issuer_is_compared_byte_for_byte(
    claims: dict[str, Any], issuers: str, detail: str | None
) -> None:
    settings, token = replace(SETTINGS, issuers=issuers), RSA.token(CLAIMS | claims)
    if detail is None:
        judge(settings, token, "kyle", NOW)
    else:
        assert refusal(settings, token, "kyle") == ("invalid issuer", detail)


@pytest.mark.parametrize(
    ("aud", "audience", "detail"),
    [
        pytest.param("crdb", "crdb", None, id="a text"),
        pytest.param(["x", "crdb"], '["crdb","y"]', None, id="one of each"),
        pytest.param(["a", "b"], "crdb", "[a b]", id="none of them"),
        pytest.param([], '["crdb"]', "[]", id="an empty list"),
        pytest.param("123", '["123"]', None, id="a project number"),
        pytest.param("", "", None, id="the empty audience is the default"),
        pytest.param("crdb", "", "[crdb]", id="nothing set"),
    ],
)
def test_one_audience_in_common_is_enough(aud: object, audience: str, detail: str | None) -> None:
    settings, token = replace(SETTINGS, audience=audience), RSA.token(CLAIMS | {"aud": aud})
    if detail is None:
        judge(settings, token, "kyle", NOW)
    else:
        expected = ("invalid audience", f"token issued with an audience of {detail}")
        assert refusal(settings, token, "kyle") == expected


def test_a_token_without_audience_never_passes() -> None:
    token = RSA.token({"iss": ISSUER, "sub": "kyle"})
    expected = ("invalid audience", "token issued with an audience of []")
    assert refusal(replace(SETTINGS, audience=""), token, "kyle") == expected


@pytest.mark.parametrize(
    ("claim", "claims", "shown"),
    [
        pytest.param("sub", {}, "kyle", id="sub by name"),
        pytest.param("sub", {"sub": None}, "", id="a null subject is the empty principal"),
        pytest.param("email", {"email": "a@b"}, "a@b", id="a text"),
        pytest.param("g", {"g": ["a", "b"]}, "a b", id="a list"),
        pytest.param(
            "g",
            {"g": ["a", 1, None, ["x"], {"b": 1, "a": [2]}]},
            "a 1 <nil> [x] map[a:[2] b:1]",
            id="a list of anything",
        ),
        pytest.param("n", {"n": 1}, "1", id="1"),
        pytest.param("n", {"n": 999999}, "999999", id="999999"),
        pytest.param("n", {"n": 1000000}, "1e+06", id="1000000"),
        pytest.param("n", {"n": 1234567}, "1.234567e+06", id="1234567"),
        pytest.param("n", {"n": 0.0001}, "0.0001", id="0.0001"),
        pytest.param("n", {"n": 0.00001}, "1e-05", id="0.00001"),
        pytest.param("n", {"n": -1.5}, "-1.5", id="-1.5"),
        pytest.param("n", {"n": 1e100}, "1e+100", id="1e100"),
        pytest.param("n", {"n": 0}, "0", id="0"),
        pytest.param("n", {"n": True}, "true", id="true"),
        pytest.param("n", {"n": None}, "<nil>", id="null"),
        pytest.param("n", {"n": {"b": None, "a": "x"}}, "map[a:x b:<nil>]", id="an object"),
        pytest.param("aud", {"aud": ["crdb", "x"]}, "crdb x", id="aud"),
        pytest.param("iss", {}, ISSUER, id="iss"),
        pytest.param("exp", {"exp": 1900000000}, "2030-03-17 17:46:40 +0000 UTC", id="exp"),
        pytest.param(
            "exp", {"exp": 1900000000000}, "62178-08-08 17:46:40 +0000 UTC", id="exp in ms"
        ),
    ],
)
def test_a_claim_names_principals_as_go_prints_it(
    claim: str, claims: dict[str, Any], shown: str
) -> None:
    settings, token = replace(SETTINGS, claim=claim), RSA.token(CLAIMS | claims)
    expected = ("invalid principal", f"token issued for [{shown}] and login was for nobody")
    assert refusal(settings, token, "nobody") == expected


def test_an_empty_list_names_nobody() -> None:
    expected = ("invalid principal", f"the value [] for the issuer {ISSUER} is invalid")
    assert refusal(replace(SETTINGS, claim="g"), RSA.token(CLAIMS | {"g": []}), "kyle") == expected


def test_the_name_of_a_claim_has_a_case() -> None:
    expected = ("missing claim", "token does not contain a claim for Email")
    token = RSA.token(CLAIMS | {"email": "kyle"})
    assert refusal(replace(SETTINGS, claim="Email"), token, "kyle") == expected


@pytest.mark.parametrize(
    ("claims", "identity_map", "user"),
    [
        pytest.param({}, "", "KYLE", id="the login name is normalised"),
        pytest.param({"sub": "KYLE"}, "", "kyle", id="an unmapped principal is normalised"),
        pytest.param({}, f"{ISSUER} kyle ann\n{ISSUER} kyle bob", "bob", id="any mapped name"),
        pytest.param({}, "https://other kyle ann", "kyle", id="another issuer's map"),
        pytest.param({}, f"{ISSUER} kyle admin", "admin", id="admin is not reserved"),
        pytest.param({"g": ["x", "kyle"]}, f"{ISSUER} kyle ann", "ann", id="any of the principals"),
    ],
)
def test_these_may_log_in(claims: dict[str, Any], identity_map: str, user: str) -> None:
    claim = "g" if "g" in claims else ""
    settings = replace(SETTINGS, identity_map=identity_map, claim=claim)
    judge(settings, RSA.token(CLAIMS | claims), user, NOW)


@pytest.mark.parametrize("user", ["root", "node", "public", "none", "pg_x", "crdb_internal_x"])
def test_reserved_users_never_log_in_with_a_token(user: str) -> None:
    settings = replace(SETTINGS, identity_map=f"{ISSUER} kyle {user}")
    detail = f"cannot use JWT auth to login to a reserved user {user}"
    assert refusal(settings, RSA.token(), user) == ("invalid identity", detail)


def test_keys_do_not_show() -> None:
    assert RSA.jwk()["n"] not in repr(SETTINGS)
