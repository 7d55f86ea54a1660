"""Keys and tokens as lestrrat-go/jwx v2.1.6 reads them."""

import base64
import json
from typing import Any

import pytest

from tests.emulator.token_forge import (
    Pair,
    b64,
    ec_pair,
    jwks,
    oct_pair,
    okp_pair,
    other_rsa_pair,
    rsa_pair,
)
from tests.unit.verdict.logins import CLAIMS, JWT, NOW_S, token, told, verdict

KEYS = JWT + "jwks"
UNVERIFIED = "could not verify message using any of the signatures or keys"
PROVIDER = "key provider 0 failed: "
RSA = rsa_pair().jwk()
HEADER, PAYLOAD, SIGNATURE = token().split(".")


def outcome_of(keys: str, sent: str | None = None, version: str = "25.2") -> str:
    """ "" if the login succeeds, else the DETAIL without what always stands before it."""
    outcome = verdict(sent, version=version, settings={KEYS: keys})
    return "" if outcome.accepted else told(outcome)[1].removeprefix("unable to parse token: ")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param(json.dumps(RSA), "", id="a key alone"),
        pytest.param(jwks(RSA), "", id="without alg"),
        pytest.param(jwks({**RSA, "alg": ""}), "", id="alg empty"),
        pytest.param(jwks({**RSA, "use": "sig", "key_ops": ["encrypt"], "x": 1}), "", id="members"),
        pytest.param(jwks(RSA) + " and text behind", "", id="text behind"),
        pytest.param(jwks({**RSA, "use": "enc"}), UNVERIFIED, id="for encryption"),
        pytest.param(jwks({**RSA, "use": "other"}), UNVERIFIED, id="for what nobody knows"),
        pytest.param(jwks({**RSA, "use": "enc"}, RSA), UNVERIFIED, id="the first kid counts"),
        pytest.param(jwks({**RSA, "alg": "RS384"}), UNVERIFIED, id="for another algorithm"),
        pytest.param(
            jwks({**RSA, "alg": "FOO"}),
            f"{PROVIDER}invalid signature algorithm FOO: ...",
            id="for a bogus algorithm",
        ),
        pytest.param(
            jwks({**RSA, "alg": "none"}),
            'failed to create verifier for algorithm "none": unsupported signature algorithm'
            ' "none"',
            id="for none",
        ),
        pytest.param(
            jwks({**RSA, "kid": "x"}),
            f'{PROVIDER}failed to find key with key ID "k" in key set',
            id="another kid",
        ),
        pytest.param(
            jwks({**RSA, "kid": ""}),
            f'{PROVIDER}failed to find key with key ID "k" in key set',
            id="without kid",
        ),
        pytest.param(jwks(other_rsa_pair().jwk()), UNVERIFIED, id="another key"),
        pytest.param(
            jwks(ec_pair().jwk()),
            f"{PROVIDER}algorithm in the message does not match any of the inferred algorithms",
            id="another type",
        ),
    ],
)
def test_a_key_verifies_or_does_not(keys, expected):
    assert outcome_of(keys) == expected


def test_22_2_needs_alg_in_the_key():
    outcome = verdict(version="22.2", settings={KEYS: jwks(RSA)})
    assert told(outcome) == ("JWT authentication: invalid token", "", "28000")
    assert "has no `alg`" in outcome.near_miss


@pytest.mark.parametrize(
    ("pair", "alg"),
    [
        (rsa_pair(), "PS256"),
        (rsa_pair(), "RS512"),
        (ec_pair(), "ES256"),
        (ec_pair("P-384"), "ES256"),
        (ec_pair("P-256"), "ES512"),
        (ec_pair("P-521"), "ES512"),
        (okp_pair(), "EdDSA"),
        (oct_pair(), "HS384"),
    ],
)
def test_any_algorithm_of_the_type_is_inferred_whatever_the_curve(pair: Pair, alg: str):
    sent = pair.token(CLAIMS, alg=alg)
    assert outcome_of(jwks(pair.jwk()), sent) == ""
    assert outcome_of(jwks(pair.jwk(alg=alg)), sent) == ""


