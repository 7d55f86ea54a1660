"""Key sets as a whole: several keys of one kid, what servers publish, and limits."""

import json
from pathlib import Path

import pytest

from crdb_sso.errors import InvalidJwks
from crdb_sso.tokens.jwks import parse_fetched, parse_given, same_meaning
from tests.unit.standard_keys import EC, EC_TEXT, ED, ED_X, RSA, jwks

PUBLISHED = Path(__file__).parent / "published"
"""Key sets in the shape that servers in the field publish."""
PUBLISHED_MODULUS = json.loads((PUBLISHED / "jwks_same_kid_algs.json").read_text())["keys"][0]["n"]

ED_TEXT = f'{{"crv":"Ed25519","kid":"o1","kty":"OKP","x":"{ED_X}"}}'


def test_a_kid_with_two_keys_is_refused_from_a_person_and_the_first_is_taken_from_an_issuer() -> (
    None
):
    message = "the kid 'e1' stands for two different keys: a cluster would use only the first"
    text = jwks(EC, {**RSA, "kid": "e1"}, ED)

    with pytest.raises(InvalidJwks, match=message):
        parse_given(text)
    found, warnings = parse_fetched(text)

    assert found.text_by_kid() == {"e1": EC_TEXT, "o1": ED_TEXT}
    assert warnings == (f"{message}; the others are left out",)


@pytest.mark.parametrize(
    "algorithms",
    [
        pytest.param(["ES256", "ES384"], id="two"),
        pytest.param(["ES256", "ES256", "ES512"], id="one twice"),
        pytest.param(["ES256", ""], id="one, and any"),
        pytest.param(["", "ES384"], id="any, and one"),
    ],
)
def test_a_key_with_several_algorithms_verifies_with_any_of_its_type(algorithms: list[str]) -> None:
    text = jwks(*({**EC, "alg": alg} for alg in algorithms), ED)

    assert parse_given(text).text_by_kid() == {"e1": EC_TEXT, "o1": ED_TEXT}
    assert parse_fetched(text) == (parse_given(text), ())


@pytest.mark.parametrize(
    ("file", "algorithm"),
    [
        ("jwks_standard_base64.json", "RS256"),
        ("jwks_line_breaks.json", "RS256"),
        ("jwks_null_private.json", "RS256"),
        ("jwks_same_kid_algs.json", None),
    ],
)
def test_what_servers_in_the_field_publish_is_one_key(file: str, algorithm: str | None) -> None:
    text = (PUBLISHED / file).read_text()

    found, warnings = parse_fetched(text)

    ((kid, jwk),) = found.text_by_kid().items()
    assert kid == "_9gnY8O0QJznf6JwPs8kA72-6VA"
    assert json.loads(jwk) == {
        "kid": kid,
        "kty": "RSA",
        "use": "sig",
        "e": "AQAB",
        "n": PUBLISHED_MODULUS,
        **({"alg": algorithm} if algorithm else {}),
    }
    assert warnings == ()
    assert parse_given(text) == found
    for live in json.loads(text)["keys"]:
        assert same_meaning(json.dumps(live), jwk)


def test_more_keys_than_a_cluster_should_get_are_refused_with_the_limit() -> None:
    hundred = [{**EC, "kid": f"k{number}"} for number in range(100)]

    assert len(parse_given(jwks(*hundred)).keys) == 100
    assert len(parse_fetched(jwks(*hundred, {**EC, "use": "enc"}))[0].keys) == 100
    for parse in (parse_given, parse_fetched):
        with pytest.raises(InvalidJwks, match="has 101 keys; a cluster gets at most 100 of one"):
            parse(jwks(*hundred, EC))


def test_a_text_too_large_for_a_key_set_is_refused_unread() -> None:
    for parse in (parse_given, parse_fetched):
        with pytest.raises(InvalidJwks, match="has 256001 characters; at most 256000 are read"):
            parse(jwks(EC).ljust(256_001))
