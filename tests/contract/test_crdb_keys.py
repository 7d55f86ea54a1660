"""Which key sets the setting takes, and which key and algorithm verify a token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cluster import ADMITTED
from tests.contract.expectations import UNCATEGORISED, holds, refusal, says
from tests.contract.setting_names import JWKS
from tests.contract.tokens import Key, key_set, token

if TYPE_CHECKING:
    from tests.contract.cluster import Cluster, Connection
    from tests.contract.setting_restorer import Settings
    from tests.contract.sso import Sso

pytestmark = holds(since="24.3")

INVALID_TOKEN = "JWT authentication: invalid token"
NOT_A_SET = "JWT authentication JWKS not a valid JWKS: .+"
POINT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param('{"keys": [<JWK>]}', ADMITTED, id="a set"),
        pytest.param("<JWK>", ADMITTED, id="a single key"),
        pytest.param(' \n {"keys": [<JWK>]} \n', ADMITTED, id="blanks around"),
        pytest.param('{"keys": [<JWK>]} and more', ADMITTED, id="text after the object"),
        pytest.param('{"keys": [<JWK>], "issuer": "x"}', ADMITTED, id="members beside the keys"),
        pytest.param('{"keys": [<OTHER>, <JWK>]}', ADMITTED, id="the second of two keys"),
        pytest.param('{"keys": [<EC>, <JWK>, <ED>]}', ADMITTED, id="among other types"),
        pytest.param('{"keys": [<PRIVATE>]}', ADMITTED, id="a private key verifies too"),
        pytest.param('{"keys": [<OTHER>]}', INVALID_TOKEN, id="a set without the key"),
        pytest.param('{"keys": []}', INVALID_TOKEN, id="an empty set"),
        pytest.param('{"keys": null}', INVALID_TOKEN, id="a set of null"),
    ],
)
def test_these_texts_are_key_sets(
    cluster: Cluster, sso: Sso, keys: dict[str, Key], template: str, expected: str
) -> None:
    texts = {
        "<JWK>": keys["rsa"].jwk(),
        "<OTHER>": keys["other rsa"].jwk(),
        "<EC>": keys["P-256"].jwk(),
        "<ED>": keys["ed25519"].jwk(),
        "<PRIVATE>": keys["rsa"].private_jwk(),
    }
    for name, jwk in texts.items():
        template = template.replace(name, json.dumps(jwk))
    sso.trust(jwks=template)
    assert sso.settings.show(JWKS) == template
    assert cluster.verdict(sso.person, sso.token()) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("{}", id="an empty object"),
        pytest.param("null", id="null"),
        pytest.param("nonsense", id="plain text"),
        pytest.param("https://idp.example/jwks", id="a URL"),
        pytest.param("[]", id="an empty list"),
        pytest.param('[{"kty": "oct", "k": "AAAA"}]', id="a bare list of keys"),
        pytest.param('{"keys": {}}', id="an object as keys"),
        pytest.param('{"keys": [', id="half a set"),
        pytest.param(
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", id="a PEM public key"
        ),
        pytest.param('{"kty": "RSA", "kid": "x", "n": "AQAB"}', id="an RSA key without e"),
        pytest.param('{"kty": "RSA", "kid": "x", "e": "AQAB"}', id="an RSA key without n"),
        pytest.param(
            f'{{"kty": "EC", "crv": "P-256", "kid": "x", "x": "{POINT}"}}', id="an EC key without y"
        ),
        pytest.param(
            f'{{"kty": "EC", "crv": "P-256", "kid": "x", "y": "{POINT}"}}', id="an EC key without x"
        ),
        pytest.param('{"kty": "oct", "kid": "x"}', id="a shared secret without k"),
        pytest.param('{"kty": "RSA", "kid": 5, "n": "AQAB", "e": "AQAB"}', id="a kid of number"),
        pytest.param('{"kty": "ABC", "kid": "x", "n": "AQAB"}', id="an unknown type"),
        pytest.param('{"kid": "x", "n": "AQAB", "e": "AQAB"}', id="no type"),
        pytest.param('{"kty": "RSA", "kid": "x", "n": "!?", "e": "AQAB"}', id="n is not base64url"),
    ],
)
def test_other_texts_are_refused_and_nothing_changes(
    db: Connection, settings: Settings, text: str
) -> None:
    settings.put(JWKS, '{"keys": []}')
    said = refusal(db, f"SET CLUSTER SETTING {JWKS} = '{text}'")
    assert says(NOT_A_SET, said.message_primary), said.message_primary
    assert said.sqlstate == UNCATEGORISED
    assert settings.show(JWKS) == '{"keys": []}'


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"kty": "ABC", "kid": "y"}, id="an unknown type"),
        pytest.param({"kid": "y"}, id="no type"),
        pytest.param({"kty": "RSA", "kid": "y"}, id="missing members"),
    ],
)
def test_one_bad_key_spoils_the_whole_set(
    db: Connection, settings: Settings, keys: dict[str, Key], bad: dict[str, str]
) -> None:
    settings.put(JWKS, '{"keys": []}')
    said = refusal(db, f"SET CLUSTER SETTING {JWKS} = '{key_set(keys['rsa'].jwk(), bad)}'")
    assert says(NOT_A_SET, said.message_primary)
    assert settings.show(JWKS) == '{"keys": []}'


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        pytest.param("rsa", {"use": "sig"}, ADMITTED, id="use sig"),
        pytest.param("rsa", {"use": ""}, ADMITTED, id="use empty"),
        pytest.param("rsa", {"use": "enc"}, INVALID_TOKEN, id="use enc"),
        pytest.param("rsa", {"use": "other"}, INVALID_TOKEN, id="use of another kind"),
        pytest.param("rsa", {"key_ops": ["verify"]}, ADMITTED, id="key_ops verify"),
        pytest.param("rsa", {"key_ops": ["encrypt"]}, ADMITTED, id="key_ops are not looked at"),
        pytest.param("rsa", {"x5t": "abc", "my": {"own": 1}}, ADMITTED, id="unknown members"),
        pytest.param("rsa", {"alg": ""}, ADMITTED, id="alg empty"),
        pytest.param("rsa", {"alg": "RSA-OAEP"}, INVALID_TOKEN, id="alg of encryption"),
        pytest.param("rsa", {"alg": "FOO"}, INVALID_TOKEN, id="alg unknown"),
        pytest.param("rsa", {"alg": "none"}, INVALID_TOKEN, id="alg none"),
        pytest.param(
            "ed25519", {"alg": "Ed25519"}, INVALID_TOKEN, id="alg Ed25519 by its new name"
        ),
        pytest.param("P-256", {"crv": "P-999"}, INVALID_TOKEN, id="crv unknown"),
        pytest.param("P-256", {"y": POINT}, INVALID_TOKEN, id="a point off the curve"),
        pytest.param("rsa", {"kid": None}, INVALID_TOKEN, id="no kid"),
        pytest.param("rsa", {"kid": ""}, INVALID_TOKEN, id="an empty kid"),
        pytest.param("rsa", {"kid": "another"}, INVALID_TOKEN, id="another kid"),
    ],
)
def test_a_member_of_the_key_decides(
    cluster: Cluster, sso: Sso, name: str, members: dict[str, Any], expected: str
) -> None:
    sso.trust(jwks=key_set(sso.keys[name].jwk(**members)))
    assert cluster.verdict(sso.person, sso.token(name)) == expected


@pytest.mark.parametrize(("name", "member", "padding"), [("rsa", "n", "=="), ("P-256", "x", "=")])
def test_padding_of_a_member_is_tolerated(
    cluster: Cluster, sso: Sso, name: str, member: str, padding: str
) -> None:
    jwk = sso.keys[name].jwk()
    sso.trust(jwks=key_set({**jwk, member: jwk[member] + padding}))
    assert cluster.verdict(sso.person, sso.token(name)) == ADMITTED


RSA_ALGS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
EC_ALGS = ("ES256", "ES384", "ES512")
OCT_ALGS = ("HS256", "HS384", "HS512")


@pytest.mark.parametrize(
    ("name", "alg"),
    [
        *[pytest.param("rsa", alg, id=f"RSA {alg}") for alg in RSA_ALGS],
        *[
            pytest.param(curve, alg, id=f"{curve} {alg}")
            for curve in ("P-256", "P-384", "P-521")
            for alg in EC_ALGS
        ],
        pytest.param("ed25519", "EdDSA", id="Ed25519 EdDSA"),
        *[pytest.param("oct", alg, id=f"shared secret {alg}") for alg in OCT_ALGS],
    ],
)
@pytest.mark.parametrize("named", ["alg in the key", "no alg in the key"])
def test_every_algorithm_of_the_type_of_the_key_logs_in(
    cluster: Cluster, sso: Sso, name: str, alg: str, named: str
) -> None:
    key = sso.keys[name]
    sso.trust(jwks=key_set(key.jwk(alg=alg if named == "alg in the key" else None)))
    signed = token(key, sso.claims(), sign_with=alg)
    assert cluster.verdict(sso.person, signed) == ADMITTED


@pytest.mark.parametrize(
    ("jwk_alg", "header", "signed_with", "expected"),
    [
        pytest.param("RS256", {"alg": "RS512"}, "RS256", ADMITTED, id="the header names another"),
        pytest.param(
            "RS256", {"alg": "HS256"}, "RS256", ADMITTED, id="the header names a secret's"
        ),
        pytest.param("RS256", {"alg": "none"}, "RS256", ADMITTED, id="the header says none"),
        pytest.param("RS256", {"alg": None}, "RS256", ADMITTED, id="the header says nothing"),
        pytest.param("RS256", {}, "RS512", INVALID_TOKEN, id="signed by another than the key's"),
        pytest.param(
            "RS256", {}, "PS256", INVALID_TOKEN, id="signed by the key's with other padding"
        ),
        pytest.param(
            "PS256", {"alg": "RS256"}, "RS256", INVALID_TOKEN, id="header and signature agree"
        ),
        pytest.param("ES256", {}, "RS256", INVALID_TOKEN, id="the key names one of another type"),
        pytest.param(
            None, {"alg": "RS512"}, "RS256", INVALID_TOKEN, id="no alg: the header is used"
        ),
        pytest.param(None, {"alg": "ES256"}, "RS256", INVALID_TOKEN, id="no alg: not of its type"),
        pytest.param(None, {"alg": "none"}, "RS256", INVALID_TOKEN, id="no alg: none is refused"),
        pytest.param(None, {"alg": None}, "RS256", ADMITTED, id="no alg anywhere: all are tried"),
        pytest.param(None, {"alg": None}, "PS512", ADMITTED, id="no alg anywhere: also the last"),
        pytest.param(
            None, {"alg": ""}, "RS384", ADMITTED, id="no alg in the key, empty in the header"
        ),
        pytest.param(None, {}, "none", INVALID_TOKEN, id="unsigned"),
        pytest.param("RS256", {}, "none", INVALID_TOKEN, id="unsigned, the key has an alg"),
    ],
)
def test_the_algorithm_of_the_key_outranks_the_header(
    cluster: Cluster,
    sso: Sso,
    *,
    jwk_alg: str | None,
    header: dict[str, Any],
    signed_with: str,
    expected: str,
) -> None:
    sso.trust(jwks=key_set(sso.keys["rsa"].jwk(alg=jwk_alg)))
    signed = token(sso.keys["rsa"], sso.claims(), header, sign_with=signed_with)
    assert cluster.verdict(sso.person, signed) == expected


@pytest.mark.parametrize("jwk_alg", ["RS256", None])
def test_the_public_key_is_not_a_shared_secret(
    cluster: Cluster, sso: Sso, keys: dict[str, Key], jwk_alg: str | None
) -> None:
    sso.trust(jwks=key_set(keys["rsa"].jwk(alg=jwk_alg)))
    secret = Key(private=keys["rsa"].public_pem(), kid=keys["rsa"].kid, default_alg="HS256")
    assert cluster.verdict(sso.person, token(secret, sso.claims())) == INVALID_TOKEN


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param({}, ADMITTED, id="the kid of the key"),
        pytest.param({"kid": None}, INVALID_TOKEN, id="no kid, though there is one key only"),
        pytest.param({"kid": ""}, INVALID_TOKEN, id="an empty kid"),
        pytest.param({"kid": "unknown"}, INVALID_TOKEN, id="an unknown kid"),
    ],
)
@pytest.mark.parametrize("published", ["under its kid", "without kid"])
def test_keys_are_found_by_kid_only(
    cluster: Cluster, sso: Sso, header: dict[str, Any], expected: str, published: str
) -> None:
    key = sso.keys["rsa"]
    sso.trust(jwks=key_set(key.jwk() if published == "under its kid" else key.jwk(kid=None)))
    expected = expected if published == "under its kid" else INVALID_TOKEN
    assert cluster.verdict(sso.person, sso.token(header=header)) == expected


@pytest.mark.parametrize(
    ("first", "signer", "expected"),
    [
        pytest.param({}, "rsa", ADMITTED, id="the first one verifies"),
        pytest.param({}, "other rsa", INVALID_TOKEN, id="the second one is never tried"),
        pytest.param(
            {"use": "enc"}, "other rsa", INVALID_TOKEN, id="not even if the first is skipped"
        ),
    ],
)
def test_the_first_of_two_keys_with_one_kid_counts(
    cluster: Cluster, sso: Sso, first: dict[str, str], signer: str, expected: str
) -> None:
    one, two = sso.keys["rsa"], sso.keys["other rsa"]
    sso.trust(jwks=key_set(one.jwk(**first), two.jwk(kid=one.kid)))
    verdict = cluster.verdict(sso.person, sso.token(signer, header={"kid": one.kid}))
    assert verdict == expected


def test_a_new_key_counts_at_once_and_an_old_one_no_longer_does(cluster: Cluster, sso: Sso) -> None:
    old, new = sso.keys["rsa"], sso.keys["other rsa"]
    sso.trust(jwks=key_set(old.jwk()))
    assert cluster.verdict(sso.person, sso.token("rsa")) == ADMITTED
    sso.settings.put(JWKS, key_set(old.jwk(), new.jwk()))
    assert cluster.verdict(sso.person, sso.token("rsa")) == ADMITTED
    assert cluster.verdict(sso.person, sso.token("other rsa")) == ADMITTED
    sso.settings.put(JWKS, key_set(new.jwk()))
    assert cluster.verdict(sso.person, sso.token("rsa")) == INVALID_TOKEN