@pytest.mark.parametrize("header_alg", ["RS384", "none", "FOO", None])
def test_the_algorithm_of_the_key_counts_whatever_the_header_says(header_alg):
    header = {"kid": "k"} if header_alg is None else {"kid": "k", "alg": header_alg}
    sent = rsa_pair().token(CLAIMS, header, alg="RS256")
    assert outcome_of(jwks(rsa_pair().jwk(alg="RS256")), sent) == ""


def test_es256k_of_a_key_is_sha_256_on_any_curve():
    pair = ec_pair()
    assert outcome_of(jwks(pair.jwk(alg="ES256K")), pair.token(CLAIMS)) == ""


@pytest.mark.parametrize("header", [{"alg": "RS256"}, {"alg": "RS256", "kid": ""}])
def test_a_token_without_kid_is_refused_even_with_one_key(header):
    sent = rsa_pair().token(CLAIMS, header)
    expected = f'{PROVIDER}failed to find matching key: no key ID ("kid") specified in token'
    assert outcome_of(jwks(RSA), sent) == expected


@pytest.mark.parametrize(
    ("sent", "accepted"),
    [
        pytest.param(f"  {token()}\n", True, id="blanks around it"),
        pytest.param(f"{token()}==", True, id="padded"),
        pytest.param(f"{token()}=", False, id="badly padded"),
        pytest.param(rsa_pair().token(CLAIMS, {"kid": "k", "typ": 1}), False, id="typ a number"),
        pytest.param(
            rsa_pair().token(CLAIMS, {"kid": "k", "typ": "x", "crit": ["x"], "zip": 1}),
            True,
            id="header members",
        ),
        pytest.param(rsa_pair().token(CLAIMS, {"kid": "k", "b64": False}), False, id="b64 false"),
        pytest.param(
            json.dumps(
                {
                    "payload": PAYLOAD,
                    "signatures": [{"protected": HEADER, "signature": SIGNATURE}],
                }
            ),
            True,
            id="general JSON form",
        ),
        pytest.param(json.dumps(CLAIMS), False, id="JSON without signature"),
        pytest.param(f"{HEADER}.{PAYLOAD}.", False, id="no signature"),
        pytest.param(f"{HEADER}.{PAYLOAD}", False, id="two parts"),
        pytest.param(rsa_pair().token(f"{json.dumps(CLAIMS)} behind"), True, id="text behind"),
        pytest.param(rsa_pair().token('{"a":1e999}'), False, id="a number out of range"),
        pytest.param(rsa_pair().token("[]"), False, id="claims that are a list"),
        pytest.param(
            rsa_pair().token(json.dumps(CLAIMS)[:-1] + ',"sub":"x","sub":"kyle"}'),
            True,
            id="the last of a repeated claim counts",
        ),
        pytest.param(rsa_pair().token(token()), False, id="a token inside of a token"),
    ],
)
def test_a_token_can_be_read_or_not(sent, accepted):
    assert (outcome_of(jwks(RSA), sent) == "") is accepted


def test_standard_base64_is_read_and_the_signature_is_over_base64url():
    claims = json.dumps({**CLAIMS, "x": "\u00ff\u00ff??>>"}, ensure_ascii=False)
    head, body, signature = rsa_pair().token(claims).split(".")
    as_standard = base64.b64encode(claims.encode()).decode()
    assert as_standard.rstrip("=") != body
    assert outcome_of(jwks(RSA), f"{head}.{as_standard}.{signature}") == ""


