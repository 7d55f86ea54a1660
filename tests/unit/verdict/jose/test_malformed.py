"""Texts that the library refuses, each for one reason, and values at the edges of Go's JSON."""

import json
from typing import Any

import pytest

from crdb_sso.verdict.jose.claims import read_token
from crdb_sso.verdict.jose.go_json import NotGoJsonError, decode_first, decode_first_of_bytes
from crdb_sso.verdict.jose.jws import UnreadableTokenError, read_message
from crdb_sso.verdict.jose.keys import UnreadableKeysError, read_keys
from tests.emulator.token_forge import b64, ec_pair, jwks, okp_pair, rsa_pair
from tests.unit.verdict.logins import CLAIMS, JWT, token, told, verdict

RSA = rsa_pair().jwk()
HEADER, PAYLOAD, SIGNATURE = token().split(".")
ODD_CRIT = b64(b'{"crit":[1]}')
ENTRY: dict[str, Any] = {"protected": HEADER, "signature": SIGNATURE}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("null", "it is not a JSON object"),
        ("[]", "it is not a JSON object"),
        ("{}", "the `kty` of a key"),
        ('{"keys":{}}', "its `keys` are not a list"),
        ('{"keys":[1]}', "a key is not a JSON object"),
        (jwks({**RSA, "kty": "DSA"}), "the `kty` of a key"),
        (jwks({**RSA, "kid": 1}), "the `kid` of a key is not a text"),
        (jwks({**RSA, "n": "?"}), "the `n` of a key is not base64url"),
        (jwks({**RSA, "n": "AAAAA"}), "the `n` of a key is not base64url"),
        (jwks({"kty": "EC", "x": "AA", "y": "AA"}), "a key has no `crv`"),
        (jwks({"kty": "oct"}), "a key has no `k`"),
        (jwks({**RSA, "key_ops": "verify"}), "the `key_ops` of a key are not a list of texts"),
        (jwks({**RSA, "x5u": 1}), "the `x5u` of a key is not a text"),
        (jwks({**RSA, "d": 1}), "the `d` of a key is not a text"),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ('{"a":' * 480 + "1" + "}" * 480, "it is nested too deeply"),
        ("[" * 251 + "]" * 251, "it is nested too deeply"),
        ("[" * 250 + "]" * 250, "it is not a JSON object"),
    ],
)
def test_a_key_set_that_can_not_be_read(text, why):
    with pytest.raises(UnreadableKeysError, match="^" + why):
        read_keys(text)


def test_keys_that_are_null_or_said_twice():
    assert read_keys('{"keys":null}') == ()
    doubled = f'{{"keys":[{json.dumps(RSA)}],"keys":[{json.dumps(RSA)}]}}'
    assert [key.kid for key in read_keys(doubled)] == ["k", "k"]
    assert read_keys(jwks({**RSA, "key_ops": None, "use": None}))[0].use == ""


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"payload": PAYLOAD, "signatures": [1]}, "its `protected` is not a text"),
        ({"payload": PAYLOAD, "signatures": []}, "it has no signature"),
        ({"payload": PAYLOAD, "signatures": {}}, "it has no signature"),
        ({"payload": PAYLOAD, **ENTRY, "signatures": [ENTRY]}, "it has both"),
        ({"payload": 1, "signatures": [ENTRY]}, "its `payload` is not a text"),
        (
            {"payload": PAYLOAD, "signatures": [ENTRY, {"protected": b64(b'{"b64":false}')}]},
            "its signatures differ in `b64`",
        ),
        ({"payload": "?", "signatures": [ENTRY]}, "its payload is not base64url"),
        ({"payload": PAYLOAD, "signatures": [{"protected": "?"}]}, "its header is not base64url"),
    ],
)
def test_a_message_in_json_that_can_not_be_read(message, why):
    with pytest.raises(UnreadableTokenError, match="^" + why):
        read_message(json.dumps(message).encode())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "the text: it is not JSON"),
        ("a.b", "it does not have three parts"),
        (f"{b64(b'[]')}.{PAYLOAD}.{SIGNATURE}", "its header is not a JSON object"),
        (f"{b64(b'no')}.{PAYLOAD}.{SIGNATURE}", "its header: it is not JSON"),
        (f"{ODD_CRIT}.{PAYLOAD}.{SIGNATURE}", "its header's `crit`"),
        (f"{HEADER}.{PAYLOAD}.?", "its signature is not base64url"),
    ],
)
def test_a_message_that_can_not_be_read(text, why):
    with pytest.raises(UnreadableTokenError, match="^" + why):
        read_message(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"keys":[]}',
        '{"kty":"RSA"}',
        '{"ciphertext":"x"}',
        "{",
        "",
        "[]",
        f"{HEADER}.{b64(b'7')}.x",
        rsa_pair().token("[1.5,2.5]"),
    ],
)
def test_a_text_that_is_not_a_token(text):
    with pytest.raises(UnreadableTokenError):
        read_token(text)


