"""One JWK: its thumbprint, its strength, and when two are the same."""

import json

import pytest
from hypothesis import given

from crdb_sso.tokens.jwk import PublicKey, jwk_from_text, same_key, same_meaning, thumbprint
from tests.unit.standard_keys import (
    EC,
    EC_TEXT,
    MODULUS,
    OCT,
    RSA,
    SECRET,
    THUMBPRINT,
    Jwk,
    jwk_like,
    with_leading_zero,
    without,
)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    assert thumbprint(json.dumps(RSA)) == THUMBPRINT


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(json.dumps(RSA, indent=2), id="layout"),
        pytest.param(json.dumps({**RSA, "use": "sig", "x5t": "a"}), id="use sig is the default"),
        pytest.param(json.dumps({**RSA, "n": with_leading_zero(MODULUS)}), id="leading zero"),
        pytest.param(json.dumps({**RSA, "d": SECRET}), id="a private one verifies the same"),
        pytest.param(json.dumps(without(RSA, "alg")), id="any algorithm of its type"),
        pytest.param(json.dumps({**RSA, "d": None, "use": ""}), id="empty members"),
    ],
)
def test_a_live_key_that_verifies_the_same_tokens_means_the_same(live: str) -> None:
    assert same_meaning(live, json.dumps(RSA))
    assert thumbprint(live) == THUMBPRINT


@pytest.mark.parametrize(
    "live",
    [
        pytest.param(json.dumps({**RSA, "kid": "r2"}), id="another kid"),
        pytest.param(json.dumps({**RSA, "alg": "PS256"}), id="another algorithm"),
        pytest.param(json.dumps({**RSA, "use": "enc"}), id="not for signatures"),
        pytest.param(json.dumps({**EC, "kid": "r1"}), id="another key"),
        pytest.param(json.dumps({**RSA, "e": "Aw"}), id="another exponent"),
    ],
)
def test_a_live_key_that_verifies_other_tokens_means_something_else(live: str) -> None:
    assert not same_meaning(live, json.dumps(RSA))


@pytest.mark.parametrize(
    "live",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="list"),
        pytest.param("[" * 100_000, id="nested endlessly"),
        pytest.param(json.dumps(OCT), id="symmetric"),
        pytest.param(json.dumps(without(RSA, "kid")), id="no kid"),
        pytest.param(json.dumps(without(RSA, "n")), id="no modulus"),
        pytest.param(json.dumps({**EC, "crv": "P-192"}), id="unknown curve"),
        pytest.param(json.dumps({**RSA, "alg": 5}), id="algorithm is not a string"),
    ],
)
def test_a_malformed_live_key_differs_from_all_others_without_an_error(live: str) -> None:
    assert jwk_from_text(live) is None
    assert thumbprint(live) is None
    assert not same_meaning(live, live)


def test_a_weak_live_key_can_still_be_compared() -> None:
    weak = json.dumps({**RSA, "n": "AQ", "alg": "FOO"})
    assert same_meaning(weak, weak)


@given(jwk_like, jwk_like)
def test_comparing_is_symmetric_and_never_an_error(a: Jwk, b: Jwk) -> None:
    assert same_meaning(json.dumps(a), json.dumps(b)) == same_meaning(json.dumps(b), json.dumps(a))


def test_same_key_compares_values() -> None:
    assert same_key(PublicKey("e1", EC_TEXT), PublicKey("e1", EC_TEXT))
    assert not same_key(PublicKey("e1", EC_TEXT), PublicKey("e2", EC_TEXT))
