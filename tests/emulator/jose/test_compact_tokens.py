"""Which forms of a token are read, and what its header may hold."""

from __future__ import annotations

import json

import pytest

from tests.emulator.token_forge import CLAIMS, b64, jwks, other_rsa_pair, rsa_pair, verdict

RSA, OTHER = rsa_pair(), other_rsa_pair()
KEYS = jwks(RSA.jwk())
UNVERIFIED = "refused: could not verify message using any of the signatures or keys"
NO_KID = (
    "refused: key provider 0 failed: failed to find matching key: "
    'no key ID ("kid") specified in token'
)


def with_header(**members: object) -> str:
    return RSA.token(header={"alg": "RS256", "kid": "k"} | members)


GOOD = RSA.token()
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")
ENTRY = {"protected": HEADER, "signature": SIGNATURE}
BAD_ENTRY = {"protected": HEADER, "signature": "AAAA"}


def signed_text(header: str, payload: str) -> str:
    """Sign a token over parts that are taken as they are."""
    return f"{header}.{payload}.{b64(RSA.sign(f'{header}.{payload}'.encode()))}"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(f" {GOOD}\n", "accepted", id="blanks around"),
        pytest.param(f"\u00a0{GOOD}\u2003", "accepted", id="wide blanks around"),
        pytest.param(
            f"{GOOD}\x1c",
            "unreadable: invalid jws message: failed to decode signature: "
            "failed to decode source: illegal base64 data at input byte 342",
            id="not a blank to Go",
        ),
        pytest.param(GOOD + "==", "accepted", id="padded signature"),
        pytest.param(
            GOOD + "=",
            "unreadable: invalid jws message: failed to decode signature: "
            "failed to decode source: illegal base64 data at input byte 343",
            id="signature padded by half",
        ),
        pytest.param(
            f"{HEADER}.{PAYLOAD}.{SIGNATURE.replace('-', '+').replace('_', '/')}",
            "accepted",
            id="signature in the other alphabet",
        ),
        pytest.param(
            f"{HEADER}.{PAYLOAD[:8]}\n{PAYLOAD[8:]}.{SIGNATURE}", "accepted", id="line end"
        ),
        pytest.param(
            f"{HEADER}.{PAYLOAD}.AAAAA",
            "unreadable: invalid jws message: failed to decode signature: "
            "failed to decode source: illegal base64 data at input byte 4",
            id="signature of an impossible length",
        ),
        pytest.param(f"{HEADER}.{PAYLOAD}.", UNVERIFIED, id="no signature"),
        pytest.param(f"{HEADER}.{PAYLOAD}.AAAA", UNVERIFIED, id="another signature"),
        pytest.param(f"{HEADER}.{PAYLOAD}", "unreadable: invalid JWT", id="two parts"),
        pytest.param(f"{GOOD}.x", "unreadable: invalid JWT", id="four parts"),
        pytest.param(
            f"{GOOD}.x.y", "unreadable: unsupported format (layer: #1)", id="five parts, encrypted"
        ),
        pytest.param("hello", "unreadable: invalid JWT", id="a word"),
        pytest.param(" ", "unreadable: failed to parse token: EOF", id="a blank"),
        pytest.param(
            '{"alg":"none"',
            "unreadable: failed to parse token: unexpected EOF",
            id="half of a JSON object",
        ),
        pytest.param(
            json.dumps(CLAIMS),
            "refused: failed to parse jws: failed to unmarshal jws message: "
            'required field "signatures" not present',
            id="bare claims",
        ),
        pytest.param(
            json.dumps({"payload": PAYLOAD, "signatures": [ENTRY]}), "accepted", id="general JSON"
        ),
        pytest.param(
            json.dumps({"payload": PAYLOAD, "signatures": [BAD_ENTRY, ENTRY]}),
            "accepted",
            id="general JSON, one of two signatures is right",
        ),
        pytest.param(
            json.dumps({"payload": PAYLOAD, "signatures": [{"signature": SIGNATURE}, ENTRY]}),
            NO_KID,
            id="general JSON, a signature without kid comes first",
        ),
        pytest.param(
            json.dumps(CLAIMS | {"sub": "root", "payload": PAYLOAD, "signatures": [ENTRY]}),
            UNVERIFIED,
            id="general JSON with claims of its own",
        ),
        pytest.param(
            json.dumps(CLAIMS | {"sub": "root", "payload": PAYLOAD} | ENTRY),
            UNVERIFIED,
            id="flattened JSON with claims of its own",
        ),
        pytest.param(
            signed_text(b64(b'{"alg":"RS256","kid":"k"}\n'), PAYLOAD),
            UNVERIFIED,
            id="a header signed with its trailing line end",
        ),
        pytest.param(
            RSA.token(GOOD),
            "unreadable: failed to parse token: invalid character 'e' looking for beginning of "
            "value",
            id="a token inside a token",
        ),
    ],
)
def test_a_token_may_be_written_in_these_forms(token: str, expected: str) -> None:
    assert verdict(KEYS, token) == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(with_header(typ="at+jwt", cty="x", zip="DEF"), "accepted", id="typ, cty, zip"),
        pytest.param(with_header(crit=["exp"]), "accepted", id="crit is ignored"),
        pytest.param(with_header(jku="https://evil.example"), "accepted", id="jku is ignored"),
        pytest.param(with_header(jwk=RSA.jwk()), "accepted", id="an embedded key is ignored"),
        pytest.param(
            OTHER.token(header={"alg": "RS256", "kid": "k", "jwk": OTHER.jwk()}),
            UNVERIFIED,
            id="an embedded key does not verify",
        ),
        pytest.param(with_header(b64=True), "accepted", id="b64 true"),
        pytest.param(with_header(b64=False), "unreadable: invalid JWT", id="b64 false"),
        pytest.param(with_header(b64="true"), "unreadable: invalid JWT", id="b64 a text"),
        pytest.param(
            RSA.token(header='{"kid":"other","alg":"RS256","kid":"k"}'),
            "accepted",
            id="the last of a repeated member",
        ),
        *[
            pytest.param(
                with_header(**{name: 5}),
                "unreadable: invalid jws message: failed to parse JOSE headers: failed to decode "
                f"value for key {name}: {read}json: cannot unmarshal number into Go value of type "
                f"{go_type}",
                id=f"{name} is a number",
            )
            for name, read, go_type in [
                ("kid", "error reading next value: ", "string"),
                ("typ", "error reading next value: ", "string"),
                ("alg", "", "jwa.SignatureAlgorithm"),
                ("crit", "", "[]string"),
                ("x5c", "failed to unmarshal certificate chain: ", "[]string"),
            ]
        ],
        pytest.param(
            with_header(jwk={}),
            "unreadable: invalid jws message: failed to parse JOSE headers: "
            "failed to parse JWK for key jwk: invalid key type from JSON ()",
            id="an embedded key that is not a key",
        ),
        pytest.param(
            RSA.token(header="[]"),
            "unreadable: invalid jws message: failed to parse JOSE headers: "
            "expected '{', but got '['",
            id="a header that is a list",
        ),
        pytest.param(
            RSA.token(header="null"),
            "unreadable: invalid jws message: failed to parse JOSE headers: invalid token <nil>",
            id="a header that is null",
        ),
    ],
)
def test_a_header_is_checked_for_kinds_not_for_meaning(token: str, expected: str) -> None:
    assert verdict(KEYS, token) == expected


def test_an_unencoded_payload_without_dots_is_accepted_as_the_library_does() -> None:
    header = b64(b'{"alg":"RS256","kid":"k","b64":false}')
    assert verdict(KEYS, signed_text(header, '{"aud":"crdb","sub":"kyle"}')) == "accepted"