def test_the_first_signature_that_can_be_verified_is_enough():
    unusable = {"protected": b64(b'{"kid":"e"}'), "signature": SIGNATURE}
    sent = json.dumps({"payload": PAYLOAD, "signatures": [unusable, ENTRY]})
    for_encryption = jwks(RSA, ec_pair().jwk(kid="e", use="enc"))
    assert verdict(sent, settings={JWT + "jwks": for_encryption}).accepted
    assert told(verdict(sent))[1].endswith('failed to find key with key ID "e" in key set')


def test_a_header_in_plain_json_is_read_in_a_signature():
    header = '{"alg":"RS256","kid":"k"}'
    signed = f"{b64(header.encode())}.{PAYLOAD}"
    signature = b64(rsa_pair().sign(signed.encode()))
    entry = {"protected": header, "signature": signature}
    assert verdict(json.dumps({"payload": PAYLOAD, "signatures": [entry]})).accepted


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "-1e999", "9" * 400, "'a'", ""])
def test_what_go_does_not_take_for_json(text):
    with pytest.raises(NotGoJsonError):
        decode_first(text)


def test_bytes_and_halves_of_pairs_that_are_not_text_are_replaced():
    assert decode_first('"a\\ud800b\\ud83d\\ude00"') == "a\ufffdb\U0001f600"
    assert decode_first_of_bytes(b' ["\xff\xfe"] x') == (["\ufffd\ufffd"], b'["\xff\xfe"]')


@pytest.mark.parametrize(
    ("exp", "printed"),
    [  # as lestrrat-go/jwx v2.1.6 has them
        ("2001-01-01T00:00:00.5+01:00", "2000-12-31 23:00:00.5 +0000 UTC"),
        ("2001-01-01T00:00:00,25Z", "2001-01-01 00:00:00.25 +0000 UTC"),
        ("2001-01-01T00:00:00.123456789123Z", "2001-01-01 00:00:00.123456789 +0000 UTC"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00 +0000 UTC"),
        ("0000-01-01T00:00:00Z", "0000-01-01 00:00:00 +0000 UTC"),
        ("2001-01-01T00:00:00+24:00", "2000-12-31 00:00:00 +0000 UTC"),
        ("2001-01-01T00:00:00+23:60", "2000-12-31 00:00:00 +0000 UTC"),
        ("2001-01-01T1:00:00Z", "2001-01-01 01:00:00 +0000 UTC"),
        ("9999-12-31T23:59:59-23:59", "10000-01-01 23:58:59 +0000 UTC"),
        (1.5, "1970-01-01 00:00:01 +0000 UTC"),
    ],
)
def test_times_are_printed_as_go_prints_them(exp, printed):
    outcome = verdict(token(exp=exp), version="25.4", settings={JWT + "claim": "exp"})
    assert told(outcome)[1] == f"token issued for [{printed}] and login was for kyle"


@pytest.mark.parametrize("exp", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00.5Z", 0])
def test_some_times_count_as_none(exp):
    assert verdict(token(exp=exp)).accepted


@pytest.mark.parametrize(
    "exp", ["2023-02-30T00:00:00Z", "2099-12-31T23:59:59-25:00", "2099-01-01t00:00:00z", "2023"]
)
def test_a_time_is_one_that_there_is(exp):
    outcome = verdict(token(exp=exp))
    assert not outcome.accepted
    expected = "not satisfied" if exp == "2023" else "token parsing failed"
    assert expected in told(outcome)[1]


def test_a_signature_of_the_wrong_length_or_curve_is_bad():
    pair = ec_pair()
    head, body, signature = pair.token(CLAIMS).split(".")
    for keys, sent in (
        (jwks(pair.jwk()), f"{head}.{body}.{signature[:-4]}"),
        (jwks({**pair.jwk(), "crv": "P-1"}), pair.token(CLAIMS)),
        (jwks({**okp_pair().jwk(), "crv": "X25519"}), okp_pair().token(CLAIMS)),
        (jwks({**okp_pair().jwk(), "alg": "RS256"}), okp_pair().token(CLAIMS)),
    ):
        outcome = verdict(sent, settings={JWT + "jwks": keys})
        assert told(outcome)[1].endswith("using any of the signatures or keys")
