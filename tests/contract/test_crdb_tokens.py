"""Which tokens are read at all, and which of their times and texts count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import holds, says
from tests.contract.tokens import b64, signature, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cluster import Cluster
    from tests.contract.sso import Sso

pytestmark = holds(since="24.3")

INVALID_TOKEN = "JWT authentication: invalid token"
INVALID_ISSUER = "JWT authentication: invalid issuer"
INVALID_PRINCIPAL = "JWT authentication: invalid principal"
INVALID_AUDIENCE = "JWT authentication: invalid audience"


def _claims_text(sso: Sso, name: str, member: str) -> str:
    """Return the text of good claims with `member` in place of what they say of `name`."""
    usual = json.dumps(sso.claims(**{name: None}))
    return f"{usual[:-1]}, {member}}}"


@pytest.mark.parametrize(
    ("name", "form", "seconds", "expected"),
    [
        pytest.param("exp", "{}", 60, ADMITTED, id="exp to come"),
        pytest.param("exp", "{}", 60.5, ADMITTED, id="exp to come with a fraction"),
        pytest.param("exp", '"{}"', 60, ADMITTED, id="exp to come as a digit string"),
        pytest.param("exp", "{}", 0, INVALID_TOKEN, id="exp in this second"),
        pytest.param("exp", "{}", -1, INVALID_TOKEN, id="exp a second ago"),
        pytest.param("exp", "{}", -1.5, INVALID_TOKEN, id="exp past with a fraction"),
        pytest.param("exp", '"{}"', -60, INVALID_TOKEN, id="exp past as a digit string"),
        pytest.param("iat", "{}", -60, ADMITTED, id="iat past"),
        pytest.param("iat", '"{}"', -60, ADMITTED, id="iat past as a digit string"),
        pytest.param("iat", "{}", 30, INVALID_TOKEN, id="iat to come"),
        pytest.param("nbf", "{}", -60, ADMITTED, id="nbf past"),
        pytest.param("nbf", "{}", -60.25, ADMITTED, id="nbf past with a fraction"),
        pytest.param("nbf", "{}", 30, INVALID_TOKEN, id="nbf to come"),
        pytest.param("nbf", '"{}"', 30, INVALID_TOKEN, id="nbf to come as a digit string"),
    ],
)
def test_times_are_compared_without_leeway(
    cluster: Cluster, sso: Sso, *, name: str, form: str, seconds: float, expected: str
) -> None:
    sso.trust()
    member = f'"{name}": {form.format(int(cluster.now_s()) + seconds)}'
    signed = token(sso.keys["rsa"], _claims_text(sso, name, member))
    assert cluster.verdict(sso.person, signed) == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({"exp": None}, ADMITTED, id="no exp"),
        pytest.param({"exp": 0}, ADMITTED, id="exp 0"),
        pytest.param({"exp": 1}, INVALID_TOKEN, id="exp in 1970"),
        pytest.param({"iat": None}, ADMITTED, id="no iat"),
        pytest.param({"iat": 0}, ADMITTED, id="iat 0"),
        pytest.param({"nbf": 0}, ADMITTED, id="nbf 0"),
        pytest.param({"exp": None, "iat": None}, ADMITTED, id="no time at all"),
    ],
)
def test_times_are_optional(
    cluster: Cluster, sso: Sso, claims: dict[str, Any], expected: str
) -> None:
    sso.trust()
    assert cluster.verdict(sso.person, sso.token(**claims)) == expected


@pytest.mark.parametrize(
    "member",
    [
        *['"exp": -1', '"exp": null', '"exp": true', '"exp": [1]', '"exp": {}', '"exp": "later"'],
        *['"iat": -1', '"iat": null', '"iat": "2020-01-01"', '"nbf": null', '"nbf": false'],
        *['"iss": 5', '"iss": ["a"]', '"sub": 5', '"sub": true', '"sub": ["a"]'],
        *['"jti": 5', '"jti": {}'],
        *['"aud": null', '"aud": 5', '"aud": {}', '"aud": ["a", 1]'],
    ],
)
def test_claims_of_the_wrong_type_make_the_token_unreadable(
    cluster: Cluster, sso: Sso, member: str
) -> None:
    sso.trust()
    name = member.split('"')[1]
    signed = token(sso.keys["rsa"], _claims_text(sso, name, member))
    assert says(INVALID_TOKEN, cluster.verdict(sso.person, signed))


@pytest.mark.parametrize(
    ("name", "member", "expected"),
    [
        pytest.param("iss", '"iss": null', INVALID_ISSUER, id="iss null"),
        pytest.param("sub", '"sub": null', INVALID_PRINCIPAL, id="sub null"),
        pytest.param("aud", '"aud": []', INVALID_AUDIENCE, id="aud an empty list"),
        pytest.param("x", '"x": 0', ADMITTED, id="a claim nobody knows"),
        pytest.param("jti", '"jti": "5"', ADMITTED, id="jti a text"),
        pytest.param(
            "sub", '"sub": "other", "sub": "USER"', ADMITTED, id="sub twice, the last good"
        ),
        pytest.param(
            "sub", '"sub": "USER", "sub": "other"', INVALID_PRINCIPAL, id="and the last bad"
        ),
        pytest.param(
            "exp", '"exp": 1, "exp": 99999999999', ADMITTED, id="exp twice, the last good"
        ),
        pytest.param(
            "exp", '"exp": 99999999999, "exp": 1', INVALID_TOKEN, id="exp and the last bad"
        ),
    ],
)
def test_other_claims_are_read_as_written(
    cluster: Cluster, sso: Sso, name: str, member: str, expected: str
) -> None:
    sso.trust()
    text = _claims_text(sso, name, member.replace("USER", sso.person))
    assert cluster.verdict(sso.person, token(sso.keys["rsa"], text)) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param({"typ": None}, ADMITTED, id="no typ"),
        pytest.param({"typ": "at+jwt"}, ADMITTED, id="another typ"),
        pytest.param({"cty": "text/plain"}, ADMITTED, id="a cty"),
        pytest.param({"crit": ["exp"]}, ADMITTED, id="a crit"),
        pytest.param({"zip": "DEF"}, ADMITTED, id="a zip"),
        pytest.param({"own": {"x": 1}}, ADMITTED, id="a member of its own"),
        pytest.param({"b64": False, "crit": ["b64"]}, INVALID_TOKEN, id="an unencoded payload"),
        pytest.param({"kid": 5}, INVALID_TOKEN, id="a kid of number"),
        pytest.param({"kid": ["a"]}, INVALID_TOKEN, id="a kid of list"),
    ],
)
def test_most_of_the_header_is_ignored(
    cluster: Cluster, sso: Sso, header: dict[str, Any], expected: str
) -> None:
    sso.trust()
    assert says(expected, cluster.verdict(sso.person, sso.token(header=header)))


def _tampered(text: str) -> str:
    head, body, signed = text.split(".")
    swapped = "A" if signed[10] != "A" else "B"
    return f"{head}.{body}.{signed[:10]}{swapped}{signed[11:]}"


def _general_json(text: str) -> str:
    head, body, signed = text.split(".")
    return json.dumps({"payload": body, "signatures": [{"protected": head, "signature": signed}]})


def _padded(text: str) -> str:
    return text + "=" * (-len(text.rpartition(".")[2]) % 4)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda text: f" {text}", ADMITTED, id="a blank before"),
        pytest.param(lambda text: f"{text} ", ADMITTED, id="a blank after"),
        pytest.param(lambda text: f"{text}\n", ADMITTED, id="a line end after"),
        pytest.param(_padded, ADMITTED, id="a padded signature"),
        pytest.param(_general_json, ADMITTED, id="the general JSON form"),
        pytest.param(_tampered, INVALID_TOKEN, id="a changed signature"),
        pytest.param(lambda text: f"{text.rpartition('.')[0]}.", INVALID_TOKEN, id="no signature"),
        pytest.param(lambda text: text.rpartition(".")[0], INVALID_TOKEN, id="two parts"),
        pytest.param(lambda text: f"{text}.x.y", INVALID_TOKEN, id="five parts"),
        pytest.param(lambda text: f"Bearer {text}", INVALID_TOKEN, id="a word before"),
        pytest.param(lambda text: text.split(".")[1], INVALID_TOKEN, id="the payload alone"),
        pytest.param(lambda _text: "abc", INVALID_TOKEN, id="a word"),
        pytest.param(lambda _text: "a.b.c", INVALID_TOKEN, id="dots"),
        pytest.param(lambda _text: "..", INVALID_TOKEN, id="only dots"),
    ],
)
def test_the_form_of_the_token(
    cluster: Cluster, sso: Sso, change: Callable[[str], str], expected: str
) -> None:
    sso.trust()
    verdict = cluster.verdict(sso.person, change(sso.token()))
    assert says(expected, verdict), verdict


@pytest.mark.parametrize("form", ["the claims", "an empty object", "an empty list"])
def test_unsigned_json_is_refused(cluster: Cluster, sso: Sso, form: str) -> None:
    """Some of it parses, so that only the check which refuses it differs."""
    sso.trust()
    shown = {"an empty object": "{}", "an empty list": "[]"}.get(form, json.dumps(sso.claims()))
    verdict = cluster.verdict(sso.person, shown)
    assert says("JWT authentication: invalid (token|issuer|principal)", verdict), verdict


def test_a_payload_has_to_be_json(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    assert says(INVALID_TOKEN, cluster.verdict(sso.person, token(sso.keys["rsa"], "hello")))


def test_a_payload_may_not_be_swapped(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    head, _, signed = sso.token(sub="somebody").split(".")
    swapped = f"{head}.{b64(json.dumps(sso.claims()).encode())}.{signed}"
    assert cluster.verdict(sso.person, swapped) == INVALID_TOKEN


def test_the_signature_covers_the_header_too(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    key = sso.keys["rsa"]
    body = b64(json.dumps(sso.claims()).encode())
    shown = b64(json.dumps({"alg": "RS256", "kid": key.kid}).encode())
    other = b64(json.dumps({"alg": "RS256", "kid": key.kid, "typ": "JWT"}).encode())
    signed = b64(signature("RS256", key.private, f"{other}.{body}".encode()))
    assert cluster.verdict(sso.person, f"{shown}.{body}.{signed}") == INVALID_TOKEN


def test_a_long_token_is_read_whole(cluster: Cluster, sso: Sso) -> None:
    sso.trust()
    assert cluster.verdict(sso.person, sso.token(groups=["g" * 60] * 100)) == ADMITTED