def test_json_claims_beside_a_signature_are_noted():
    """The library verifies the signature and then reads what stands beside it (jwx v2.1.6)."""
    beside = {**CLAIMS, "payload": PAYLOAD, "protected": HEADER, "signature": SIGNATURE}
    outcome = verdict(json.dumps(beside))
    assert "The claims stand beside the signature" in " ".join(outcome.notes)


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        pytest.param({"exp": NOW_S + 1}, "", id="one second left"),
        pytest.param({"exp": NOW_S}, "exp", id="this second"),
        pytest.param({"exp": NOW_S + 0.9}, "exp", id="fractions are cut off"),
        pytest.param({"exp": 0}, "", id="exp 0 never ends"),
        pytest.param({"exp": None}, "", id="no exp"),
        pytest.param({"exp": f"{NOW_S + 1}"}, "", id="digits in a text"),
        pytest.param({"exp": f"{NOW_S + 1}.5"}, "", id="a fraction in a text"),
        pytest.param({"exp": "2023-11-14T22:13:21Z"}, "", id="RFC 3339"),
        pytest.param({"exp": "2023-11-14T23:13:20+01:00"}, "exp", id="RFC 3339, another zone"),
        pytest.param({"iat": NOW_S + 1}, "iat", id="issued in the future"),
        pytest.param({"iat": NOW_S}, "", id="issued now"),
        pytest.param({"nbf": NOW_S + 1}, "nbf", id="not yet"),
        pytest.param({"iat": NOW_S + 1, "exp": 1, "nbf": NOW_S + 1}, "iat", id="iat first"),
        pytest.param({"exp": 1, "nbf": NOW_S + 1}, "exp", id="then exp"),
    ],
)
def test_times_count_in_whole_seconds_without_any_difference(claims, refused):
    expected = f'"{refused}" not satisfied' if refused else ""
    assert outcome_of(jwks(RSA), token(**claims)) == expected


WRONG_TIMES: list[Any] = [-1, True, [], {}, "soon", "", ".5", 1e300]


@pytest.mark.parametrize(
    "claims",
    [
        *[{"exp": value} for value in WRONG_TIMES],
        *({"iss": 1}, {"iss": []}, {"iss": False}),
        *({"aud": 1}, {"aud": {}}, {"aud": ["a", 1]}, {"aud": [None]}),
        {"sub": 7},
        {"jti": 1},
    ],
)
def test_claims_of_a_wrong_type_can_not_be_read(claims):
    outcome = verdict(token(**claims))
    assert told(outcome)[0] == "JWT authentication: invalid token"
    assert told(outcome)[1] == "token parsing failed: ..."
    assert outcome.error is not None
    assert not outcome.error.is_exact


def test_issuer_and_subject_null_are_absent():
    sent = rsa_pair().token({**CLAIMS, "sub": None, "iss": None})
    assert told(verdict(sent))[1] == "token issued by "


FETCH = {JWT + "jwks_auto_fetch.enabled": "true"}
OFF_CURVE = {**ec_pair().jwk(kid="e"), "x": b64(bytes(32))}


@pytest.mark.parametrize(
    ("keys", "before", "later"),
    [
        pytest.param(jwks(RSA, oct_pair().jwk(kid="s")), True, True, id="good"),
        pytest.param(jwks(RSA, OFF_CURVE), True, False, id="with a point off its curve"),
        pytest.param(jwks(RSA, {**OFF_CURVE, "crv": "P-1"}), True, False, id="unknown curve"),
        pytest.param(jwks(RSA, {**okp_pair().jwk(kid="o"), "x": "AA"}), True, False, id="length"),
        pytest.param(jwks(RSA, {"kty": "RSA", "kid": "r"}), False, False, id="without n and e"),
        pytest.param("<html>", False, False, id="not JSON"),
        pytest.param(None, False, False, id="no answer"),
    ],
)
def test_one_bad_key_spoils_a_fetched_set(keys, before, later):
    fetched = {} if keys is None else {CLAIMS["iss"]: keys}
    for version, accepted in (("26.2", before), ("26.4", later)):
        outcome = verdict(version=version, settings=FETCH, fetched=fetched)
        assert outcome.accepted is accepted
        if not accepted:
            assert told(outcome) == ("JWT authentication: unable to validate token", "", "28000")
