"""Tokens in the JSON form: which of its members count, and what makes it unreadable."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dev.emulator.go.errors import GoError
from dev.emulator.jose.jws import parse_message
from tests.emulator.token_forge import CLAIMS, b64, jwks, rsa_pair, verdict

RSA = rsa_pair()
KEYS = jwks(RSA.jwk())
HEADER, PAYLOAD, SIGNATURE = RSA.token().split(".")
ENTRY = {"protected": HEADER, "signature": SIGNATURE}
NOT_A_MESSAGE = "unreadable: invalid jws message: failed to unmarshal jws message"
NO_KID = (
    "refused: key provider 0 failed: failed to find matching key: "
    'no key ID ("kid") specified in token'
)


def general(*entries: object, **members: object) -> str:
    return json.dumps({"payload": PAYLOAD, "signatures": entries} | members)


def entry_over(header: dict[str, Any], payload: str = PAYLOAD) -> dict[str, Any]:
    """A signature whose protected header stands there as JSON text, not as base64."""
    text = json.dumps(header)
    return {
        "protected": text,
        "signature": b64(RSA.sign(f"{b64(text.encode())}.{payload}".encode())),
    }


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(general(ENTRY), "accepted", id="one signature"),
        pytest.param(
            json.dumps({"PAYLOAD": PAYLOAD, "Signatures": [ENTRY]}), "accepted", id="any case"
        ),
        pytest.param(
            general(ENTRY | {"header": {"kid": "other"}}), "accepted", id="only protected counts"
        ),
        pytest.param(general(ENTRY | {"header": None}), "accepted", id="a null header"),
        pytest.param(
            general({"header": {"kid": "k"}, "signature": SIGNATURE}),
            NO_KID,
            id="a kid that is not protected",
        ),
        pytest.param(general(None), NO_KID, id="a null for a signature"),
        pytest.param(
            general(entry_over({"alg": "RS256", "kid": "k"})), "accepted", id="a header as JSON"
        ),
        pytest.param(general(**ENTRY), "accepted", id="flattened, beside an empty list"),
        pytest.param(
            general(ENTRY, signature=SIGNATURE),
            f'{NOT_A_MESSAGE}: invalid format ("signatures" and "signature" keys cannot both be '
            "present)",
            id="both forms",
        ),
        pytest.param(
            general(),
            f'{NOT_A_MESSAGE}: required field "signatures" not present',
            id="no signature",
        ),
        pytest.param(
            json.dumps({"payload": PAYLOAD, "signatures": {}}),
            f"{NOT_A_MESSAGE}: failed to unmarshal into temporary structure: "
            "json: cannot unmarshal object into Go struct field "
            "messageUnmarshalProbe.signatures of type []json.RawMessage",
            id="signatures are an object",
        ),
        pytest.param(
            general(ENTRY, 5),
            f"{NOT_A_MESSAGE}: failed to unmarshal signature #2: "
            "failed to unmarshal signature into temporary struct: "
            "json: cannot unmarshal number into Go value of type jws.signatureUnmarshalProbe",
            id="a signature is a number",
        ),
        pytest.param(
            general(ENTRY | {"header": []}),
            f"{NOT_A_MESSAGE}: failed to unmarshal signature #1: "
            "failed to unmarshal signature into temporary struct: expected '{', but got '['",
            id="a header is a list",
        ),
        pytest.param(
            general(ENTRY, entry_over({"alg": "RS256", "kid": "k", "b64": False})),
            f"{NOT_A_MESSAGE}: b64 value must be the same for all signatures",
            id="b64 both true and false",
        ),
        pytest.param(
            general(ENTRY, payload=None),
            "unreadable: failed to parse token: EOF",
            id="null payload",
        ),
        pytest.param(
            json.dumps({"payload": PAYLOAD, "protected": HEADER, "signature": SIGNATURE}),
            "refused: could not verify message using any of the signatures or keys",
            id="flattened alone",
        ),
        pytest.param(
            json.dumps({"ciphertext": "x"}),
            "unreadable: unsupported format (layer: #1)",
            id="an encrypted token",
        ),
    ],
)
def test_the_general_form_is_read_as_go_reads_structs(token: str, expected: str) -> None:
    assert verdict(KEYS, token) == expected


def test_a_message_inside_a_message_needs_a_good_signature_too() -> None:
    inner = {"payload": PAYLOAD, "signatures": [ENTRY], "sub": "kyle"}
    assert verdict(KEYS, RSA.token(inner)) == "accepted"
    forged = inner | {"signatures": [ENTRY | {"signature": "AAAA"}]}
    expected = "refused: could not verify message using any of the signatures or keys"
    assert verdict(KEYS, RSA.token(forged)) == expected
    assert verdict(KEYS, RSA.token(forged | CLAIMS)) == "accepted"  # aud marks plain claims


def test_a_compact_message_has_three_parts() -> None:
    with pytest.raises(GoError, match="invalid number of segments"):
        parse_message("a.b")
