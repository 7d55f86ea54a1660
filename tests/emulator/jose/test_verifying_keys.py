"""Which key verifies a token: selection by kid, algorithms, unfit keys."""

from __future__ import annotations

import json

import pytest

from tests.emulator.token_forge import (
    SECRET,
    Pair,
    ec_pair,
    jwks,
    oct_pair,
    okp_pair,
    other_rsa_pair,
    rsa_pair,
    verdict,
)

RSA, OTHER, EC, OKP, OCT = rsa_pair(), other_rsa_pair(), ec_pair(), okp_pair(), oct_pair()
KEYS = jwks(RSA.jwk())
UNVERIFIED = "refused: could not verify message using any of the signatures or keys"
NO_KID = (
    "refused: key provider 0 failed: failed to find matching key: "
    'no key ID ("kid") specified in token'
)
NO_KEY = 'refused: key provider 0 failed: failed to find key with key ID "k" in key set'
NOT_INFERRED = (
    "refused: key provider 0 failed: "
    "algorithm in the message does not match any of the inferred algorithms"
)


@pytest.mark.parametrize(
    ("keys", "token", "expected"),
    [
        pytest.param(KEYS, RSA.token(), "accepted", id="the kid is in the set"),
        pytest.param(jwks(), RSA.token(), NO_KEY, id="an empty set verifies nothing"),
        pytest.param(jwks(OTHER.jwk()), RSA.token(), UNVERIFIED, id="another key of that kid"),
        pytest.param(jwks(RSA.jwk(kid="K")), RSA.token(), NO_KEY, id="a kid's case matters"),
        pytest.param(
            KEYS, RSA.token(header={"alg": "RS256"}), NO_KID, id="no kid, although there is one key"
        ),
        pytest.param(
            KEYS,
            RSA.token(header={"alg": "RS256", "kid": ""}),
            NO_KID,
            id="an empty kid does not count",
        ),
        pytest.param(
            KEYS,
            RSA.token(header={"alg": "RS256", "kid": None}),
            NO_KID,
            id="a null kid does not count",
        ),
        pytest.param(
            jwks(RSA.jwk(kid="")),
            RSA.token(header={"alg": "RS256"}),
            NO_KID,
            id="neither token nor key has a kid",
        ),
        pytest.param(
            jwks(OTHER.jwk(), RSA.jwk()), RSA.token(), UNVERIFIED, id="the first of one kid counts"
        ),
        pytest.param(
            jwks(OTHER.jwk(use="enc"), RSA.jwk()),
            RSA.token(),
            UNVERIFIED,
            id="the first of one kid counts even when its use rules it out",
        ),
        pytest.param(
            KEYS,
            RSA.token(header={"alg": "RS256", "kid": 'a"b\n'}),
            'refused: key provider 0 failed: failed to find key with key ID "a\\"b\\n" in key set',
            id="an unknown kid is quoted as Go quotes",
        ),
    ],
)
def test_a_key_is_selected_by_kid_alone(keys: str, token: str, expected: str) -> None:
    assert verdict(keys, token) == expected


