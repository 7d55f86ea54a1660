"""Which texts the key setting accepts, and what is read from them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dev.emulator.jose.keys import parse_jwks, validate_jwks
from dev.emulator.sqlerror import SqlError
from tests.emulator.token_forge import ec_pair, jwks, oct_pair, okp_pair, rsa_pair

RSA, EC, OKP, OCT = (pair.jwk() for pair in (rsa_pair(), ec_pair(), okp_pair(), oct_pair()))


def without(key: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != member}


@pytest.mark.parametrize(
    ("text", "kids"),
    [
        pytest.param('{"keys":[]}', [], id="no keys"),
        pytest.param('{"keys":null}', [], id="null for keys"),
        pytest.param(json.dumps(RSA), ["k"], id="a single key"),
        pytest.param(jwks(RSA, EC, OKP, OCT), ["k"] * 4, id="every type, one kid"),
        pytest.param(f" \n{jwks(RSA)}\n", ["k"], id="blanks around"),
        pytest.param(f"{jwks(RSA)} more", ["k"], id="text after it"),
        pytest.param('{"keys":[],"keys":[]}', [], id="keys twice"),
        pytest.param(
            f'{{"keys":[{json.dumps(RSA)}],"keys":[{json.dumps(EC | {"kid": "e"})}]}}',
            ["k", "e"],
            id="keys twice add up",
        ),
        pytest.param(json.dumps({"keys": [RSA], "x": {}}), ["k"], id="members beside keys"),
        pytest.param(jwks(RSA | {"x": {"y": 1}}), ["k"], id="unknown members of a key"),
        pytest.param(jwks(without(RSA, "kid")), [""], id="no kid"),
        pytest.param(jwks(RSA | {"kid": None}), [""], id="a null kid"),
        pytest.param(jwks(EC | {"crv": "secp256k1"}), ["k"], id="an unknown curve"),
        pytest.param(jwks(EC | {"x": "AQAB"}), ["k"], id="a point off the curve"),
        pytest.param(
            jwks(RSA | {"alg": "FOO", "use": "x", "key_ops": ["y"]}), ["k"], id="nonsense"
        ),
        pytest.param(jwks(RSA | {"n": "AQ=="}), ["k"], id="padding in a member"),
        pytest.param(jwks(RSA | {"d": "AQAB"}), ["k"], id="a private key"),
        pytest.param(jwks(without(RSA, "kty") | {"KTY": "RSA"}), ["k"], id="KTY"),
    ],
)
def test_a_key_set_is_read_leniently(text: str, kids: list[str]) -> None:
    validate_jwks(text)
    assert [key.kid for key in parse_jwks(text)] == kids


KEY_0 = 'failed to decode key #0 in "keys"'
INTO_KEY = f"{KEY_0}: failed to unmarshal JSON into key"
SOLE = "failed to parse sole key in key set"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "EOF", id="empty"),
        pytest.param("null", "error reading token: EOF", id="null"),
        pytest.param("{}", SOLE, id="an empty object"),
        pytest.param(
            "keys", "invalid character 'k' looking for beginning of value", id="plain text"
        ),
        pytest.param(
            "-----BEGIN PUBLIC KEY-----\nAA==\n",
            "invalid character '-' looking for beginning of value",
            id="PEM",
        ),
        pytest.param(f"[{json.dumps(RSA)}]", "expected '{', but got '['", id="a bare list"),
        pytest.param('{"keys":[', "unexpected EOF", id="half a set"),
        pytest.param(
            '{"keys":{}}',
            'failed to decode "keys": '
            "json: cannot unmarshal object into Go value of type []json.RawMessage",
            id="keys are an object",
        ),
        pytest.param('{"Keys":[]}', SOLE, id="the case of keys matters"),
        pytest.param(jwks({}), f"{KEY_0}: invalid key type from JSON ()", id="no kty"),
        pytest.param(jwks({"kty": "x"}), f"{KEY_0}: invalid key type from JSON (x)", id="kty x"),
        pytest.param(
            jwks({"kty": 5}),
            f"{KEY_0}: failed to unmarshal JSON into key hint: "
            "json: cannot unmarshal number into Go struct field .kty of type string",
            id="kty is a number",
        ),
        pytest.param('{"keys":[null]}', f"{KEY_0}: invalid key type from JSON ()", id="a null key"),
        pytest.param(
            jwks(RSA | {"KTY": "EC"}),
            f"{KEY_0}: failed to unmarshal JSON into key (*jwk.ecdsaPublicKey): "
            "invalid kty value for ecdsaPublicKey (RSA)",
            id="two types",
        ),
        pytest.param(
            '{"keys":["x"]}',
            f"{KEY_0}: failed to unmarshal JSON into key hint: json: cannot unmarshal string into "
            r"Go value of type "
            r'struct { Kty string "json:\"kty\""; D json.RawMessage "json:\"d\"" }',
            id="a key is a text",
        ),
        pytest.param(json.dumps(without(RSA, "n")), SOLE, id="a single key without n"),
        *[
            pytest.param(
                jwks(without(key, member)),
                f"{INTO_KEY} (*jwk.{go_name}): required field {member} is missing",
                id=f"{key['kty']} without {member}",
            )
            for key, member, go_name in [
                (RSA, "n", "rsaPublicKey"),
                (RSA, "e", "rsaPublicKey"),
                (RSA | {"d": "AQ"}, "n", "rsaPrivateKey"),
                (EC, "crv", "ecdsaPublicKey"),
                (EC, "x", "ecdsaPublicKey"),
                (EC, "y", "ecdsaPublicKey"),
                (OKP, "x", "okpPublicKey"),
                (OCT, "k", "symmetricKey"),
            ]
        ],
        pytest.param(
            jwks(EC | {"x": "not base64"}),
            f"{INTO_KEY} (*jwk.ecdsaPublicKey): failed to decode value for key x: "
            "expected base64 encoded []byte (string)",
            id="not base64",
        ),
        pytest.param(
            jwks(RSA | {"kid": 5}),
            f"{INTO_KEY} (*jwk.rsaPublicKey): failed to decode value for key kid: error reading "
            "next value: json: cannot unmarshal number into Go value of type string",
            id="kid is a number",
        ),
        pytest.param(
            jwks(RSA, RSA | {"alg": 5}),
            'failed to decode key #1 in "keys": failed to unmarshal JSON into key '
            "(*jwk.rsaPublicKey): failed to decode value for key alg: "
            "json: cannot unmarshal number into Go value of type string",
            id="one bad key of two",
        ),
    ],
)
def test_a_text_that_is_not_a_key_set_is_refused_as_a_whole(text: str, reason: str) -> None:
    with pytest.raises(SqlError) as refusal:
        validate_jwks(text)
    expected = f"JWT authentication JWKS not a valid JWKS: failed to unmarshal JWK set: {reason}"
    assert (refusal.value.message, refusal.value.sqlstate) == (expected, "XXUUU")


def test_secrets_do_not_show() -> None:
    assert OCT["k"] not in repr(parse_jwks(jwks(OCT)))
