"""Key sets as people configure them and as issuers publish them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdb_sso.errors import InvalidJwks
from crdb_sso.tokens.jwks import parse_fetched, parse_given
from tests.unit.standard_keys import (
    EC,
    EC_TEXT,
    ED,
    ED_X,
    MODULUS,
    OCT,
    RSA,
    SECRET,
    Jwk,
    X,
    Y,
    json_values,
    jwk_like,
    jwks,
    with_leading_zero,
    without,
)

EVEN, THIRD = (f"{MODULUS[:-4]}{end}" for end in ("AAAA", "AAAQ"))
NEUTRAL = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
NO_POINT = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

# what is taken


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(EC), id="a JWK alone"),
        pytest.param(jwks(EC), id="a JWKS of one"),
        pytest.param(jwks(EC, EC), id="the same key twice"),
        pytest.param(json.dumps({"keys": [EC], "more": 1}), id="other members"),
        pytest.param(jwks({**EC, "x5c": ["MII"], "x5t": "a", "nbf": 1}), id="members to drop"),
        pytest.param(jwks({**EC, "x": X + "=", "alg": "", "use": None}), id="padding and blanks"),
        pytest.param(jwks({**EC, "x": with_leading_zero(X)}), id="a leading zero"),
        pytest.param(jwks({**EC, "x": f"{X[:20]}\r\n{X[20:]}\n"}), id="line ends"),
        pytest.param(jwks({**EC, "y": Y.replace("-", "+").replace("_", "/")}), id="base64"),
        pytest.param(
            jwks({**EC, "d": None, "k": "", "oth": [], "key_ops": []}), id="empty members"
        ),
        pytest.param(jwks({**EC, "key_ops": ["verify"]}), id="operations"),
    ],
)
def test_a_key_is_kept_as_canonical_json_of_its_public_members(text: str) -> None:
    assert parse_given(text).text_by_kid() == {"e1": EC_TEXT}
    fetched, warnings = parse_fetched(text)
    assert fetched.text_by_kid() == {"e1": EC_TEXT}
    assert warnings == ()


def test_keys_of_all_types_come_sorted_by_kid() -> None:
    found = parse_given(jwks({**RSA, "use": "sig"}, ED, EC))
    assert [key.kid for key in found.keys] == ["e1", "o1", "r1"]
    assert found.text_by_kid() == {
        "e1": EC_TEXT,
        "o1": f'{{"crv":"Ed25519","kid":"o1","kty":"OKP","x":"{ED_X}"}}',
        "r1": f'{{"alg":"RS256","e":"AQAB","kid":"r1","kty":"RSA","n":"{MODULUS}","use":"sig"}}',
    }


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (RSA, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        (EC, ["ES256", "ES384", "ES512"]),
        (ED, ["EdDSA"]),
    ],
)
def test_signature_algorithms_of_the_keys_type_are_accepted(
    key: Jwk, algorithms: list[str]
) -> None:
    for algorithm in algorithms:
        (found,) = parse_given(jwks({**key, "alg": algorithm})).keys
        assert json.loads(found.text)["alg"] == algorithm


def test_a_modulus_with_a_leading_zero_is_the_same_key() -> None:
    padded = parse_given(jwks({**RSA, "n": with_leading_zero(MODULUS)}))
    assert padded == parse_given(jwks(RSA))


# what is refused from a person, and left out or refused from an issuer

SECRETS = [
    pytest.param({**EC, "d": SECRET}, "key 'e1': it holds a private key", id="private EC"),
    pytest.param(
        {**RSA, "dp": SECRET}, "key 'r1': it holds a private key", id="partly private RSA"
    ),
    pytest.param(
        {**ED, "more": [{"jwk": {"kty": "OKP", "d": SECRET}}]},
        "key 'o1': it holds a private key",
        id="private, inside of another member",
    ),
    pytest.param({**EC, "D": SECRET}, "key 'e1': it holds a private key", id="in capitals"),
    pytest.param(
        {"kty": "AKP", "kid": "p1", "pub": "AA", "priv": SECRET},
        "key 'p1': it holds a private key",
        id="private, of a future type",
    ),
    pytest.param(OCT, "key 's1': it is symmetric (oct)", id="symmetric"),
    pytest.param(
        without(OCT, "kid"), "key number 2: it is symmetric (oct)", id="symmetric without kid"
    ),
]


@pytest.mark.parametrize(("key", "message"), SECRETS)
def test_a_key_that_is_not_public_is_refused_from_anyone_and_never_shown(
    key: Jwk, message: str
) -> None:
    with pytest.raises(InvalidJwks) as given_error:
        parse_given(jwks(EC, key))
    with pytest.raises(InvalidJwks) as fetched_error:
        parse_fetched(jwks(EC, key))
    for error in (given_error.value, fetched_error.value):
        assert error.what.startswith(message)
        assert "replace the key pair" in error.hint
        assert SECRET not in str(error)


UNUSABLE = [
    pytest.param(without(RSA, "kid"), "key number 2: it has no `kid`", id="no kid"),
    pytest.param({**RSA, "kid": ""}, "key number 2: it has no `kid`", id="empty kid"),
    pytest.param(
        {**RSA, "kid": 7}, "key number 2: its `kid` is not printable text", id="number as kid"
    ),
    pytest.param(
        {**RSA, "kid": "a\nb"}, r"key 'a\nb': its `kid` is not printable", id="line in kid"
    ),
    pytest.param(without(RSA, "kty"), "key 'r1': its `kty` is nothing", id="no type"),
    pytest.param({**RSA, "kty": "AKP"}, "key 'r1': its `kty` is 'AKP'", id="future type"),
    pytest.param({**RSA, "kty": ["RSA"]}, "key 'r1': its `kty` is ['RSA']", id="list as type"),
    pytest.param(without(RSA, "e"), "key 'r1': its member `e` is missing", id="RSA without e"),
    pytest.param(without(ED, "x"), "key 'o1': its member `x` is missing", id="OKP without x"),
    pytest.param({**RSA, "n": "a+b_"}, "key 'r1': its member `n` is not base64url", id="mixed"),
    pytest.param({**RSA, "n": "abcde"}, "key 'r1': its member `n` is not base64url", id="cut"),
    pytest.param({**RSA, "n": 5}, "key 'r1': its member `n` is not base64url", id="number as n"),
    pytest.param({**RSA, "n": "AQ"}, "key 'r1': it has 1 bits; fewer than 2048", id="tiny RSA"),
    pytest.param({**RSA, "n": MODULUS[:300]}, "key 'r1': it has 1800 bits", id="short RSA"),
    pytest.param({**RSA, "e": "AQAAAAE"}, "key 'r1': its exponent is too large", id="large e"),
    pytest.param({**RSA, "e": "AQAC"}, "key 'r1': its exponent is 65538, not an odd", id="even e"),
    pytest.param({**RSA, "e": "AQ"}, "key 'r1': its exponent is 1, not an odd number of 3", id="1"),
    pytest.param({**RSA, "n": EVEN}, "key 'r1': its modulus has a small factor", id="even modulus"),
    pytest.param(
        {**RSA, "n": THIRD}, "key 'r1': its modulus has a small factor", id="3 divides it"
    ),
    pytest.param({**RSA, "n": "_" * 2732}, "key 'r1': it has 16392 bits; more than", id="huge RSA"),
    pytest.param({**ED, "x": NEUTRAL}, "key 'o1': its point has a small order", id="small order"),
    pytest.param(
        {**ED, "x": NO_POINT}, "key 'o1': its point is not on the curve", id="off Ed25519"
    ),
    pytest.param({**EC, "kid": "k" * 1001}, "key 'kkkk", id="a long kid"),
    pytest.param(
        {**EC, "kid": "x", "y": X}, "key 'x': its point is not on the curve P-256", id="off curve"
    ),
    pytest.param(
        {**EC, "kid": "x", "crv": "secp256k1"},
        "key 'x': CockroachDB does not support the curve 'secp256k1'",
        id="a coin's curve",
    ),
    pytest.param(
        {**ED, "crv": "X25519"},
        "key 'o1': CockroachDB does not support the curve 'X25519'",
        id="a curve for agreement",
    ),
    pytest.param(
        {**EC, "kid": "x", "crv": "P-384"},
        "key 'x': its point is not on the curve P-384",
        id="a point of another curve",
    ),
    pytest.param(
        {**EC, "kid": "x", "y": X + Y},
        "key 'x': it has the wrong length for a key on P-256",
        id="a coordinate too long",
    ),
    pytest.param(
        {**ED, "x": ED_X[:-3]},
        "key 'o1': it has the wrong length for a key on Ed25519",
        id="an Ed25519 key too short",
    ),
    pytest.param({**RSA, "alg": "ES256"}, "key 'r1': its `alg` 'ES256' is not", id="other type"),
    pytest.param({**RSA, "alg": "RSA-OAEP"}, "key 'r1': its `alg` 'RSA-OAEP' is", id="encryption"),
    pytest.param(
        {**RSA, "alg": "none"}, "key 'r1': its `alg` 'none' is not a signature", id="none"
    ),
    pytest.param(
        {**RSA, "alg": "HS256"}, "key 'r1': its `alg` 'HS256' is not a", id="symmetric alg"
    ),
    pytest.param(
        {**RSA, "alg": ["RS256"]}, "key 'r1': its `alg` is not a string", id="list as alg"
    ),
    pytest.param(
        {**RSA, "use": "tls"}, "key 'r1': CockroachDB does not know its `use`", id="unknown use"
    ),
    pytest.param("a text", "key number 2: it is not a JSON object", id="no object"),
]


@pytest.mark.parametrize(("key", "message"), UNUSABLE)
def test_every_key_that_the_cluster_cannot_use_is_reported_to_a_person(
    key: object, message: str
) -> None:
    with pytest.raises(InvalidJwks) as caught:
        parse_given(jwks(EC, key))
    assert caught.value.what.startswith(message)
    assert caught.value.hint.startswith("Copy the issuer's key set")


@pytest.mark.parametrize(("key", "message"), UNUSABLE)
def test_an_unusable_key_of_an_issuer_is_left_out_with_a_warning(key: object, message: str) -> None:
    found, warnings = parse_fetched(jwks(EC, key))
    assert found.text_by_kid() == {"e1": EC_TEXT}
    (warning,) = warnings
    assert warning.startswith(message)
    assert warning.endswith("; it is left out")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param({**RSA, "use": "enc"}, id="by its use"),
        pytest.param({**RSA, "key_ops": ["wrapKey"]}, id="by its operations"),
        pytest.param({**EC, "use": "enc", "y": X}, id="even if its kid is wrong"),
    ],
)
def test_an_issuers_key_for_encryption_is_left_out_silently(key: Jwk) -> None:
    found, warnings = parse_fetched(jwks(key, EC))
    assert found.text_by_kid() == {"e1": EC_TEXT}
    assert warnings == ()
    with pytest.raises(InvalidJwks, match="it is not for signatures") as caught:
        parse_given(jwks(key, EC))
    assert caught.value.hint.startswith("Leave out")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "the key set is not JSON: Expecting value", id="empty text"),
        pytest.param("-----BEGIN PUBLIC KEY-----", "the key set is not JSON", id="PEM"),
        pytest.param("[" * 100_000, "the key set is not JSON", id="nested endlessly"),
        pytest.param("{}", "the text is neither a JWKS (`keys`) nor a JWK", id="empty object"),
        pytest.param("null", "the text is neither a JWKS", id="null"),
        pytest.param(f"[{json.dumps(EC)}]", "the text is neither a JWKS", id="a bare list"),
        pytest.param('{"keys": {}}', "the text is neither a JWKS", id="keys is not a list"),
    ],
)
def test_a_text_that_is_not_a_key_set_is_refused(text: str, message: str) -> None:
    for parse in (parse_given, parse_fetched):
        with pytest.raises(InvalidJwks) as caught:
            parse(text)
        assert caught.value.what.startswith(message)
        assert "`jwks`" in caught.value.hint


def test_an_empty_set_is_refused() -> None:
    with pytest.raises(InvalidJwks, match="the key set is empty"):
        parse_given(jwks())
    with pytest.raises(InvalidJwks, match="the key set has no usable key"):
        parse_fetched(jwks())


def test_a_set_of_unusable_keys_names_them_all() -> None:
    with pytest.raises(InvalidJwks) as caught:
        parse_fetched(jwks({**RSA, "kty": "AKP"}, without(EC, "kid")))
    assert caught.value.what == (
        "the key set has no usable key\n"
        "  key 'r1': its `kty` is 'AKP'; CockroachDB knows RSA, EC and OKP; it is left out\n"
        "  key number 2: it has no `kid`, so no token can select it; it is left out"
    )


def test_a_long_foreign_name_is_cut_in_messages() -> None:
    with pytest.raises(InvalidJwks) as caught:
        parse_given(jwks({**RSA, "kid": "k" * 500, "kty": "t" * 500}))
    assert len(caught.value.what) < 300


@given(st.lists(jwk_like | json_values, max_size=3))
def test_whatever_a_set_holds_it_is_read_or_refused_and_reading_again_changes_nothing(
    keys: list[object],
) -> None:
    try:
        found, _ = parse_fetched(jwks(*keys))
    except InvalidJwks:
        return
    texts = [json.loads(text) for text in found.text_by_kid().values()]
    assert parse_given(jwks(*texts)) == found