@pytest.mark.parametrize(
    ("pair", "alg", "expected"),
    [
        *[(RSA, alg, "accepted") for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")],
        *[(EC, alg, "accepted") for alg in ("ES256", "ES384", "ES512")],
        *[(ec_pair("P-384"), alg, "accepted") for alg in ("ES256", "ES384", "ES512")],
        *[(ec_pair("P-521"), alg, "accepted") for alg in ("ES256", "ES384", "ES512")],
        (OKP, "EdDSA", "accepted"),
        *[(OCT, alg, "accepted") for alg in ("HS256", "HS384", "HS512")],
        (EC, "ES256K", NOT_INFERRED),
        (OKP, "Ed25519", NOT_INFERRED),
    ],
    ids=lambda value: (
        value.jwk().get("crv", value.jwk()["kty"]) if isinstance(value, Pair) else value
    ),
)
def test_a_key_without_alg_takes_any_algorithm_of_its_type(
    pair: Pair, alg: str, expected: str
) -> None:
    assert verdict(jwks(pair.jwk()), pair.token(alg=alg)) == expected


@pytest.mark.parametrize(
    ("key", "token", "expected"),
    [
        pytest.param(RSA.jwk(alg=""), RSA.token(), "accepted", id="an empty alg does not count"),
        pytest.param(
            RSA.jwk(alg="RS256"),
            RSA.token(header={"alg": "none", "kid": "k"}),
            "accepted",
            id="the key's alg wins over a header that says none",
        ),
        pytest.param(
            RSA.jwk(alg="RS256"),
            RSA.token(header={"alg": "PS512", "kid": "k"}),
            "accepted",
            id="the key's alg wins over another one",
        ),
        pytest.param(
            RSA.jwk(alg="RS256"),
            RSA.token(header={"kid": "k"}),
            "accepted",
            id="the key's alg is enough",
        ),
        pytest.param(
            RSA.jwk(alg="RS512"),
            RSA.token(),
            UNVERIFIED,
            id="signed with another alg than the key's",
        ),
        pytest.param(
            EC.jwk(alg="ES512"), EC.token(alg="ES512"), "accepted", id="hash and curve may differ"
        ),
        pytest.param(
            EC.jwk(alg="ES256K"), EC.token(), "accepted", id="ES256K is SHA-256 on any curve"
        ),
        pytest.param(
            RSA.jwk(),
            RSA.token(header={"kid": "k"}),
            "accepted",
            id="without any alg all are tried",
        ),
        pytest.param(
            RSA.jwk(),
            RSA.token(header={"alg": "none", "kid": "k"}),
            NOT_INFERRED,
            id="none needs no key and is refused",
        ),
        pytest.param(
            RSA.jwk(),
            Pair(json.dumps(RSA.jwk()).encode(), "HS256").token(),
            NOT_INFERRED,
            id="a public key is not an HMAC secret",
        ),
        pytest.param(
            RSA.jwk(alg="HS256"), RSA.token(), UNVERIFIED, id="an RSA key is not an HMAC key"
        ),
        pytest.param(
            OCT.jwk(alg="RS256"), RSA.token(), UNVERIFIED, id="a secret is not an RSA key"
        ),
        pytest.param(
            RSA.jwk(alg="none"),
            RSA.token(),
            'refused: failed to create verifier for algorithm "none": '
            'unsupported signature algorithm "none"',
            id="a key that says none",
        ),
        *[
            pytest.param(
                RSA.jwk(alg=alg),
                RSA.token(),
                f"refused: key provider 0 failed: invalid signature algorithm {alg}: "
                "invalid jwa.SignatureAlgorithm value",
                id=f"a key that says {alg}",
            )
            for alg in ("RSA-OAEP", "FOO", "Ed25519")
        ],
    ],
)
def test_the_alg_of_the_key_decides_before_the_header(
    key: dict[str, object], token: str, expected: str
) -> None:
    assert verdict(jwks(key), token) == expected


@pytest.mark.parametrize(
    ("key", "pair", "expected"),
    [
        pytest.param(RSA.jwk(use="sig"), RSA, "accepted", id="use sig"),
        pytest.param(RSA.jwk(use=""), RSA, "accepted", id="use empty"),
        pytest.param(RSA.jwk(use="enc"), RSA, UNVERIFIED, id="use enc"),
        pytest.param(RSA.jwk(use="anything"), RSA, UNVERIFIED, id="use unknown"),
        pytest.param(RSA.jwk(key_ops=["encrypt"]), RSA, "accepted", id="key_ops are ignored"),
        pytest.param(RSA.jwk(key_ops=["nonsense"]), RSA, "accepted", id="key_ops nonsense"),
        pytest.param(RSA.jwk(x5c=["nonsense"]), RSA, "accepted", id="certificates are ignored"),
        pytest.param(RSA.jwk(d="AQAB"), RSA, "accepted", id="a private key verifies"),
        pytest.param(EC.jwk(d="AQAB"), EC, "accepted", id="a private EC key verifies"),
        pytest.param(
            OCT.jwk(), Pair(SECRET, "HS256"), "accepted", id="who reads a secret may sign"
        ),
        pytest.param(OCT.jwk(k=""), Pair(b"x", "HS256"), UNVERIFIED, id="an empty secret"),
        pytest.param(EC.jwk(crv="secp256k1"), EC, UNVERIFIED, id="an unknown curve"),
        pytest.param(EC.jwk(crv=None), EC, UNVERIFIED, id="a null curve"),
        pytest.param(EC.jwk(x=EC.jwk()["y"]), EC, UNVERIFIED, id="a point off the curve"),
        pytest.param(EC.jwk(crv="P-384"), EC, UNVERIFIED, id="the wrong curve"),
        pytest.param(ec_pair("P-384").jwk(), EC, UNVERIFIED, id="a key on another curve"),
        pytest.param(OKP.jwk(crv="X25519"), OKP, UNVERIFIED, id="a key for agreement"),
        pytest.param(OKP.jwk(x="AQAB"), OKP, UNVERIFIED, id="an Ed25519 key of three bytes"),
        pytest.param(RSA.jwk(e="Ag"), RSA, UNVERIFIED, id="an even exponent"),
        pytest.param(RSA.jwk(n=""), RSA, UNVERIFIED, id="an empty modulus"),
        pytest.param(RSA.jwk(n=RSA.jwk()["n"] + "=="), RSA, "accepted", id="padding in a member"),
    ],
)
def test_an_unfit_key_fails_only_the_token_that_selects_it(
    key: dict[str, object], pair: Pair, expected: str
) -> None:
    assert verdict(jwks(OTHER.jwk(kid="unused"), key), pair.token()) == expected
